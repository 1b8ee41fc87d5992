import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize } from "node:v8";
import { QvimError } from "../io/errors.ts";
import { removeTree } from "../io/remove_tree.ts";
import { temporaryFolder } from "../io/temporary.ts";
import {
  type Answer,
  readLines,
  type Request,
  type SoundKind,
  type WorkerSpec,
  type WorkerStart,
} from "./protocol.ts";

/** Embeds one file. */
export type Embed<T> = (kind: SoundKind, path: string) => T | Promise<T>;

/** Below this many files a further process costs more than it gives. */
const MIN_FILES_FOR_PROCESSES = 24;
/**
 * Files under way at a time in each process: a child never waits for its next request, and a model
 * that waits for something else can go on with another file.
 */
const AT_A_TIME = 2;

/**
 * Embeds files in this process or, for models that can be made elsewhere, in one child process a
 * core. What an encoder gives may be anything that can be cloned (`structuredClone`): a vector, an
 * object of several, an outcome.
 *
 * Child processes rather than Workers: in the Deno kernel the first answer of a Worker takes a
 * second, that of a process a tenth of one. This process does not embed beside them, so that they
 * never wait for it.
 */
export class EmbeddingPool<T> {
  readonly #embed: Embed<T>;
  readonly #children: Child<T>[] = [];

  constructor(embed: Embed<T>, files: number, worker?: WorkerSpec) {
    this.#embed = embed;
    if (worker === undefined || files < MIN_FILES_FOR_PROCESSES || !mayRunDeno()) return;
    for (let i = 0; i < navigator.hardwareConcurrency; i++) this.#children.push(new Child(worker));
  }

  /**
   * Embeds all paths, in no certain order.
   *
   * @param use Takes each embedding, with the index of its path; what it throws ends the work.
   */
  async embed(
    kind: SoundKind,
    paths: string[],
    use: (embedding: T, index: number) => void | Promise<void>,
  ): Promise<void> {
    let next = 0, failed = false;
    const work = async (embed: (path: string) => T | Promise<T>) => {
      try {
        while (next < paths.length && !failed) {
          const index = next++;
          await use(await embed(paths[index]), index);
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    const embedders = this.#children.length > 0
      ? this.#children.flatMap((child) =>
        Array.from(
          { length: AT_A_TIME },
          (_, slot) => (path: string) =>
            child.embed(slot, kind, path).catch((error) => {
              if (!(error instanceof RemoteError)) throw error;
              // Once more, here: so the error is of its own class, with its stack.
              return this.#embed(kind, path);
            }),
        )
      )
      : Array.from({ length: AT_A_TIME }, () => (path: string) => this.#embed(kind, path));
    const results = await Promise.allSettled(embedders.map(work));
    const failure = results.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
  }

  /** Ends the child processes. */
  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.close()));
  }
}

function mayRunDeno(): boolean {
  return Deno.permissions.querySync({ name: "run", command: Deno.execPath() }).state === "granted";
}

/** Thrown where a process that embeds files ended by itself; the message has its exit status. */
export class WorkerEndedError extends QvimError {}

/** Thrown where a file can't be embedded in another process: only the message comes across. */
class RemoteError extends Error {}

/** One process that embeds files. */
class Child<T> {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #exchange = temporaryFolder("qvim-embeddings-");
  readonly #waiting = new Map<number, PromiseWithResolvers<T>>();
  readonly #reading: Promise<void>;
  #ended?: string;

  constructor(spec: WorkerSpec) {
    const start: WorkerStart = { ...spec, exchange: this.#exchange };
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        // There is a process a core already: a thread of the collector's would take another's. And
        // the loops over samples are hot from the first call, which is worth compiling at once.
        "--v8-flags=--single-threaded-gc,--always-sparkplug",
        "-A",
        fileURLToPath(new URL("./worker.ts", import.meta.url)),
        JSON.stringify(start),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const line of readLines(this.#process.stdout)) {
      const answer: Answer = JSON.parse(line);
      const waiting = this.#waiting.get(answer.slot);
      this.#waiting.delete(answer.slot);
      if ("error" in answer) waiting?.reject(new RemoteError(answer.error));
      else waiting?.resolve(deserialize(Deno.readFileSync(this.#file(answer.slot))));
    }
    const { code } = await this.#process.status;
    this.#ended =
      `Expected the process that embeds files to go on but it ended with status ${code}`;
    for (const waiting of this.#waiting.values()) waiting.reject(new WorkerEndedError(this.#ended));
  }

  #file(slot: number): string {
    return join(this.#exchange, String(slot));
  }

  /** @param slot Which of the requests that are under way at a time this is. */
  embed(slot: number, kind: SoundKind, path: string): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(new WorkerEndedError(this.#ended));
    const waiting = Promise.withResolvers<T>();
    this.#waiting.set(slot, waiting);
    const request: Request = { slot, kind, path };
    // A process that died is told of by #read, with its exit status.
    this.#writer.write(new TextEncoder().encode(JSON.stringify(request) + "\n")).catch(() => {});
    return waiting.promise;
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 2000);
    await this.#reading;
    clearTimeout(timer);
    removeTree(this.#exchange);
  }
}
