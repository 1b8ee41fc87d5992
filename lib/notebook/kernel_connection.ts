import { setTimeout as delay } from "node:timers/promises";
import { within } from "../io/within.ts";
import { CellTimeoutError, DeadKernelError } from "./kernel_errors.ts";
import { type Message, MessageCodec } from "./message.ts";
import { ZmtpSocket } from "./zmtp.ts";

/** Time between two requests that ask whether the kernel is there. */
const NUDGE_MS = 200;
/** How long a kernel that has closed a connection may take to end, with all that its cells started. */
const ENDING_MS = 20_000;

/** What carries messages: requests and their replies, what code shows, what ends a kernel. */
export type Channel = "shell" | "iopub" | "control";

/** Takes a message and where it came from. */
export type Listener = (message: Message, channel: Channel) => void;

/** How the kernel's process does. */
export interface Life {
  /** Whether it has ended. */
  hasEnded(): boolean;
  /** Resolves with the reason when the kernel is no more. */
  readonly death: Promise<DeadKernelError>;
  /** Takes why nothing that the kernel says can be told any more. */
  onGarbled(error: Error): void;
  /** Takes that a message was lost: it is not as it was signed. */
  onLost(): void;
}

/** The sockets that a kernel is spoken to by. */
export class KernelConnection {
  readonly #life: Life;
  readonly #codec: MessageCodec;
  readonly #listeners = new Set<Listener>();
  readonly #sockets: Partial<Record<Channel | "heartbeat", ZmtpSocket>> = {};

  /** @param key What messages are signed with. */
  constructor(key: string, life: Life) {
    this.#codec = new MessageCodec(key);
    this.#life = life;
  }

  /**
   * Connects to a kernel that has been started, and waits until it answers.
   *
   * @param ports Those of its channels, in the order of a connection file.
   * @param timeoutMs How long it may take.
   * @throws {DeadKernelError | CellTimeoutError} Where it ends, or does not answer in time.
   */
  async open(ports: number[], timeoutMs: number): Promise<void> {
    const [shell, iopub, , control, heartbeat] = ports;
    const deadline = Date.now() + timeoutMs;
    const inTime = (what: string) => {
      if (Date.now() > deadline) {
        throw new CellTimeoutError(`it did not ${what} within ${timeoutMs / 1000} s`);
      }
    };
    const connect = async (port: number, type: "DEALER" | "SUB" | "REQ") => {
      while (true) {
        if (this.#life.hasEnded()) throw await this.#life.death;
        try {
          return await ZmtpSocket.connect(port, type, type === "DEALER" ? crypto.randomUUID() : "");
        } catch (error) {
          if (!(error instanceof Deno.errors.ConnectionRefused)) {
            // Somebody else listens there: the kernel is about to say so.
            throw await within(ENDING_MS, this.#life.death) ?? error;
          }
          inTime("listen");
          await delay(10);
        }
      }
    };
    this.#sockets.iopub = await connect(iopub, "SUB");
    this.#sockets.shell = await connect(shell, "DEALER");
    this.#sockets.control = await connect(control, "DEALER");
    this.#sockets.heartbeat = await connect(heartbeat, "REQ");
    for (const channel of ["iopub", "shell", "control"] as const) this.#listen(channel);
    await this.#awaitReady(() => inTime("answer"));
  }

  async #listen(channel: Channel): Promise<void> {
    const socket = this.#sockets[channel]!;
    const receive = () =>
      socket.receive().catch((error) => {
        this.#life.onGarbled(error);
        return null;
      });
    for (let frames = await receive(); frames; frames = await receive()) {
      const message = this.#codec.decode(frames);
      if (message === null) this.#life.onLost();
      else for (const listener of this.#listeners) listener(message, channel);
    }
  }

  /** Asks until the kernel answers on both channels: a subscription takes effect some time later. */
  async #awaitReady(checkTime: () => void): Promise<void> {
    const heard = new Set<Channel>();
    const both = Promise.withResolvers<void>();
    const hasBoth = () => heard.has("shell") && heard.has("iopub");
    const listener: Listener = (_message, channel) => {
      heard.add(channel);
      if (hasBoth()) both.resolve();
    };
    await this.listening(listener, async () => {
      while (!hasBoth()) {
        if (this.#life.hasEnded()) throw await this.#life.death;
        checkTime();
        await this.send("shell", this.request("kernel_info_request", {}));
        await within(NUDGE_MS, both.promise);
      }
    });
  }

  /** A new message. */
  request(type: string, content: Record<string, unknown>): Message {
    return this.#codec.create(type, content);
  }

  /** Has a listener hear all messages while something is done. */
  async listening<T>(listener: Listener, work: () => Promise<T>): Promise<T> {
    this.#listeners.add(listener);
    try {
      return await work();
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** @throws {DeadKernelError} Where the kernel is no more. */
  async send(channel: "shell" | "control", message: Message): Promise<void> {
    try {
      await this.#sockets[channel]!.send(this.#codec.encode(message));
    } catch {
      // A broken connection means that the process is ending; its end says more.
      throw await within(ENDING_MS, this.#life.death) ??
        new DeadKernelError("The kernel closed its connection");
    }
  }

  /** Asks for a sign of life. @returns Whether there was one; where there is none, it waits on. */
  async heartbeat(): Promise<boolean> {
    const socket = this.#sockets.heartbeat!;
    try {
      // A REQ socket puts an empty frame before what it sends.
      await socket.send([new Uint8Array(), new TextEncoder().encode("ping")]);
      return await socket.receive() !== null;
    } catch {
      return false;
    }
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of Object.values(this.#sockets)) socket.close();
  }
}
