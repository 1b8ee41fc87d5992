/** Recording in a notebook's page, with a browser whose microphone plays an imitation. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readWav } from "../../lib/audio/wav.ts";
import { decodeWav } from "../../lib/audio/wav.ts";
import { record } from "../../lib/inspect/record.ts";
import { openRecorder, type Take } from "../../lib/inspect/recorder.ts";
import {
  browserTest as test,
  openBrowser,
  type Page,
  seriousFaults,
  waitUntil,
} from "../browser.ts";
import { PROJECT } from "../support.ts";

const QUERIES = join(PROJECT, "data", "qvim-mini", "Queries", "siren");
const IMITATION = join(QUERIES, [...Deno.readDirSync(QUERIES)].map(({ name }) => name).sort()[0]);

/** Shows a recorder in a page of another origin, as Jupyter's is. */
async function withRecorder(
  args: string[],
  use: (page: Page, finished: Promise<Take>) => Promise<void>,
  host = "localhost",
): Promise<void> {
  const recorder = openRecorder(60);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Cells</title>` +
    `<main><h1>Cells</h1>${recorder.html}</main></html>`;
  const jupyter = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
  const browser = await openBrowser({ args });
  try {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${jupyter.addr.port}/`);
    await use(page, recorder.finished);
  } finally {
    await browser.close();
    await recorder.close();
    await jupyter.shutdown();
  }
}

/** Whether a recording is under way, and goes on for longer than so many seconds. */
const lasts = (seconds: number) =>
  `parseFloat(document.querySelector(".qvim-time")?.textContent) > ${seconds}`;

test("a notebook's page records what the microphone hears, and hands it to the kernel", () =>
  withRecorder([
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${IMITATION}`,
  ], async (page, finished) => {
    assert.deepEqual(await seriousFaults(page), []);
    await page.getByRole("button", { name: "● Record" }).focus();
    const begun = performance.now();
    await page.keyboard.press("Enter");
    await waitUntil(page, 'document.querySelector("meter").value > 0.05');
    // JupyterLab cuts off what reaches over an output: the ring of the focus is whole within it.
    const [ring, room] = await page.evaluate(`((button) => {
      const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(button);
      const left = (it) => it.getBoundingClientRect().left;
      return [
        outlineStyle === "solid" ? parseFloat(outlineWidth) + parseFloat(outlineOffset) : 0,
        left(button) - left(button.closest(".qvim-record")),
      ];
    })(document.activeElement)`);
    assert.ok(ring > 0 && room >= ring, `a ring of ${ring} px in ${room} px`);
    // The silence at its ends is cut off.
    await waitUntil(page, lasts(2.5));
    const pictures = Deno.env.get("QVIM_PICTURES");
    if (pictures) await page.screenshot({ path: join(pictures, "record.png") });
    await page.click("button");
    const take = await finished;
    assert.ok("wav" in take, Deno.inspect(take));
    const { samples, sampleRate } = decodeWav(take.wav, "the recording");
    const seconds = samples.length / sampleRate, most = (performance.now() - begun) / 1000;
    assert.ok(seconds > 0.5 && seconds < most, `${seconds} s of ${most} s`);
    // As loud as what was played, and not a hum of its own.
    const power = (x: Float32Array) => x.reduce((sum, value) => sum + value * value, 0) / x.length;
    const ratio = power(samples) / power(readWav(IMITATION).samples);
    assert.ok(ratio > 0.1 && ratio < 10, `${ratio}`);
    await page.getByText(/^Recorded \d/).waitFor();
    assert.ok(await page.getByRole("button", { name: "● Record" }).isDisabled());
  }));

test("a notebook's page can take a recording back, and begins but one", () =>
  withRecorder([
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--use-file-for-fake-audio-capture=/dev/null",
  ], async (page, finished) => {
    // Twice in one moment: with more time between them the second one would end it.
    await page.getByRole("button", { name: "● Record" }).evaluate((it: { click(): void }) => {
      it.click();
      it.click();
    });
    await waitUntil(page, lasts(0.2));
    await page.getByRole("button", { name: "Cancel" }).click();
    const take = await finished;
    assert.deepEqual(take, { error: "Expected a recording but it was cancelled in the page." });
    assert.ok(await page.getByRole("button", { name: "● Record" }).isDisabled());
    assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
  }));

test("a notebook's page lets go of the microphone where its button is cleared away", () =>
  withRecorder([
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--use-file-for-fake-audio-capture=/dev/null",
  ], async (page, finished) => {
    await page.evaluate(`(() => {
      const { mediaDevices } = navigator, ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (...of) => globalThis.stream = await ask(...of);
    })()`);
    await page.getByRole("button", { name: "● Record" }).click();
    await waitUntil(page, lasts(0.2));
    const state = () => page.evaluate("stream.getTracks().map((track) => track.readyState)");
    // Moved only, as some pages do with what is out of sight, it goes on, also where the page stands still.
    await page.evaluate(`(() => {
      const root = document.querySelector(".qvim-record"), { parentNode } = root;
      root.remove();
      setTimeout(() => parentNode.append(root), 100);
      for (const end = performance.now() + 1500; performance.now() < end;);
    })()`);
    await waitUntil(page, lasts(3.2));
    assert.deepEqual(await state(), ["live"]);
    await page.evaluate('document.querySelector(".qvim-record").remove()');
    assert.deepEqual(await finished, {
      error: "Expected a recording but its button was taken out of the page.",
    });
    assert.deepEqual(await state(), ["ended"]);
  }));

test("a notebook's page says what to do about a refused microphone", () =>
  withRecorder(["--deny-permission-prompts"], async (page, finished) => {
    await page.click("button");
    const take = await finished;
    assert.ok("error" in take);
    assert.match(take.error, /microphone/i);
    assert.equal(await page.locator("[role=status]").textContent(), take.error);
  }));

test("the page of a Jupyter elsewhere says at once that it can't record", () =>
  withRecorder(["--host-resolver-rules=MAP jupyter.example 127.0.0.1"], async (page) => {
    await page.getByText("can't reach the kernel, which runs on another machine").waitFor();
    assert.ok(await page.getByRole("button", { name: "● Record" }).isDisabled());
  }, "jupyter.example"));

Deno.test("the recorder's server answers nobody without its token, and under no other name", async () => {
  const recorder = openRecorder(60);
  try {
    const base = recorder.html.match(/http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\//)![0];
    const { origin, port } = new URL(base);
    const status = async (url: string, init: RequestInit = {}) => {
      const response = await fetch(url, init);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status(`${base}recorder.js`), 200);
    assert.equal(await status(`${origin}/recorder.js`), 404);
    assert.equal(await status(`${origin}/${"0".repeat(32)}/take`, { method: "POST" }), 404);
    assert.equal(await status(`${base}../../cli.ts`), 404);
    assert.equal(await status(`${base}%2e%2e%2fplayers.ts`), 404);
    assert.equal(await status(`http://localhost:${port}/${base.split("/")[3]}/recorder.js`), 404);
    const from = (origin: string) => status(`${base}recorder.js`, { headers: { origin } });
    assert.equal(await from("http://localhost:8888"), 200);
    assert.equal(await from("vscode-webview://0a1b"), 200);
    for (const strange of ["https://example.org", "http://127.0.0.1.example.org", "null"]) {
      assert.equal(await from(strange), 403, strange);
    }
    const long = { method: "POST", body: new Uint8Array(2 ** 23 + 1) };
    assert.equal(await status(`${base}take`, long), 413);
  } finally {
    await recorder.close();
  }
});

