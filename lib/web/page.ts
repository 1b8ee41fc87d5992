import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RequestError } from "./requests.ts";

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
/** What notebooks record with as well; the page finds it where it lies beside this folder. */
const SHARED = "ui/recorder/";
const RECORDER = fileURLToPath(new URL(`../${SHARED}`, import.meta.url));

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
/** What is served of the page's folder, and as what. */
const FILES: Record<string, string> = {
  "index.html": HTML,
  "app.js": SCRIPT,
  "api.js": SCRIPT,
  "library.js": SCRIPT,
  "listening.js": SCRIPT,
  "player.js": SCRIPT,
  "recording.js": SCRIPT,
  "searching.js": SCRIPT,
  "state.js": SCRIPT,
  "views.js": SCRIPT,
  "waveform.js": SCRIPT,
  "vendor/wavesurfer.js": SCRIPT,
  "vendor/lit-html/lit-html.js": SCRIPT,
  "vendor/lit-html/directive.js": SCRIPT,
  "vendor/lit-html/directive-helpers.js": SCRIPT,
  "vendor/lit-html/directives/repeat.js": SCRIPT,
  "ui/recorder/recorder.js": SCRIPT,
  "ui/recorder/worklet.js": SCRIPT,
  "style.css": STYLE,
  "stage.css": STYLE,
  "filters.css": STYLE,
  "results.css": STYLE,
  "icon.svg": "image/svg+xml",
};

/**
 * Serves a file of the page.
 *
 * @throws {RequestError} Where there is none of this name.
 */
export async function servePage(request: Request, pathname: string): Promise<Response> {
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
