import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { escapeHtml } from "../ui/jupyter.ts";

/** What came of a recording: a WAV file, or why there is none. */
export type Take = { wav: Uint8Array<ArrayBuffer> } | { error: string };

/** A button in a page, and the server that it records to. */
export interface OpenRecorder {
  /** What the page shows. */
  html: string;
  /** Resolves with the first recording, or with why there is none. */
  finished: Promise<Take>;
  close(): Promise<void>;
}

const FOLDER = fileURLToPath(new URL("../ui/recorder/", import.meta.url));
const FILES = ["recorder.js", "worklet.js"];
/** A minute of 16 bit at 48 kHz is 5.8 MB. */
const MAX_BYTES = 2 ** 23;
const MAX_REASON = 500;

/**
 * Opens a server on this machine for one recording. Its address holds a token that only the page
 * knows; it answers nothing without it, under no name but this machine's own (DNS rebinding), and to
 * no page of another machine.
 *
 * @param timeout Seconds until it gives up.
 */
export function openRecorder(timeout: number): OpenRecorder {
  const token = crypto.randomUUID().replaceAll("-", "");
  const { promise: finished, resolve } = Promise.withResolvers<Take>();
  const late = setTimeout(() =>
    resolve({
      error:
        `Expected a recording within ${timeout} s but none came: run the cell again and press ` +
        "the button. Where the page says that it can't reach the kernel, record a file instead",
    }), timeout * 1000);
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, (request) => answer(request, `127.0.0.1:${server.addr.port}`, token, resolve));
  const base = `http://127.0.0.1:${server.addr.port}/${token}/`;
  return {
    html: pageOf(base, `qvim-record-${token.slice(0, 8)}`),
    finished,
    close: async () => {
      clearTimeout(late);
      await server.shutdown();
    },
  };
}

async function answer(
  request: Request,
  host: string,
  token: string,
  resolve: (take: Take) => void,
): Promise<Response> {
  const [, found, what] = new URL(request.url).pathname.split("/");
  if (request.headers.get("host") !== host || found !== token) {
    return new Response(null, { status: 404 });
  }
  // The page is Jupyter's, of another origin; the token says that it is the right one.
  const origin = request.headers.get("origin");
  if (origin !== null && !isLocal(origin)) return new Response(null, { status: 403 });
  const headers = {
    "access-control-allow-origin": origin ?? "null",
    "access-control-allow-headers": "content-type",
    "access-control-allow-private-network": "true",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "cross-origin",
    "vary": "origin",
  };
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers });
  if (request.method === "GET" && FILES.includes(what)) {
    return new Response(await Deno.readFile(join(FOLDER, what)), {
      headers: { ...headers, "content-type": "text/javascript; charset=utf-8" },
    });
  }
  if (request.method !== "POST") return new Response(null, { status: 404, headers });
  const body = await readBody(request, what === "take" ? MAX_BYTES : MAX_REASON);
  if (body === undefined) return new Response(null, { status: 413, headers });
  if (what === "take") resolve({ wav: body });
  else resolve({ error: new TextDecoder().decode(body) });
  return new Response(null, { status: 204, headers });
}

/** Whether a page comes from this machine: a Jupyter that runs here, or VS Code. */
function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return protocol === "vscode-webview:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

/** The body, or `undefined` where it is longer than `most`. */
async function readBody(
  request: Request,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > most) return undefined;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Only text that this module makes goes in here. */
function pageOf(base: string, id: string): string {
  return `<div class="qvim-record" id="${id}">
<style>
.qvim-record { display: flex; gap: .8em; align-items: center; flex-wrap: wrap; font: 13px/1.4 system-ui, sans-serif; padding: .4em 0; }
.qvim-record button { font: inherit; font-weight: 600; padding: .5em 1.2em; border-radius: 2em; border: 1px solid #a3262a; background: #c62f34; color: #fff; cursor: pointer; }
.qvim-record button[aria-pressed="true"] { background: #5d1518; }
.qvim-record button:disabled { opacity: .6; cursor: default; }
.qvim-record button:focus-visible { outline: 3px solid #3572b0; outline-offset: 2px; }
.qvim-record meter { width: 9em; }
</style>
<button type="button" aria-pressed="false">● Record</button>
<meter min="0" max="1" value="0" aria-label="Level"></meter>
<span role="status">${escapeHtml("Press, make the sound, press again.")}</span>
<script>
(() => {
  const base = ${JSON.stringify(base)};
  const root = document.getElementById(${JSON.stringify(id)});
  const button = root.querySelector("button"), meter = root.querySelector("meter");
  const status = root.querySelector("[role=status]");
  const say = (text) => { status.textContent = text; };
  let recorder, recording = false;
  const post = (what, body) => fetch(base + what, { method: "POST", body });
  const over = (text) => { button.disabled = true; say(text); };
  const load = async () => {
    try {
      return await import(base + "recorder.js");
    } catch {
      over("This page can't reach the kernel, which runs on another machine, or is done with this " +
        "recording. Run the cell again, or record a file and give its path to listen().");
    }
  };
  const stop = async () => {
    if (!recording) return;
    recording = false;
    button.setAttribute("aria-pressed", "false");
    button.textContent = "● Record";
    const { encodeWav } = await load();
    const { samples, sampleRate } = await recorder.stop();
    if (samples.length === 0) return say("Only silence was recorded. Come closer, and press again.");
    try {
      const { ok } = await post("take", encodeWav(samples, sampleRate));
      over(ok ? "Recorded " + (samples.length / sampleRate).toFixed(1) + " s." : "It was too long.");
    } catch {
      over("The kernel waits no more. Run the cell again.");
    }
  };
  button.addEventListener("click", async () => {
    if (recording) return await stop();
    const module = await load();
    if (module === undefined) return;
    recorder = new module.Recorder({ onLevel: (level) => { meter.value = level; }, onFull: stop });
    try {
      await recorder.start();
    } catch (error) {
      say(error.message);
      await post("failed", error.message).catch(() => {});
      return over(error.message);
    }
    recording = true;
    button.setAttribute("aria-pressed", "true");
    button.textContent = "■ Stop";
    say("Recording …");
  });
})();
</script>
</div>`;
}
