import { QvimError } from "../io/errors.ts";
import { setTimeout as delay } from "node:timers/promises";
import {
  freePorts,
  type KernelOptions,
  type KernelProcess,
  KernelStartError,
  readTail,
  releasePorts,
  spawnKernel,
  within,
} from "./kernel_process.ts";
import { type Message, MessageCodec } from "./message.ts";
import { ZmtpSocket } from "./zmtp.ts";

/** Thrown where the kernel's process ended while something was asked of it. */
export class DeadKernelError extends QvimError {}

/** Thrown where a cell, a run or the kernel's start takes longer than it may. */
export class CellTimeoutError extends QvimError {}

const START_MS = 20_000;
/** Free ports can be taken before the kernel binds them; another try takes others. */
const START_TRIES = 3;
const SHUTDOWN_MS = 3_000;
/** Time between two requests that ask whether the kernel is there. */
const NUDGE_MS = 200;
/** How long an ended kernel's last words are waited for. */
const LAST_WORDS_MS = 500;
/** How long what a cell printed may take to come after the cell has ended. */
const SETTLE_MS = 3_000;
const HEARTBEAT_MS = 5_000;
/** The kernel answers heartbeats in a thread of its own, so this long a silence is no busy cell. */
const HEARTBEAT_LIMIT_MS = 120_000;

/** A running Deno kernel, spoken to by its own protocol. */
export class Kernel {
  readonly #process: Deno.ChildProcess;
  readonly #guard: Deno.ChildProcess;
  readonly #folder: string;
  readonly #ports: number[];
  readonly #codec: MessageCodec;
  readonly #listeners = new Set<(message: Message, channel: Channel) => void>();
  readonly #sockets: Partial<Record<Channel | "heartbeat", ZmtpSocket>> = {};
  readonly #log: Promise<string>;
  /** Resolves with the reason when the kernel is no more. */
  readonly #death = Promise.withResolvers<DeadKernelError>();
  #ended = false;
  #closed = false;

