/** The search page's server: a page with a microphone, and the interface behind it. */
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeUpload } from "./upload.ts";
import { AudioError } from "../audio/wav.ts";
import { openAudio } from "../audio/read_audio.ts";
import { QvimError } from "../io/errors.ts";
import { LibraryError } from "../library/lancedb.ts";
import { type SearchOptions, type SearchResult, SoundLibrary } from "../library/search.ts";
import { openApi } from "./openapi.ts";
import { playable, serveFile } from "./sounds.ts";

/** How the page is served. */
export interface ServeOptions {
  /** Where the library lies. */
  library: string;
  /** 8080 unless given; 0 for any that is free. */
  port?: number;
  /** The address to listen on: this machine alone, unless given. */
  host?: string;
}

/** A server that runs. */
export interface RunningServer {
  /** Where the page is; with the token, where one is asked for. */
  url: string;
  port: number;
  /** Asked for of everybody, where others than this machine can come. */
  token?: string;
  /** Resolves when it has ended. */
  finished: Promise<void>;
  close(): Promise<void>;
}

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
/** What notebooks record with as well; the page finds it where it lies beside this folder. */
const SHARED = "ui/recorder/";
const RECORDER = fileURLToPath(new URL(`../${SHARED}`, import.meta.url));
/** What is served of the page's folder, and as what. */
const FILES: Record<string, string> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "ui/recorder/recorder.js": "text/javascript; charset=utf-8",
  "ui/recorder/worklet.js": "text/javascript; charset=utf-8",
  "api.js": "text/javascript; charset=utf-8",
  "player.js": "text/javascript; charset=utf-8",
  "views.js": "text/javascript; charset=utf-8",
  "waveform.js": "text/javascript; charset=utf-8",
  "vendor/wavesurfer.js": "text/javascript; charset=utf-8",
  "vendor/lit-html/lit-html.js": "text/javascript; charset=utf-8",
  "vendor/lit-html/directive.js": "text/javascript; charset=utf-8",
  "vendor/lit-html/directive-helpers.js": "text/javascript; charset=utf-8",
  "vendor/lit-html/directives/repeat.js": "text/javascript; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
};
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
/** A minute of stereo at 96 kHz and 24 bit is 35 MB. */
const MAX_UPLOAD = 40 * 2 ** 20;
/** Searches under way at a time; more wait, and many more are turned away. */
const AT_A_TIME = 2, MOST_WAITING = 16;
const PEAKS = 240;
const MOST_PEAKS_KEPT = 2000;
const MOST_IDS = 50;

const SECURITY: Record<string, string> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    // The waveforms' library brings its styles along.
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self' blob:",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "microphone=(self), camera=(), geolocation=()",
};

/** Thrown where a request is turned away; the message is for the person. */
class RequestError extends QvimError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves the search page of a library.
 *
 * @throws {LibraryError} Where there is none.
 */
export async function serveLibrary(options: ServeOptions): Promise<RunningServer> {
  const { library: place, port = 8080, host = "127.0.0.1" } = options;
  const isLocal = LOOPBACK.includes(host) || host === "::1";
  const token = isLocal ? undefined : crypto.randomUUID().replaceAll("-", "");
  const library = await SoundLibrary.open(place);
  await library.warmUp();
  const app = new App(library, token);
  const server = Deno.serve({
    port,
    hostname: host,
    onListen: () => {},
    onError: () => new Response("Something went wrong\n", { status: 500 }),
  }, (request) => app.answer(request));
  app.port = server.addr.port;
  const shown = host === "0.0.0.0" || host === "::" ? Deno.hostname() : host;
  const url = `http://${shown}:${server.addr.port}/${token ? `?token=${token}` : ""}`;
  const finished = server.finished.then(() => app.close());
  return {
    ...{ url, port: server.addr.port, token, finished },
    close: async () => {
      await server.shutdown();
      await finished;
    },
  };
}

