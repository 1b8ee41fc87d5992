import { basename } from "node:path";
import { type Progress, startProgress } from "../ui/progress.ts";
import { setTimeout as delay } from "node:timers/promises";
import { formatBytes } from "./bytes.ts";
import {
  checkStatus,
  contentLength,
  DownloadError,
  followRedirects,
  modifiedAt,
  rangeStart,
  type RequestOptions,
  StallWatch,
  toFailure,
  Transient,
  validatorOf,
} from "./http.ts";
import { hasPartial, PartialFile } from "./partial_file.ts";
import { expectNoPage, expectNoPageType } from "./web_page.ts";

/** How a file is downloaded. */
export interface DownloadOptions {
  /** The SHA-256 that the file must have, in hexadecimal. */
  sha256?: string;
  /** Whether a file that is there is fetched again, whatever it is. */
  overwrite?: boolean;
  /** What requests are made with; the global `fetch` unless given. */
  fetch?: typeof globalThis.fetch;
  /** How often a request is tried in all; 6 unless given. */
  tries?: number;
  /** Milliseconds before the second try, doubled before each further one; 1,000 unless given. */
  retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as dead; 60,000 unless given. */
  stallTimeout?: number;
}

/** No wait before a further try is longer, whatever a server asks for, in milliseconds. */
const MAX_WAIT = 300_000;

/**
 * Tells the address of a file; asked again for each try, since some addresses are good only once.
 */
export type Locate = (request: RequestOptions) => Promise<URL>;

/** A download that is under way. */
export class DownloadJob {
  readonly #locate: Locate;
  readonly #target: string;
  readonly #sha256?: string;
  readonly #options: DownloadOptions;
  /** Opened when it is needed: where the file is there already, its folder may be read-only. */
  #partial?: PartialFile;
  /** The file's address; a name for it in errors until it is known. */
  #url: URL | string = "the file";
  #progress?: Progress;
  #total?: number;

  constructor(
    locate: Locate,
    target: string,
    sha256: string | undefined,
    options: DownloadOptions,
  ) {
    this.#locate = locate;
    this.#target = target;
    this.#sha256 = sha256;
    this.#options = options;
  }

