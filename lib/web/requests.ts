/** What requests hold, and what is wrong with them. */
import { Buffer } from "node:buffer";
import { MAX_CHANNELS } from "../audio/pcm.ts";
import { QvimError } from "../io/errors.ts";
import { type SearchOptions, wrongText } from "../library/query.ts";

/** The largest recording that is taken, in bytes: a minute of stereo at 96 kHz and 24 bit is 35 MB. */
export const MAX_UPLOAD = 40 * 2 ** 20;
/** Bytes of all recordings that are held at a time, so that many at once do not fill the memory. */
const MOST_HELD = 4 * MAX_UPLOAD;
/** How long an upload may take, in milliseconds. */
const UPLOAD_TIME = 60_000;
/** Ids that a request may name. */
const MOST_IDS = 50;
/** Characters of words and folders that are looked for. */
const LONGEST_TEXT = 200;

/** Thrown where a request is turned away; the message is for the person. */
export class RequestError extends QvimError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The filters of a search, as its address names them. */
export function searchOptions(params: URLSearchParams): SearchOptions {
  const number = (name: string, least: number, most: number, isWhole = false) => {
    const text = params.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
      const kind = isWhole ? ", a whole number," : "";
      throw new RequestError(
        400,
        `Expected ${name} from ${least} to ${most}${kind} but found ${text}`,
      );
    }
    return value;
  };
  const ids = (name: string) => params.getAll(name).slice(0, MOST_IDS);
  const text = (name: string) => (params.get(name) ?? "").slice(0, LONGEST_TEXT) || undefined;
  const wrong = wrongText(text("text"));
  if (wrong !== undefined) throw new RequestError(400, wrong);
  return {
    text: text("text"),
    folder: text("folder"),
    maxSeconds: number("maxSeconds", 0.01, 1e6),
    minSeconds: number("minSeconds", 0, 1e6),
    channels: number("channels", 1, MAX_CHANNELS, true),
    top: number("top", 1, 200, true) ?? 20,
    closer: ids("closer"),
    notThis: ids("notThis"),
  };
}

/** Recordings that are sent: how large, how slow, and how many at a time. */
export class Uploads {
  #held = 0;
  readonly #milliseconds: number;

  /** @param milliseconds How long one may take; a minute unless given. */
  constructor(milliseconds = UPLOAD_TIME) {
    this.#milliseconds = milliseconds;
  }

  /**
   * Reads the body of a request and calls `use` with it.
   *
   * @throws {RequestError} Where there is none, or it is too large, too slow, or one of too many.
   */
  async use<T>(
    request: Request,
    use: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>,
  ): Promise<T> {
    if (Number(request.headers.get("content-length") ?? 0) > MAX_UPLOAD) throw tooLarge();
    const parts: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const part of this.#within(request.body)) {
        size += part.length;
        this.#held += part.length;
        if (size > MAX_UPLOAD) throw tooLarge();
        if (this.#held > MOST_HELD) throw busy();
        parts.push(part);
      }
      if (size === 0) throw new RequestError(400, "Expected a recording but found nothing");
      return await use(Buffer.concat(parts));
    } finally {
      this.#held -= size;
    }
  }

  async *#within(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    const reader = body.getReader();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new RequestError(408, "The recording took too long to arrive: try again")),
      this.#milliseconds,
    );
    try {
      while (true) {
        const { value, done } = await Promise.race([reader.read(), late.promise]);
        if (done) return;
        yield value;
      }
    } finally {
      clearTimeout(timer);
      // What is still to come is of no use. Who has gone away makes it fail.
      reader.cancel().catch(() => {});
    }
  }
}

function tooLarge(): RequestError {
  return new RequestError(
    413,
    `Expected a recording of at most ${MAX_UPLOAD / 2 ** 20} MB: cut it shorter`,
  );
}

function busy(): RequestError {
  return new RequestError(503, "Too many searches at once: try again in a moment");
}

/** Lets a few of some work run at a time; more wait, and many more are turned away. */
export class Turns {
  readonly #atATime: number;
  readonly #mostWaiting: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atATime: number, mostWaiting: number) {
    this.#atATime = atATime;
    this.#mostWaiting = mostWaiting;
  }

  /** @throws {RequestError} Where too many wait already. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atATime) {
      if (this.#waiting.length >= this.#mostWaiting) throw busy();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      // Who comes next takes the place over.
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else this.#running--;
    }
  }
}
