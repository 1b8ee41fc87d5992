/** A process that decodes what is compressed, and how it is spoken to. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ByteReader } from "../io/byte_reader.ts";
import { type FetchedPackages, loadPackages, PackageError } from "../io/fetched_package.ts";
import type { Compressed } from "./compressed_format.ts";
import { AudioError } from "./pcm.ts";

const PACKAGES: FetchedPackages = {
  name: "decoders",
  title: "the decoders for compressed sounds (20 MB)",
  manifest: fileURLToPath(new URL("./decoders/", import.meta.url)),
};

/** How long a process waits for another recording, in milliseconds. */
const IDLE = 30_000;
/** How long one may go without a sign, in milliseconds: 8 KB of a recording are decoded at a time. */
const STILL = 30_000;
/** What one may keep between two recordings, in bytes. */
const MOST_KEPT = 2 ** 28;

/** A recording that is to be decoded. */
export interface DecodingRequest {
  format: Compressed;
  /** What errors call it, usually its path. */
  name: string;
  /** What comes before its first bytes. */
  head: Uint8Array;
  /** How many seconds of it are wanted at most. */
  seconds: number;
  /** How many samples it has, where more are decoded. */
  samples: number | undefined;
  /** How long that may take, in milliseconds. */
  milliseconds: number;
  /** Its next bytes, so many at most; none at its end. */
  next(count: number): Uint8Array;
  /** Takes samples in their order, the mean of the channels, as float32. */
  take(samples: Uint8Array<ArrayBuffer>): void;
}

/** What a process says of a recording that it has decoded. */
export interface Decoded {
  sampleRate: number;
  channels: number;
  /** How many samples there are. */
  length: number;
}

/** Thrown where a process had ended before it was given a recording: another one takes that. */
export class IdleEnd extends Error {}

/** What comes from a process: a number that says what it is, its length, and so many bytes. */
type Frame = { kind: number; bytes: Uint8Array<ArrayBuffer> };
const WANTED = 1, SAMPLES = 2, REPORT = 3;

/** The last frame of a recording, as JSON. */
interface Report extends Decoded {
  /** What is wrong with the recording, or with the decoder. */
  error?: string;
  /** Whether it is the decoder, which is not there. */
  isMissing?: boolean;
  /** Bytes that the process has by now. */
  memory: number;
}

/** One process. */
export class Decoder {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #bytes: ByteReader;
  readonly #folder: string;
  #isGood = true;
  #hasDecoded = false;
  #rest?: ReturnType<typeof setTimeout>;