Deno.test({
  name: "nobody can keep the recorder open who sends slowly, with its token or without",
  // What is left unsent is the test's own.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    for (const token of [true, false]) {
      const recorder = openRecorder(60);
      const { host, hostname, port, pathname } = new URL(
        recorder.html.match(/http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\//)![0],
      );
      using connection = await Deno.connect({ hostname, port: Number(port) });
      const head = `POST ${token ? pathname : "/other/"}take HTTP/1.1\r\nHost: ${host}\r\n` +
        "Content-Length: 1000\r\n\r\nRIFF";
      await connection.write(new TextEncoder().encode(head));
      if (!token) await connection.read(new Uint8Array(9));
      await recorder.close();
      await assert.rejects(Deno.connect({ hostname, port: Number(port) }));
    }
  },
});

Deno.test("record() says before anybody speaks that a recording can't be kept", async () => {
  await assert.rejects(
    record({ path: "/nowhere/take.wav" }),
    /^RecordError: Expected a folder to keep the recording in but found none at \/nowhere$/,
  );
  await assert.rejects(record(null as never), /Expected options as an object but found null/);
  await assert.rejects(record({ path: 5 as never }), /Expected path to be a text but found 5/);
  await assert.rejects(record({ timeout: "5" as never }), /from 0 to 3600 seconds but found "5"/);
});

Deno.test("the recorder gives up in time, and record() where there is no page", async () => {
  const recorder = openRecorder(0.05);
  const take = await recorder.finished;
  assert.ok("error" in take);
  assert.match(take.error, /within 0\.05 s but none came/);
  await recorder.close();
  await assert.rejects(record(), /Expected a notebook in a browser to record in but found none/);
  await assert.rejects(record({ timeout: -1 }), RangeError);
});
