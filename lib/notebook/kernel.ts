import { join } from "node:path";
import { killMarked, killTree } from "../io/process_tree.ts";
import { within } from "../io/within.ts";
import { KernelConnection, type Listener } from "./kernel_connection.ts";
import { CellTimeoutError, DeadKernelError } from "./kernel_errors.ts";
import {
  freePorts,
  type KernelOptions,
  type KernelProcess,
  KernelStartError,
  readTail,
  releasePorts,
  spawnKernel,
} from "./kernel_process.ts";
import { type LastWords, printCode } from "./late_errors.ts";
import { makeMark, withoutMarks } from "./marks.ts";
import type { Message } from "./message.ts";

const START_MS = 20_000;
/** Free ports can be taken before the kernel binds them; another try takes others. */
const START_TRIES = 3;
/** How long a guard may take to end all: a cell may have stopped it, or ended it itself. */
const GUARD_MS = 3_000;
/** How long an ended kernel's last words are waited for. */
const LAST_WORDS_MS = 500;
/** How long nothing may come of what the kernel has run before what a cell printed counts as there. */
const SETTLE_MS = 3_000;
/** The longest wait for it, where something comes all the time. */
const LONGEST_SETTLE_MS = 60_000;
const HEARTBEAT_MS = 5_000;
/** The kernel answers heartbeats in a thread of its own, so this long a silence is no busy cell. */
const HEARTBEAT_LIMIT_MS = 120_000;

/** What cells show. A result waits for what was printed before it, and may come as late as that. */
const SHOWN = /^(stream|execute_result|(update_)?display_data)$/;
/** The kernel Deno writes one message into another where it has to wait for who reads it. */
const MIXED_UP = "The kernel's messages came mixed up, as they do where it prints more than some " +
  "megabytes at once";
const LOST = `${MIXED_UP}: a result or a print is lost\n`;

/** A running Deno kernel, spoken to by its own protocol. */
export class Kernel {
  readonly #process: Deno.ChildProcess;
  /** What a cell that ends the kernel tells, and waits for. */
  readonly lastWords: LastWords;
  readonly #mark: string;
  readonly #folder: string;
  /** Those of its channels, in the order of a connection file. */
  readonly ports: number[];
  readonly #connection: KernelConnection;
  readonly #log: Promise<string>;
  /** Resolves with the reason when the kernel is no more. */
  readonly #death = Promise.withResolvers<DeadKernelError>();
  /** Requests of the runner's own: what is printed as if they had, a cell's timer or promise has. */
  readonly #silent = new Set<string>();
  /** What takes the messages of the cells that run: the last of them shows what comes late. */
  readonly #running: ((message: Message) => void)[] = [];
  /** What came late while no cell ran: the next cell shows it. */
  #late: Message[] = [];
  #ended = false;
  #closed = false;