  /** @throws {PackageError} Where the decoders can't be had. */
  constructor() {
    this.#folder = loadPackages(PACKAGES, ({ folder }) => {
      Deno.statSync(join(folder, "node_modules", "mpg123-decoder"));
      return folder;
    });
    this.#process = new Deno.Command(Deno.execPath(), {
      // Without a right to anything.
      args: [
        ...["run", "--quiet", "--no-prompt", "--cached-only", "--frozen"],
        ...["--v8-flags=--expose-gc", "decode.js"],
      ],
      cwd: this.#folder,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.getReader();
    this.#bytes = new ByteReader(async () => (await this.#output.read()).value);
  }

  /** Whether it can decode another recording. */
  get isGood(): boolean {
    return this.#isGood;
  }

  /**
   * Decodes a recording.
   *
   * @throws {AudioError} Where it is broken, or takes too long.
   * @throws {PackageError} Where the decoders are not what they should be.
   * @throws {IdleEnd} Where the process had ended before.
   */
  async decode(request: DecodingRequest): Promise<Decoded> {
    // Until the end nothing is known of what it still holds.
    this.#isGood = false;
    clearTimeout(this.#rest);
    this.#hold("ref");
    const { format, name, head, seconds, samples, milliseconds } = request;
    const end = performance.now() + milliseconds;
    let isLate = false;
    const waitFor = async <T>(answer: Promise<T>): Promise<T> => {
      const left = Math.min(STILL, end - performance.now());
      const timer = setTimeout(() => {
        isLate = true;
        this.#kill();
      }, Math.max(0, left));
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
      }
    };
    await this.#send(
      new TextEncoder().encode(JSON.stringify({ format, head: head.toHex(), seconds, samples })),
    );
    // What is wrong with the recording itself is no fault of this process: it is told that this is
    // the end, and stays for the next one.
    let failure: Error | undefined;
    const next = (count: number): Uint8Array => {
      try {
        if (failure === undefined) return request.next(count);
      } catch (error) {
        failure = error as Error;
      }
      return new Uint8Array();
    };
    for (let isFirst = true;; isFirst = false) {
      const frame = await waitFor(this.#receive());
      if (frame?.kind === SAMPLES) {
        if (failure === undefined) request.take(frame.bytes);
      } else if (frame?.kind === WANTED) {
        const count = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(0, true);
        await waitFor(this.#send(next(count)));
      } else if (frame?.kind === REPORT) {
        const report = this.#keepFor(frame.bytes);
        if (failure !== undefined) throw failure;
        return this.#check(report, request);
      } else {
        if (failure !== undefined) throw failure;
        if (isFirst && this.#hasDecoded && !isLate) throw new IdleEnd();
        // Of the recording it has not seen anything yet.
        if (isFirst && head.length === 0 && !isLate) throw this.#missing(await this.#why());
        const most = Math.min(STILL, milliseconds) / 1000;
        throw new AudioError(
          isLate
            ? `Expected ${format} that is decoded within ${most} s but found more in ${name}`
            : `Expected ${format} but found a broken file in ${name}: ${await this.#why()}`,
        );
      }
    }
  }

  /** Stays for another recording, where its report says that it can. */
  #keepFor(bytes: Uint8Array): Report {
    const report: Report = JSON.parse(new TextDecoder().decode(bytes));
    if (report.isMissing) throw this.#missing(`${report.error}`);
    this.#isGood = report.memory < MOST_KEPT;
    this.#hasDecoded = true;
    return report;
  }

  #check(report: Report, { format, name }: DecodingRequest): Decoded {
    if (report.error !== undefined) {
      throw new AudioError(
        `Expected ${format} but found a broken file in ${name}: ${report.error}`,
      );
    }
    return report;
  }

  #missing(why: string): PackageError {
    return new PackageError(
      `Expected ${PACKAGES.title} in ${this.#folder} but found: ${why}; ` +
        "remove that folder, and they are fetched anew",
    );
  }

  /** Keeps it for a while; it does not keep this program from ending, and ends with it. */
  rest(onEnd: () => void): void {
    this.#hold("unref");
    this.#rest = setTimeout(onEnd, IDLE);
    Deno.unrefTimer(this.#rest);
  }

  /** Lets it keep this program from ending, or not. */
  #hold(how: "ref" | "unref"): void {
    try {
      this.#process[how]();
    } catch (error) {
      // In the moment in which it ends: what is read of it says so.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Ends it. */
  close(): void {
    clearTimeout(this.#rest);
    this.#kill();
    this.#writer.close().catch(() => {});
    this.#output.cancel().catch(() => {});
    this.#process.stderr.cancel().catch(() => {});
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const frame = new Uint8Array(4 + bytes.length);
    new DataView(frame.buffer).setUint32(0, bytes.length, true);
    frame.set(bytes, 4);
    // Where it has ended nothing comes from it any more, which says so.
    await this.#writer.write(frame).catch(() => {});
  }

  async #receive(): Promise<Frame | undefined> {
    const head = await this.#bytes.read(8);
    if (head === undefined) return undefined;
    const view = new DataView(head.buffer, head.byteOffset);
    const bytes = await this.#bytes.read(view.getUint32(4, true));
    return bytes && { kind: view.getUint32(0, true), bytes };
  }

  /** What it said before it ended. */
  async #why(): Promise<string> {
    const text = await new Response(this.#process.stderr).text();
    return text.trim().split("\n")[0] || "its decoder ended";
  }
}
