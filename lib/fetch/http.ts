import { QvimError } from "../io/errors.ts";

/** Requests as downloads need them: over https alone, and with failures told apart. */

/** Thrown where something can't be fetched; the message says from where and why. */
export class DownloadError extends QvimError {
  /** Whether no server was reached at all. */
  isUnreached = false;
}

const MAX_REDIRECTS = 10;

/** A failure that another try may mend. */
export class Transient extends QvimError {
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter?: number;

  constructor(message: string, retryAfter?: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** What a request is made with, besides its address. */
export interface RequestOptions {
  headers?: Record<string, string>;
  fetch?: typeof globalThis.fetch;
  signal?: AbortSignal;
}

/**
 * Requests an address and follows redirects, over https alone.
 *
 * @returns The answer, and the address that gave it in the end.
 * @throws {DownloadError} Where a redirect leaves https, or there are too many.
 */
export async function followRedirects(
  url: URL,
  options: RequestOptions,
): Promise<{ response: Response; url: URL }> {
  const { fetch = globalThis.fetch, headers = {}, signal } = options;
  let next = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(next, { redirect: "manual", headers, signal });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      return { response, url: next };
    }
    await response.body?.cancel();
    const target = URL.parse(location, next);
    if (target?.protocol !== "https:") {
      throw new DownloadError(
        `Expected redirects of ${url} to stay on https but found ${location}`,
      );
    }
    next = target;
  }
  throw new DownloadError(`Expected at most ${MAX_REDIRECTS} redirects of ${url} but found more`);
}

/** Aborts a request whose connection has gone silent. */
export class StallWatch {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was this that aborted the request. */
  get stalled(): boolean {
    return this.#controller.signal.aborted;
  }

  get seconds(): number {
    return this.#ms / 1000;
  }

  alive(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), this.#ms);
  }
}

/** @throws {Transient | DownloadError} Where the status is no success. */
export async function checkStatus(response: Response, url: URL): Promise<void> {
  if (response.status === 200 || response.status === 206) return;
  await response.body?.cancel();
  const message = `${url} answered ${response.status} ${response.statusText}`.trim();
  if (response.status === 429 || response.status >= 500) {
    throw new Transient(message, retryAfter(response));
  }
  throw new DownloadError(`Expected a file but ${message}`);
}

/** Milliseconds to wait, given as seconds or as a date. */
function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const wait = Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** What went wrong with a request: for good, or so that another try may mend it. */
export function toFailure(error: unknown, url: URL | string, watch: StallWatch): Error {
  if (error instanceof DownloadError) return error;
  if (watch.stalled) return new Transient(`The connection was silent for ${watch.seconds} s`);
  // The error of fetch says little, the one that caused it says why.
  const cause = error instanceof Error ? error.cause ?? error : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  // Nobody knows the name, nobody listens, or nobody vouches for the certificate: it is the same in
  // a second.
  if (/client error \(Connect\)|ENOTFOUND|EAI_AGAIN|ECONNREFUSED/i.test(message)) {
    const why = message.split("): ").at(-1);
    const unreached = new DownloadError(
      `Expected to download ${url} but the network does not bring it here: ${why}`,
    );
    unreached.isUnreached = true;
    return unreached;
  }
  return new Transient(message);
}

/** The bytes that an answer says it has. */
export function contentLength(response: Response): number | undefined {
  const value = response.headers.get("content-length");
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Where the part of a file begins that an answer brings; NaN where it does not say. */
export function rangeStart(response: Response): number {
  return Number(response.headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1] ?? NaN);
}

/** Weak ETags say that pages look the same, not that bytes are; `If-Range` does not take them. */
export function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) return etag;
  return response.headers.get("last-modified") ?? undefined;
}

/** Since when the server has its file, in milliseconds; NaN where it does not say. */
export function modifiedAt(response: Response): number {
  return Date.parse(response.headers.get("last-modified") ?? "");
}
