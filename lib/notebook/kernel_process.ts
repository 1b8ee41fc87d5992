import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { QvimError } from "../io/errors.ts";
import { temporaryFolder } from "../io/temporary.ts";
import { type KernelCommand, START_FILE } from "./kernel_command.ts";

/** Thrown where the kernel does not start; the message holds what it said. */
export class KernelStartError extends QvimError {}

/** How a kernel is started. */
export interface KernelOptions {
  /** The folder that the code of the cells runs in. */
  cwd: string;
  /** Environment variables, on top of this process's own. */
  env?: Record<string, string>;
  /** Ports for shell, iopub, stdin, control and heartbeat; free ones unless given. */
  ports?: number[];
}

/** A kernel's process, and what it takes to speak to it. */
export interface KernelProcess {
  /**
   * The kernel's guard, which ends as the kernel does, and writes what it writes. When its standard
   * input is closed, or this process gone, it ends the kernel and all that that started.
   */
  process: Deno.ChildProcess;
  /** A folder of its own, with the connection file. */
  folder: string;
  /** What its messages are signed with. */
  key: string;
  /** What stands in the environment of all that it starts. */
  mark: string;
}

/** The variable with a kernel's mark, behind those of kernels that it was started in. */
const MARKS = "QVIM_KERNELS";
const GUARD = fileURLToPath(new URL("./guard.ts", import.meta.url));

/** How much of what the kernel wrote to its own standard error is kept, in characters. */
const LOG_CHARACTERS = 4_000;

/** Starts the Deno that runs this program as a kernel that listens on those ports. */
export function spawnKernel({ cwd, env }: KernelOptions, ports: number[]): KernelProcess {
  const key = crypto.randomUUID(), mark = crypto.randomUUID();
  const marks = [env?.[MARKS] ?? Deno.env.get(MARKS), mark].filter((it) => it !== undefined);
  const folder = temporaryFolder("qvim-kernel-");
  const connectionFile = join(folder, "connection.json");
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
  Deno.writeTextFileSync(
    connectionFile,
    JSON.stringify({
      ip: "127.0.0.1",
      transport: "tcp",
      shell_port,
      iopub_port,
      stdin_port,
      control_port,
      hb_port,
      key,
      signature_scheme: "hmac-sha256",
      kernel_name: "deno",
    }),
    { mode: 0o600 },
  );
  const command: KernelCommand = {
    // What it warns of is no news to anybody, and would stand before what it says when it ends.
    args: ["jupyter", "--quiet", "--kernel", "--conn", connectionFile],
    cwd: resolve(cwd),
    env: { NO_COLOR: "1", ...env, [MARKS]: marks.join(" ") },
    mark,
  };
  Deno.writeTextFileSync(join(folder, START_FILE), JSON.stringify(command), { mode: 0o600 });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "-A", GUARD, folder],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // What a terminal sends to this process is not meant for it.
    detached: true,
  }).spawn();
  return { process, folder, key, mark };
}

/** Ports below those that systems hand out for outgoing connections, which come and go at any time. */
const FIRST_PORT = 20_000, LAST_PORT = 32_000;
/** How often a port is drawn before giving up. */
const PORT_TRIES = 1000;
/** Ports that this process has given to a kernel: it may not listen on them yet. */
const given = new Set<number>();

/** Ports that nobody listens on, at this moment, and that this process has given to nobody. */
export function freePorts(count: number): number[] {
  const ports: number[] = [];
  for (let i = 0; ports.length < count && i < PORT_TRIES; i++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (given.has(port)) continue;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
    } catch {
      continue;
    }
    given.add(port);
    ports.push(port);
  }
  if (ports.length < count) {
    throw new KernelStartError(`Expected ${count} free ports but found none`);
  }
  return ports;
}

/** Gives ports back, for other kernels. */
export function releasePorts(ports: number[]): void {
  for (const port of ports) given.delete(port);
}

/** The last characters of a stream, once it has ended. */
export async function readTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  let tail = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    tail = (tail + text).slice(-LOG_CHARACTERS);
  }
  return tail;
}