  private constructor({ process, folder, key, mark }: KernelProcess, ports: number[]) {
    this.#process = process;
    this.#mark = mark;
    this.ports = ports;
    this.#folder = folder;
    this.lastWords = {
      mark: makeMark(),
      heard: join(folder, "heard"),
      limitMs: LONGEST_SETTLE_MS,
    };
    this.#connection = new KernelConnection(key, {
      death: this.#death.promise,
      hasEnded: () => this.#ended,
      onGarbled: ({ message }) =>
        this.#death.resolve(new DeadKernelError(`${MIXED_UP}: ${message}`)),
      onLost: () => show(this.#connection.request("stream", { name: "stderr", text: LOST })),
    });
    const show = (message: Message) => {
      const take = this.#running.at(-1);
      if (take === undefined) this.#late.push(message);
      else take(message);
    };
    const late: Listener = (message, channel) => {
      const { msg_type } = message.header;
      if (channel !== "iopub" || !SHOWN.test(msg_type)) return;
      // Of cells that stand in a row it can't be told which came to it.
      if (msg_type !== "stream" && this.#running.length !== 1) return;
      if (this.#isLastWord(message)) this.#sayHeard();
      const isCell = !this.#silent.has(message.parent_header.msg_id ?? "");
      const shown = isCell ? undefined : withoutMarks(message);
      if (shown !== undefined) show(shown);
    };
    this.#connection.listening(late, () => process.status);
    this.#log = readTail(process.stderr);
    // What cells print comes as messages; the pipe is only kept from running full.
    readTail(process.stdout);
    process.status.then(async ({ code, signal }) => {
      this.#ended = true;
      const words = await within(LAST_WORDS_MS, this.#log) ?? "";
      const how = signal ? `by ${signal}` : `with exit status ${code}`;
      const said = words.trim() === "" ? "" : `; it said:\n${words.trim()}`;
      this.#death.resolve(new DeadKernelError(`The kernel ended ${how}${said}`));
    });
  }

  /**
   * Starts the Deno that runs this program as a kernel.
   *
   * @throws {KernelStartError} Where it ends, or does not answer within 20 s, three times.
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    for (let attempt = 1;; attempt++) {
      const ports = options.ports ?? freePorts(5);
      const kernel = new Kernel(spawnKernel(options, ports), ports);
      try {
        await kernel.#connection.open(ports, START_MS);
        kernel.#watchHeartbeat();
        return kernel;
      } catch (error) {
        await kernel.kill();
        const message = error instanceof Error ? error.message : String(error);
        // Windows says it in words of its own, and in every language.
        const portTaken = /AddrInUse|address.*in use/i.test(message);
        // A kernel that shares a port with another's listens, and never answers.
        const isSilent = error instanceof CellTimeoutError;
        if ((portTaken || isSilent) && options.ports === undefined && attempt < START_TRIES) {
          continue;
        }
        const why = portTaken ? `one of the ports ${ports.join(", ")} is taken: ` : "";
        throw new KernelStartError(`Expected the Deno kernel to start but ${why}${message}`);
      }
    }
  }

  async #watchHeartbeat(): Promise<void> {
    while (!this.#ended) {
      await within(HEARTBEAT_MS, this.#process.status);
      if (this.#ended) return;
      const alive = await within(HEARTBEAT_LIMIT_MS, this.#connection.heartbeat());
      if (alive === undefined && !this.#ended) {
        this.#death.resolve(
          new DeadKernelError(`The kernel gave no heartbeat for ${HEARTBEAT_LIMIT_MS / 1000} s`),
        );
        await this.#end();
      }
      if (!alive) return;
    }
  }

  /**
   * Runs code and waits until its reply and the last of its outputs are there.
   *
   * @param code The source of a cell.
   * @param onMessage Takes each message on the iopub channel that belongs to this code.
   * @param timeoutMs How long it may take.
   * @returns The content of the reply.
   * @throws {DeadKernelError | CellTimeoutError}
   */
  async execute(
    code: string,
    onMessage: (message: Message) => void,
    timeoutMs = Infinity,
  ): Promise<ExecuteReply> {
    const request = this.#executeRequest(code);
    const id = request.header.msg_id;
    for (const message of this.#late.splice(0)) onMessage(message);
    this.#running.push(onMessage);
    const reply = Promise.withResolvers<ExecuteReply>();
    const idle = Promise.withResolvers<void>();
    const listener: Listener = (message, channel) => {
      if (message.parent_header.msg_id !== id) return;
      if (channel === "shell" && message.header.msg_type === "execute_reply") {
        reply.resolve(message.content);
      } else if (channel === "iopub") {
        const isStatus = message.header.msg_type === "status";
        if (isStatus && message.content.execution_state === "idle") idle.resolve();
        const shown = withoutMarks(message);
        if (shown !== undefined) onMessage(shown);
      }
    };
    return await this.#connection.listening(listener, async () => {
      await this.#connection.send("shell", request);
      const done = Promise.all([reply.promise, idle.promise]).then(async ([content]) => {
        await this.#settle();
        return content;
      });
      const first = Promise.race([done, this.#death.promise]);
      const result = await (timeoutMs === Infinity ? first : within(timeoutMs, first));
      if (result === undefined) {
        throw new CellTimeoutError(`The kernel did not finish within ${timeoutMs / 1000} s`);
      }
      if (result instanceof Error) throw result;
      return result;
    }).finally(() => this.#running.splice(this.#running.indexOf(onMessage), 1));
  }

  #sayHeard(): void {
    try {
      // A cell may have emptied the system's folder for temporary files.
      Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(this.lastWords.heard, "");
    } catch {
      // Or have put something else there: it then waits until its time is up.
    }
  }

  #isLastWord({ header, content }: Message): boolean {
    return header.msg_type === "stream" && content.text.includes(this.lastWords.mark);
  }

  #executeRequest(code: string, isSilent = false): Message {
    return this.#connection.request("execute_request", {
      code,
      silent: isSilent,
      store_history: !isSilent,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: !isSilent,
    });
  }

  #silentRequest(code: string): Message {
    const request = this.#executeRequest(code, true);
    this.#silent.add(request.header.msg_id);
    return request;
  }

  /** Runs code of the runner's own, which counts as no cell and shows nothing. */
  async executeSilently(code: string): Promise<void> {
    const request = this.#silentRequest(code);
    const replied = Promise.withResolvers<void>();
    const listener: Listener = (message, channel) => {
      if (message.parent_header.msg_id !== request.header.msg_id) return;
      if (channel === "shell") replied.resolve();
    };
    await this.#connection.listening(listener, async () => {
      await this.#connection.send("shell", request);
      const ended = await Promise.race([replied.promise, this.#death.promise]);
      if (ended instanceof Error) throw ended;
    });
  }

  /**
   * Waits for what a cell printed. The Deno kernel forwards it through a queue of its own, so some
   * of it comes long after the cell is said to be idle, even as if the next cell had printed it.
   * What another, silent request prints goes through the same queue: when that comes, all is there.
   */
  async #settle(): Promise<void> {
    const marker = makeMark();
    const request = this.#silentRequest(printCode(marker));
    const marked = Promise.withResolvers<void>();
    const replied = Promise.withResolvers<void>();
    let heard = 0, hasReplied = false;
    const listener: Listener = (message, channel) => {
      const { msg_type } = message.header;
      const isOwn = message.parent_header.msg_id === request.header.msg_id;
      // Where requests stand in a row it may come as if another of them had printed it.
      if (msg_type === "stream" && message.content.text.includes(marker)) marked.resolve();
      else if (isOwn && channel === "shell") {
        hasReplied = true;
        replied.resolve();
      } else if (!isOwn || msg_type === "stream") heard++;
    };
    await this.#connection.listening(listener, async () => {
      await this.#connection.send("shell", request);
      const settled = Promise.all([marked.promise, replied.promise]);
      const over = Promise.race([settled, this.#death.promise]).then(() => true);
      const deadline = Date.now() + LONGEST_SETTLE_MS;
      // Without what the runner tells a kernel first, a cell may have replaced console.log: then the marker
      // never comes. A machine that is busy may not have got to it.
      for (let before = -1; !(hasReplied && before === heard) && Date.now() < deadline;) {
        before = heard;
        if (await within(SETTLE_MS, over)) break;
      }
    });
  }

  /** Ends the kernel, and what its cells started, at once. */
  async kill(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#end();
    this.#connection.close();
    releasePorts(this.ports);
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }

  async #end(): Promise<void> {
    await this.#process.stdin.close().catch(() => {});
    if (await within(GUARD_MS, this.#process.status) === undefined) killTree(this.#process.pid);
    await this.#process.status;
    // Where a cell has ended the guard the kernel is still there.
    killMarked(this.#mark);
  }
}

/** What the kernel answers when code has run. */
export interface ExecuteReply {
  status: "ok" | "error" | "aborted";
  execution_count: number;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
