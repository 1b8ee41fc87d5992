/** The search page's server: a page with a microphone, and the interface behind it. */
import { basename, dirname, extname } from "node:path";
import { AudioError } from "../audio/wav.ts";
import { QvimError } from "../io/errors.ts";
import { plain } from "../io/plain.ts";
import { LibraryError, RecordingError } from "../library/lancedb.ts";
import { type SearchResult, SoundLibrary } from "../library/search.ts";
import { endServer, isLoopback, newToken } from "../ui/guard.ts";
import { Guard, SECURITY } from "./guard.ts";
import { openApi } from "./openapi.ts";
import { servePage } from "./page.ts";
import { Peaks } from "./peaks.ts";
import { MAX_UPLOAD, RequestError, searchOptions, Turns, Uploads } from "./requests.ts";
import { playable, serveAudio, serveOriginal } from "./sounds.ts";
import { decodeUpload } from "./upload.ts";

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

/** Searches under way at a time; more wait, and many more are turned away. */
const AT_A_TIME = 2, MOST_WAITING = 16;

/** Thrown where the server can't listen as it is asked to; the message says what to do. */
export class ServeError extends QvimError {}

/**
 * Serves the search page of a library.
 *
 * @throws {LibraryError} Where there is none.
 * @throws {ServeError} Where it can't listen there.
 */
export async function serveLibrary(options: ServeOptions): Promise<RunningServer> {
  const { library: place, port = 8080, host = "127.0.0.1" } = options;
  const token = isLoopback(host) ? undefined : newToken();
  const library = await SoundLibrary.open(place);
  await library.warmUp();
  const app = new App(library);
  const server = listen(host, port, (request) => app.answer(request));
  app.guard = new Guard(server.addr.port, token);
  const shown = host === "0.0.0.0" || host === "::" ? Deno.hostname() : host;
  const url = `http://${shown}:${server.addr.port}/${token ? `?token=${token}` : ""}`;
  const finished = server.finished.then(() => app.close());
  return {
    ...{ url, port: server.addr.port, token, finished },
    close: async () => {
      await endServer(server);
      app.close();
    },
  };
}

function listen(host: string, port: number, answer: (request: Request) => Promise<Response>) {
  try {
    return Deno.serve({
      port,
      hostname: host,
      onListen: () => {},
      onError: () => new Response("Something went wrong\n", { status: 500 }),
    }, answer);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? `another program at port ${port}: choose a port with --port, or 0 for any that is free`
      : error instanceof Error
      ? `${error.message}: choose an address of this machine with --host, a port with --port`
      : error;
    throw new ServeError(`Expected to listen on ${host}:${port} but found ${reason}`);
  }
}

class App {
  guard = new Guard(0);
  readonly #library: SoundLibrary;
  readonly #peaks = new Peaks();
  readonly #uploads = new Uploads();
  readonly #searches = new Turns(AT_A_TIME, MOST_WAITING);

  constructor(library: SoundLibrary) {
    this.#library = library;
  }

  close(): void {
    this.#library.close();
  }

  async answer(request: Request): Promise<Response> {
    let response: Response;
    try {
      response = await this.#route(request);
    } catch (error) {
      response = failure(error, new URL(request.url).pathname.startsWith("/api/"));
    }
    for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
    return response;
  }

  async #route(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const entered = this.guard.check(request, url);
    if (entered !== undefined) return entered;
    const { pathname } = url;
    const [, api, what, id, part] = pathname.split("/");
    if (api !== "api") return await servePage(request, pathname);
    const isPost = request.method === "POST";
    if (what === "search" && isPost) return await this.#search(request, url);
    if (what !== "search" && request.method !== "GET" && request.method !== "HEAD") {
      throw new RequestError(405, "Expected GET here");
    }
    if (what === "search") throw new RequestError(405, "Expected POST here, with a recording");
    if (what === "openapi.json") return json(openApi(MAX_UPLOAD));
    if (what === "library") {
      await this.#library.refresh();
      const { size: sounds, outdated, advice } = this.#library;
      return json({ sounds, outdated, advice, maxUpload: MAX_UPLOAD });
    }
    if (what === "sounds" && id !== undefined) {
      return await this.#sound(decoded(id), part, request, url);
    }
    throw new RequestError(404, "There is nothing here");
  }

  async #search(request: Request, url: URL): Promise<Response> {
    const options = searchOptions(url.searchParams);
    return await this.#uploads.use(
      request,
      (bytes) => this.#found(async () => this.#library.search(await decodeUpload(bytes), options)),
    );
  }

  /** Searches when its turn has come. */
  async #found(search: () => Promise<SearchResult[]>): Promise<Response> {
    return await this.#searches.take(async () => {
      const start = performance.now();
      const results = await search();
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
      const options = searchOptions(url.searchParams);
      return await this.#found(() => this.#library.moreLike(id, options));
    }
    try {
      // A folder or a pipe that has come into its place has no sound, and a pipe would be waited for.
      if (!(await Deno.stat(sound.path)).isFile) throw new Deno.errors.NotFound();
      if (part === "audio") return await serveAudio(sound.path, request);
      if (part === "file") return await serveOriginal(sound.path, request);
      if (part === "peaks") return json({ peaks: await this.#peaks.of(sound) });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new RequestError(
        410,
        `${basename(sound.path)} is not there any more: deno task index finds out where it went`,
      );
    }
    throw new RequestError(404, "There is nothing here");
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
    // A name may turn the direction of what it is written in; the path is as it is.
    ...{ id, path, name: plain(basename(path)), folder: plain(basename(dirname(path))), score },
    ...{ start, end, duration, channels, rate, type, extension: extname(path) },
  };
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "cache-control": "no-store" } });
}

/** @param isForProgram Whether it was asked for by a program, rather than opened by a person. */
function failure(error: unknown, isForProgram: boolean): Response {
  if (error instanceof RequestError && !isForProgram) {
    return new Response(`${error.message}\n`, { status: error.status });
  }
  if (error instanceof RequestError) return json({ error: error.message }, error.status);
  if (error instanceof RecordingError || error instanceof AudioError) {
    return json({ error: error.message }, 422);
  }
  // Not the fault of who asks: the library has gone, or has no sounds yet.
  if (error instanceof LibraryError) return json({ error: error.message }, 503);
  console.error(error);
  return json({ error: "Something went wrong; the server's terminal says what" }, 500);
}
