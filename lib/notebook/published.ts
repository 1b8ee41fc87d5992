/** What a cell's code can learn of the messages of its own kernel. */
import { Buffer } from "node:buffer";
import { setTimeout as delay } from "node:timers/promises";
import { ZmtpSocket } from "./zmtp.ts";

/** How long is waited for a mark at most: a front end that does not read holds the kernel up. */
const LIMIT_MS = 30_000;
/** Until a mark is sent once more, in milliseconds; twice as long each time. */
const FIRST_RETRY_MS = 4, LAST_RETRY_MS = 500;

/**
 * Waits until the kernel that this code runs in has sent all that cells gave it. It sends from a thread
 * of its own, as if what runs by then had printed it, and tells nobody when: but whoever listens to its
 * messages hears it, and so does this. Marks are sent again until one comes back, as what is sent before
 * the kernel knows of the listener does not come.
 *
 * @param mark Gives the kernel a message with a text in it, after all others.
 * @returns Whether all is out; `false` where this can't be told.
 */
export async function untilPublished(mark: (text: string) => void): Promise<boolean> {
  const port = iopubPort();
  if (port === undefined) return false;
  let socket: ZmtpSocket;
  try {
    socket = await ZmtpSocket.connect(port, "SUB");
  } catch {
    return false;
  }
  const text = crypto.randomUUID();
  const heard = hear(socket, text);
  try {
    const end = performance.now() + LIMIT_MS;
    for (let wait = FIRST_RETRY_MS; performance.now() < end;) {
      mark(text);
      const answer = await Promise.race([heard, delay(wait)]);
      if (answer !== undefined) return answer;
      wait = Math.min(2 * wait, LAST_RETRY_MS);
    }
    return false;
  } finally {
    socket.close();
  }
}

/** Whether a message with a text in it comes before the connection ends. */
async function hear(socket: ZmtpSocket, text: string): Promise<boolean> {
  try {
    for (let frames = await socket.receive(); frames !== null; frames = await socket.receive()) {
      if (frames.some((frame) => Buffer.from(frame.buffer).includes(text))) return true;
    }
  } catch {
    // It has stopped speaking as it should.
  }
  return false;
}

/** The port of this kernel's messages, from the file that it was started with. */
function iopubPort(): number | undefined {
  try {
    const args = Deno.readTextFileSync("/proc/self/cmdline").split("\0");
    const path = args[args.indexOf("--conn") + 1];
    const { iopub_port: port } = JSON.parse(Deno.readTextFileSync(path));
    return Number.isInteger(port) ? port : undefined;
  } catch {
    // Another system than Linux, or a kernel that was started in another way.
    return undefined;
  }
}