  private constructor({ process, guard, folder, key }: KernelProcess, ports: number[]) {
    this.#process = process;
    this.#guard = guard;
    this.#ports = ports;
    this.#folder = folder;
    this.#codec = new MessageCodec(key);
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
        await kernel.#connect(ports);
        return kernel;
      } catch (error) {
        await kernel.kill();
        const message = error instanceof Error ? error.message : String(error);
        const portTaken = /address.*in use/i.test(message);
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

  async #connect(ports: number[]): Promise<void> {
    const [shell, iopub, , control, heartbeat] = ports;
    const deadline = Date.now() + START_MS;
    const connect = async (port: number, type: "DEALER" | "SUB" | "REQ") => {
      while (true) {
        if (this.#ended) throw await this.#death.promise;
        try {
          return await ZmtpSocket.connect(port, type, type === "DEALER" ? crypto.randomUUID() : "");
        } catch (error) {
          if (!(error instanceof Deno.errors.ConnectionRefused)) {
            // Somebody else listens there: the kernel is about to say so.
            throw await within(SHUTDOWN_MS, this.#death.promise) ?? error;
          }
          if (Date.now() > deadline) {
            throw new CellTimeoutError(`it did not listen within ${START_MS / 1000} s`);
          }
          await delay(10);
        }
      }
    };
    this.#sockets.iopub = await connect(iopub, "SUB");
    this.#sockets.shell = await connect(shell, "DEALER");
    this.#sockets.control = await connect(control, "DEALER");
    this.#sockets.heartbeat = await connect(heartbeat, "REQ");
    for (const channel of ["iopub", "shell", "control"] as const) this.#listen(channel);
    await this.#awaitReady(deadline);
    this.#watchHeartbeat(this.#sockets.heartbeat);
  }

  async #listen(channel: Channel): Promise<void> {
    const socket = this.#sockets[channel]!;
    for (let frames = await socket.receive(); frames; frames = await socket.receive()) {
      const message = this.#codec.decode(frames);
      if (message) { for (const listener of this.#listeners) listener(message, channel); }
    }
  }

  /** Asks until the kernel answers on both channels: a subscription takes effect some time later. */
  async #awaitReady(deadline: number): Promise<void> {
    const heard = new Set<Channel>();
    const both = Promise.withResolvers<void>();
    const listener = (_message: Message, channel: Channel) => {
      heard.add(channel);
      if (heard.has("shell") && heard.has("iopub")) both.resolve();
    };
    this.#listeners.add(listener);
    try {
      while (!(heard.has("shell") && heard.has("iopub"))) {
        if (this.#ended) throw await this.#death.promise;
        if (Date.now() > deadline) {
          throw new CellTimeoutError(`it did not answer within ${START_MS / 1000} s`);
        }
        await this.#send("shell", this.#codec.create("kernel_info_request", {}));
        await within(NUDGE_MS, both.promise);
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async #watchHeartbeat(socket: ZmtpSocket): Promise<void> {
    const empty = new Uint8Array();
    while (!this.#ended) {
      await within(HEARTBEAT_MS, this.#process.status);
      if (this.#ended) return;
      // A REQ socket puts an empty frame before what it sends.
      const answered = socket.send([empty, new TextEncoder().encode("ping")])
        .then(() => socket.receive()).then((frames) => frames !== null, () => false);
      const alive = await within(HEARTBEAT_LIMIT_MS, answered);
      if (alive === undefined && !this.#ended) {
        this.#death.resolve(
          new DeadKernelError(`The kernel gave no heartbeat for ${HEARTBEAT_LIMIT_MS / 1000} s`),
        );
        this.#killGroup();
      }
      if (!alive) return;
    }
  }

  async #send(channel: "shell" | "control", message: Message): Promise<void> {
    try {
      await this.#sockets[channel]!.send(this.#codec.encode(message));
    } catch {
      // A broken connection means that the process is ending; its end says more.
      throw await within(SHUTDOWN_MS, this.#death.promise) ??
        new DeadKernelError("The kernel closed its connection");
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
    const request = this.#codec.create("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    const id = request.header.msg_id;
    const reply = Promise.withResolvers<ExecuteReply>();
    const idle = Promise.withResolvers<void>();
    const listener = (message: Message, channel: Channel) => {
      if (message.parent_header.msg_id !== id) return;
      if (channel === "shell" && message.header.msg_type === "execute_reply") {
        reply.resolve(message.content);
      } else if (channel === "iopub") {
        const isStatus = message.header.msg_type === "status";
        if (isStatus && message.content.execution_state === "idle") idle.resolve();
        onMessage(message);
      }
    };
    this.#listeners.add(listener);
    try {
      await this.#send("shell", request);
      const done = Promise.all([reply.promise, idle.promise]).then(async ([content]) => {
        await this.#settle(onMessage);
        return content;
      });
      const first = Promise.race([done, this.#death.promise]);
      const result = await (timeoutMs === Infinity ? first : within(timeoutMs, first));
      if (result === undefined) {
        throw new CellTimeoutError(`The kernel did not finish within ${timeoutMs / 1000} s`);
      }
      if (result instanceof Error) throw result;
      return result;
    } finally {
      this.#listeners.delete(listener);
    }
  }

  #silentRequest(code: string): Message {
    return this.#codec.create("execute_request", {
      code,
      silent: true,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    });
  }

  /** Runs code of the runner's own, which counts as no cell and shows nothing. */
  async executeSilently(code: string): Promise<void> {
    const request = this.#silentRequest(code);
    const replied = Promise.withResolvers<void>();
    const listener = (message: Message, channel: Channel) => {
      if (message.parent_header.msg_id !== request.header.msg_id) return;
      if (channel === "shell") replied.resolve();
    };
    this.#listeners.add(listener);
    try {
      await this.#send("shell", request);
      const ended = await Promise.race([replied.promise, this.#death.promise]);
      if (ended instanceof Error) throw ended;
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /**
   * Waits for what a cell printed. The Deno kernel forwards it through a queue of its own, so some
   * of it comes long after the cell is said to be idle, even as if the next cell had printed it.
   * What another, silent request prints goes through the same queue: when that comes, all is there.
   *
   * @param onMessage Takes what came late.
   */
  async #settle(onMessage: (message: Message) => void): Promise<void> {
    const marker = `\0${crypto.randomUUID()}`;
    const request = this.#silentRequest(`console.log(${JSON.stringify(marker)});`);
    const marked = Promise.withResolvers<void>();
    const replied = Promise.withResolvers<void>();
    const listener = (message: Message, channel: Channel) => {
      const { msg_type } = message.header;
      if (message.parent_header.msg_id !== request.header.msg_id) return;
      if (channel === "shell") replied.resolve();
      else if (msg_type === "stream" && message.content.text.includes(marker)) marked.resolve();
      else if (msg_type === "stream") onMessage(message);
    };
    this.#listeners.add(listener);
    try {
      await this.#send("shell", request);
      const settled = Promise.all([marked.promise, replied.promise]);
      // A cell may have replaced console.log: then the marker never comes.
      await within(SETTLE_MS, Promise.race([settled, this.#death.promise]));
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Asks the kernel to end, then ends it, and what its cells started, by force. */
  async shutdown(): Promise<void> {
    if (!this.#ended) {
      await this.#send("control", this.#codec.create("shutdown_request", { restart: false }))
        .catch(() => {});
      await within(SHUTDOWN_MS, this.#process.status);
    }
    await this.kill();
  }

  /** Ends the kernel, and what its cells started, at once. */
  async kill(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#killGroup();
    await this.#process.status;
    // Its work is done: it must not end whoever gets the kernel's number next.
    try {
      this.#guard.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#guard.stdin.close().catch(() => {});
    await this.#guard.status;
    for (const socket of Object.values(this.#sockets)) socket.close();
    releasePorts(this.#ports);
    await Deno.remove(this.#folder, { recursive: true }).catch(() => {});
  }

  #killGroup(): void {
    // Windows has no process groups.
    const target = Deno.build.os === "windows" ? this.#process.pid : -this.#process.pid;
    try {
      Deno.kill(target, "SIGKILL");
    } catch {
      // Nobody of the group is left.
    }
  }
}

type Channel = "shell" | "iopub" | "control";

/** What the kernel answers when code has run. */
export interface ExecuteReply {
  status: "ok" | "error" | "aborted";
  execution_count: number;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