class App {
  port = 0;
  readonly #library: SoundLibrary;
  readonly #token?: string;
  readonly #peaks = new Map<string, number[]>();
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(library: SoundLibrary, token?: string) {
    this.#library = library;
    this.#token = token;
  }

  close(): void {
    this.#library.close();
  }

  async answer(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await this.#route(request);
    } catch (error) {
      response = failure(error);
    }
    for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
    return response;
  }

  async #route(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.#checkOrigin(request, url);
    const entered = this.#checkToken(request, url);
    if (entered !== undefined) return entered;
    const { pathname } = url;
    const [, api, what, id, part] = pathname.split("/");
    if (api !== "api") return await page(request, pathname);
    const isPost = request.method === "POST";
    if (what === "search" && isPost) return await this.#search(request, url);
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new RequestError(405, "Expected GET here");
    }
    if (what === "openapi.json") return json(openApi(MAX_UPLOAD));
    if (what === "library") return json({ sounds: this.#library.size });
    if (what === "sounds" && id !== undefined) {
      return await this.#sound(decoded(id), part, request, url);
    }
    throw new RequestError(404, "There is nothing here");
  }

  /** A page of another host must not use this one, under whatever name it found it. */
  #checkOrigin(request: Request, url: URL): void {
    const host = request.headers.get("host") ?? url.host;
    if (this.#token === undefined && !LOOPBACK.some((name) => host === `${name}:${this.port}`)) {
      throw new RequestError(421, `Expected the host 127.0.0.1:${this.port} but found another`);
    }
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site");
    const isForeign = origin !== null && origin !== `http://${host}` &&
      origin !== `https://${host}`;
    const isCross = site !== null && !["same-origin", "none"].includes(site) &&
      request.method !== "GET";
    if (isForeign || isCross) throw new RequestError(403, "Expected a request of this page's own");
  }

  /** @returns An answer, where the token comes with the address: it moves into a cookie. */
  #checkToken(request: Request, url: URL): Response | undefined {
    if (this.#token === undefined) return undefined;
    if (same(url.searchParams.get("token") ?? "", this.#token)) {
      url.searchParams.delete("token");
      return new Response(null, {
        status: 303,
        headers: {
          location: url.pathname + url.search,
          "set-cookie": `qvim=${this.#token}; HttpOnly; SameSite=Strict; Path=/`,
        },
      });
    }
    const cookie = request.headers.get("cookie")?.match(/(?:^|;\s*)qvim=([0-9a-f]+)/)?.[1];
    const bearer = request.headers.get("authorization")?.replace(/^Bearer /, "");
    if (same(cookie ?? bearer ?? "", this.#token)) return undefined;
    throw new RequestError(401, "Expected the token: open the address that the server printed");
  }

  async #search(request: Request, url: URL): Promise<Response> {
    const options = searchOptions(url.searchParams);
    const bytes = await readBody(request);
    return await this.#inTurn(async () => {
      const audio = await decodeUpload(bytes);
      const start = performance.now();
      const results = await this.#library.search(audio, options);
      const milliseconds = Math.round(performance.now() - start);
      return json({ results: results.map(shown), milliseconds });
    });
  }

  async #sound(
    id: string,
    part: string | undefined,
    request: Request,
    url: URL,
  ): Promise<Response> {
    const sound = await this.#library.describe(id);
    if (sound === undefined) throw new RequestError(404, "There is no such sound in the library");
    if (part === undefined) return json(shown(sound));
    if (part === "similar") {
      return await this.#inTurn(async () => {
        const results = await this.#library.moreLike(id, searchOptions(url.searchParams));
        return json({ results: results.map(shown), milliseconds: 0 });
      });
    }
    try {
      if (part === "audio") return await serveFile(sound.path, request);
      if (part === "peaks") return json({ peaks: this.#peaksOf(id, sound) });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new RequestError(
        410,
        `${basename(sound.path)} is not there any more: deno task index finds out where it went`,
      );
    }
    throw new RequestError(404, "There is nothing here");
  }

  #peaksOf(
    id: string,
    { path, start, end }: { path: string; start: number; end: number },
  ): number[] {
    const known = this.#peaks.get(id);
    if (known !== undefined) return known;
    using sound = openAudio(path);
    const rate = sound.sampleRate;
    const samples = sound.read(Math.floor(start * rate), Math.ceil((end - start) * rate));
    const peaks = Array.from({ length: PEAKS }, (_, i) => {
      const first = Math.floor(i * samples.length / PEAKS);
      const last = Math.max(first + 1, Math.floor((i + 1) * samples.length / PEAKS));
      let peak = 0;
      for (let k = first; k < last; k++) peak = Math.max(peak, Math.abs(samples[k] ?? 0));
      return Math.round(peak * 1000) / 1000;
    });
    if (this.#peaks.size >= MOST_PEAKS_KEPT) this.#peaks.delete(this.#peaks.keys().next().value!);
    this.#peaks.set(id, peaks);
    return peaks;
  }

  /** Lets a few searches run at a time. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_A_TIME) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new RequestError(503, "Too many searches at once: try again in a moment");
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

/** A part of an address, as it is meant. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RequestError(404, "There is nothing here");
  }
}

/** What is told of a sound: its folder and name for the eye, its path to be copied. */
function shown(sound: Omit<SearchResult, "score"> & { score?: number }) {
  const { id, path, score, start, end, duration, channels, rate } = sound;
  const type = playable(path);
  return {
    ...{ id, path, name: basename(path), folder: basename(dirname(path)), score },
    ...{ start, end, duration, channels, rate, type, extension: extname(path) },
  };
}

function searchOptions(params: URLSearchParams): SearchOptions {
  const number = (name: string, least: number, most: number) => {
    const text = params.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (!(value >= least && value <= most)) {
      throw new RequestError(400, `Expected ${name} from ${least} to ${most} but found ${text}`);
    }
    return value;
  };
  const ids = (name: string) => params.getAll(name).slice(0, MOST_IDS);
  const text = (name: string) => (params.get(name) ?? "").slice(0, 200) || undefined;
  return {
    text: text("text"),
    folder: text("folder"),
    maxSeconds: number("maxSeconds", 0.01, 1e6),
    minSeconds: number("minSeconds", 0, 1e6),
    channels: number("channels", 1, 1024),
    top: number("top", 1, 200) ?? 20,
    closer: ids("closer"),
    notThis: ids("notThis"),
  };
}

/** The body of a request, up to what a recording can need. */
async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (Number(request.headers.get("content-length") ?? 0) > MAX_UPLOAD) throw tooLarge();
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > MAX_UPLOAD) throw tooLarge();
    parts.push(part);
  }
  if (size === 0) throw new RequestError(400, "Expected a recording but found nothing");
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function tooLarge(): RequestError {
  return new RequestError(
    413,
    `Expected a recording of at most ${MAX_UPLOAD / 2 ** 20} MB: cut it shorter`,
  );
}

async function page(request: Request, pathname: string): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new RequestError(405, "Expected GET here");
  }
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  if (!Object.hasOwn(FILES, name)) throw new RequestError(404, "There is nothing here");
  const path = name.startsWith(SHARED)
    ? join(RECORDER, name.slice(SHARED.length))
    : join(PAGE, name);
  return new Response(await Deno.readFile(path), {
    headers: { "content-type": FILES[name], "cache-control": "no-cache" },
  });
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "cache-control": "no-store" } });
}

function failure(error: unknown): Response {
  if (error instanceof RequestError) return json({ error: error.message }, error.status);
  if (error instanceof LibraryError || error instanceof AudioError) {
    return json({ error: error.message }, 422);
  }
  console.error(error);
  return json({ error: "Something went wrong; the server's terminal says what" }, 500);
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
function same(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i);
  return difference === 0;
}
