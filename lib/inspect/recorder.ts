import { Buffer } from "node:buffer";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveLoopback } from "../ui/loopback.ts";
import { darkStyle } from "./page_parts.ts";

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
/** Milliseconds between two looks at the time, and at the button. */
const LOOK_MS = 100;
/**
 * How often in a row the button of a recording that goes on may be found out of the page: a second, in
 * which the page did something, as one that stands still moves nothing either.
 */
const LOOKS_AWAY = 10;

/**
 * Opens a server on this machine for one recording; see {@linkcode serveLoopback} for whom it answers.
 *
 * @param timeout Seconds until it gives up.
 */
export function openRecorder(timeout: number): OpenRecorder {
  const { promise: finished, resolve } = Promise.withResolvers<Take>();
  const late = setTimeout(() =>
    resolve({
      error:
        `Expected a recording within ${timeout} s but none came: run the cell again and press ` +
        "the button. Where the page says that it can't reach the kernel, record a file instead",
    }), timeout * 1000);
  const server = serveLoopback((request, what) => answer(request, what, resolve));
  return {
    html: pageOf(server.base, `qvim-record-${crypto.randomUUID().slice(0, 8)}`),
    finished,
    close: async () => {
      clearTimeout(late);
      await server.close();
    },
  };
}

async function answer(
  request: Request,
  what: string,
  resolve: (take: Take) => void,
): Promise<Response | undefined> {
  if (request.method === "GET" && FILES.includes(what)) {
    return new Response(await Deno.readFile(join(FOLDER, what)), {
      headers: { "content-type": "text/javascript; charset=utf-8" },
    });
  }
  if (request.method !== "POST" || !["take", "failed"].includes(what)) return undefined;
  const body = await readBody(request, what === "take" ? MAX_BYTES : MAX_REASON);
  if (body === undefined) return new Response(null, { status: 413 });
  if (what === "take") resolve({ wav: body });
  else resolve({ error: new TextDecoder().decode(body) });
  return new Response(null, { status: 204 });
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
.qvim-record { display: flex; gap: .8em; align-items: center; flex-wrap: wrap; font: 13px/1.4 system-ui, sans-serif; padding: .4em 5px; }
.qvim-record button { font: inherit; font-weight: 600; padding: .5em 1.2em; border-radius: 2em; border: 1px solid #a3262a; background: #c62f34; color: #fff; cursor: pointer; }
.qvim-record button[aria-pressed="true"] { background: #5d1518; }
.qvim-record .qvim-cancel { background: none; border-color: currentColor; color: inherit; font-weight: 400; }
.qvim-record button:disabled { opacity: .6; cursor: default; }
.qvim-record button:focus-visible { outline: 3px solid #3572b0; outline-offset: 2px; }
.qvim-record meter { width: 9em; }
${darkStyle(".qvim-record")}
.qvim-record .qvim-time { min-width: 3em; font-variant-numeric: tabular-nums; }
</style>
<button type="button" aria-pressed="false">● Record</button>
<meter min="0" max="1" value="0" aria-label="Level"></meter>
<span class="qvim-time" aria-hidden="true"></span>
<span role="status">Press, make the sound, press again.</span>
<button type="button" class="qvim-cancel">Cancel</button>
<script>
(() => {
  const base = ${JSON.stringify(base)};
  const root = document.getElementById(${JSON.stringify(id)});
  const [button, cancel] = root.querySelectorAll("button"), meter = root.querySelector("meter");
  const status = root.querySelector("[role=status]"), time = root.querySelector(".qvim-time");
  const say = (text) => { status.textContent = text; };
  let recorder, ending, clock, busy = false;
  const post = (what, body) => fetch(base + what, { method: "POST", body });
  const rest = () => {
    clearInterval(clock);
    time.textContent = "";
    button.setAttribute("aria-pressed", "false");
    button.textContent = "● Record";
  };
  const over = (text) => {
    rest();
    button.disabled = true;
    cancel.hidden = true;
    say(text);
  };
  // At once: who can't record here learns so before making a noise.
  const loading = import(base + "recorder.js").catch(() => {
    over("This page can't reach the kernel, which runs on another machine, or is done with this " +
      "recording. Run the cell again, or record a file and give its path and a model to listen().");
  });
  const fail = async (text) => {
    over(text);
    await post("failed", text).catch(() => {});
  };
  const start = async () => {
    const module = await loading;
    if (module === undefined) return;
    recorder = new module.Recorder({ onLevel: (level) => { meter.value = level; }, onFull: toggle });
    try {
      await recorder.start();
    } catch (error) {
      return await fail(error.reason === undefined ? error.message : error.reason +
        ", then run the cell again; where that can't be done, as in VS Code, record a file and give " +
        "its path and a model to listen().");
    }
    ending = module.encodeWav;
    button.setAttribute("aria-pressed", "true");
    button.textContent = "■ Stop";
    const begun = performance.now();
    say("Recording …");
    let away = 0;
    clock = setInterval(() => {
      time.textContent = ((performance.now() - begun) / 1000).toFixed(1) + " s";
      away = root.isConnected ? 0 : away + 1;
      // Where the output was cleared nobody could end it; a page may only move it, for a moment.
      if (away === ${LOOKS_AWAY}) giveUp("Expected a recording but its button was taken out of the page.");
    }, ${LOOK_MS});
  };
  const giveUp = async (text) => {
    if (ending !== undefined) await recorder.stop();
    ending = undefined;
    await fail(text);
  };
  const end = async () => {
    rest();
    const encodeWav = ending;
    ending = undefined;
    const { samples, sampleRate } = await recorder.stop();
    if (samples.length === 0) return say("Only silence was recorded. Come closer, and press again.");
    try {
      const { ok } = await post("take", encodeWav(samples, sampleRate));
      over(ok ? "Recorded " + (samples.length / sampleRate).toFixed(1) + " s." : "It was too long.");
    } catch {
      over("The kernel waits no more. Run the cell again.");
    }
  };
  // Pressed twice at once, it begins once.
  const toggle = async () => {
    if (busy) return;
    busy = true;
    try {
      await (ending === undefined ? start() : end());
    } finally {
      busy = false;
    }
  };
  button.addEventListener("click", toggle);
  cancel.addEventListener("click", () =>
    giveUp("Expected a recording but it was cancelled in the page."));
})();
</script>
</div>`;
}