  async run(): Promise<boolean> {
    const mayKeep = !this.#options.overwrite && this.#sha256 === undefined &&
      await Deno.stat(this.#target).then(({ isFile }) => isFile, () => false);
    const { tries = 6, retryDelay = 1000 } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        const isNew = await this.#attempt();
        await this.#endProgress();
        console.log(
          isNew
            ? `Downloaded ${this.#url} to ${this.#target}`
            : `${this.#target} is there already, of the server's size and no older`,
        );
        return isNew;
      } catch (error) {
        if (!(error instanceof Transient)) {
          await this.#partial?.forget();
          if (mayKeep && error instanceof DownloadError && error.isUnreached) {
            console.log(
              `${this.#target} is there already, and the network does not reach its server`,
            );
            return false;
          }
          throw error;
        }
        if (attempt >= tries) {
          throw new DownloadError(
            `Expected to download ${this.#url} but after ${tries} tries found: ${error.message}` +
              (await this.#partial?.isKept()
                ? `; what has come is kept in ${this.#partial?.path}, and the next call goes on ` +
                  "from there"
                : ""),
          );
        }
        const wait = Math.min(MAX_WAIT, error.retryAfter ?? retryDelay * 2 ** (attempt - 1));
        console.error(`${error.message}; trying again in ${wait / 1000} s`);
        await delay(wait);
      }
    }
  }

  async end(): Promise<void> {
    await this.#endProgress();
    await this.#partial?.close();
  }

  async #endProgress(): Promise<void> {
    await this.#progress?.finish();
    this.#progress = undefined;
  }

  /** One request. @returns Whether the file was fetched. */
  async #attempt(): Promise<boolean> {
    const watch = new StallWatch(this.#options.stallTimeout ?? 60_000);
    let modified = NaN;
    try {
      const url = await this.#locateFile(watch);
      if (hasPartial(this.#target)) await this.#open();
      const resume = await this.#partial?.resumable();
      const response = await this.#request(url, resume, watch);
      if (response.status === 416) {
        await response.body?.cancel();
        await this.#partial?.forget();
        throw new Transient("The server has no such part of the file");
      }
      await checkStatus(response, url);
      await expectNoPageType(response, this.#target, url);
      const start = response.status === 206 ? rangeStart(response) : 0;
      if (response.status === 206 && start !== resume?.size) {
        await response.body?.cancel();
        await this.#partial?.forget();
        throw new Transient(`The server sent another part of the file than was asked for`);
      }
      const length = contentLength(response);
      if (await this.#matchesTarget(response, length)) {
        await response.body?.cancel();
        return false;
      }
      await this.#receive(response, start, length, watch);
      modified = modifiedAt(response);
    } finally {
      watch.stop();
    }
    await this.#finish(this.#partial!);
    // Of the age that it has there: another one of its size that is put there later is then newer, even
    // where it was made before this was fetched.
    if (modified <= Date.now()) await Deno.utime(this.#target, new Date(), new Date(modified));
    return true;
  }

  async #open(): Promise<PartialFile> {
    return this.#partial ??= await PartialFile.open(this.#target);
  }

  async #locateFile(watch: StallWatch): Promise<URL> {
    try {
      const url = await this.#locate({ fetch: this.#options.fetch, signal: watch.signal });
      this.#url = url;
      return url;
    } catch (error) {
      throw toFailure(error, this.#url, watch);
    }
  }

  async #request(
    url: URL,
    resume: { validator: string; size: number } | undefined,
    watch: StallWatch,
  ): Promise<Response> {
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (resume !== undefined) {
      headers.range = `bytes=${resume.size}-`;
      headers["if-range"] = resume.validator;
    }
    try {
      const request = { headers, fetch: this.#options.fetch, signal: watch.signal };
      return (await followRedirects(url, request)).response;
    } catch (error) {
      throw toFailure(error, this.#url, watch);
    }
  }

  /**
   * Without a hash, a file of the same size that is not older counts as the same; where the server
   * does not say since when it has its file, nothing does.
   */
  async #matchesTarget(response: Response, length: number | undefined): Promise<boolean> {
    if (this.#sha256 !== undefined || this.#options.overwrite) return false;
    if (response.status !== 200 || length === undefined) return false;
    try {
      const { size, mtime } = await Deno.stat(this.#target);
      return size === length && mtime !== null && modifiedAt(response) <= mtime.getTime();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  async #receive(
    response: Response,
    start: number,
    length: number | undefined,
    watch: StallWatch,
  ): Promise<void> {
    const partial = await this.#open();
    await partial.begin(start, validatorOf(response));
    const total = length === undefined ? undefined : start + length;
    if (total !== this.#total) await this.#endProgress();
    this.#total = total;
    this.#progress ??= startProgress(`Downloading ${basename(this.#target)}`, {
      total,
      format: formatBytes,
    });
    let received = start;
    const reader = (response.body ?? new Blob().stream()).getReader();
    while (true) {
      const { done, value } = await reader.read().catch((error) => {
        throw toFailure(error, this.#url, watch);
      });
      if (done) break;
      watch.alive();
      await partial.write(value);
      received += value.length;
      this.#progress.update(received);
    }
    if (total !== undefined && received !== total) {
      throw new Transient(`Expected ${total} bytes of ${this.#url} but found ${received}`);
    }
  }

  async #finish(partial: PartialFile): Promise<void> {
    await expectNoPage(partial, this.#target, this.#url);
    if (this.#sha256 !== undefined) {
      const found = await partial.hash();
      if (found !== this.#sha256) {
        throw new DownloadError(
          `Expected ${this.#url} to have the SHA-256 ${this.#sha256} but found ${found}`,
        );
      }
    }
    await partial.finish();
  }
}
