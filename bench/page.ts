/**
 * How long the page takes from the end of a take to the first results that are painted, in Chromium,
 * whose microphone plays a built-in imitation. `deno run -A --no-lock bench/page.ts [COUNT …]` makes a
 * library of so many made-up sounds, serves it by `deno task serve`, and prints a row of Markdown.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { listQueries } from "../lib/challenge/dataset.ts";
import { closeBrowsers, openBrowser, type Page, waitUntil } from "../tests/browser.ts";
import { PROJECT, withFolder } from "../tests/support.ts";
import { DATA, fill, index } from "./made_up_library.ts";

const TAKES = 20;
/** What somebody sings in one go, in milliseconds. */
const LENGTH = 2000;

/**
 * Script: from the press on the button, which ends the take, to the frame after the one that results
 * stand in; and what of it the answer took.
 */
const WATCH = `(() => {
  globalThis.took = [];
  const ask = globalThis.fetch;
  let end, asked, answered, search;
  globalThis.fetch = async (path, options) => {
    const isSearch = String(path).startsWith("/api/search");
    if (isSearch) asked = performance.now();
    const response = await ask(path, options);
    if (!isSearch) return response;
    answered = performance.now();
    ({ milliseconds: search } = await response.clone().json());
    return response;
  };
  document.addEventListener("pointerdown", ({ target, timeStamp }) => {
    if (target.closest("#record[aria-pressed=true]")) end = timeStamp;
  }, true);
  const status = document.getElementById("status");
  // It changes with each take, as results need not, in the moment in which they are shown.
  new MutationObserver(() => {
    if (end === undefined || !status.textContent.includes("sounds for")) return;
    const began = end;
    end = undefined;
    requestAnimationFrame(() => setTimeout(() => {
      const now = performance.now();
      took.push({ whole: now - began, before: asked - began, answer: answered - asked, search, painted: now - answered });
    }));
  }).observe(status, { childList: true, subtree: true, characterData: true });
})()`;

interface Times {
  /** From the end of the take to the first results that are painted. */
  whole: number;
  /** Until the page asks. */
  before: number;
  /** Until the server answers. */
  answer: number;
  /** What of that the search itself took. */
  search: number;
  /** From the answer on. */
  painted: number;
}

async function takes(page: Page): Promise<Times[]> {
  await page.evaluate(WATCH);
  for (let take = 0; take < TAKES; take++) {
    await page.click("#record");
    await delay(LENGTH);
    await page.click("#record");
    await waitUntil(page, `took.length > ${take}`);
    // Waveforms are drawn meanwhile.
    await delay(1500);
  }
  return await page.evaluate("took");
}

/** Serves a library as a person does. */
async function serve(library: string) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), "serve", "--library", library, "--port", "0"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let said = "";
  for await (const part of process.stdout.pipeThrough(new TextDecoderStream())) {
    said += part;
    const url = said.match(/http:\S+/)?.[0];
    if (url !== undefined) return { url, process };
  }
  throw new Error(`Expected the page's address but found ${said}`);
}

console.log(
  "| sounds | results after, median | slowest | before it asks | answer | search of it | painted after |",
);
console.log(`|${" --- |".repeat(7)}`);
for (const count of Deno.args.length > 0 ? Deno.args.map(Number) : [100_000]) {
  await withFolder(async (folder) => {
    const library = join(folder, "library");
    await fill(library, count);
    await index(library);
    const { url, process } = await serve(library);
    const browser = await openBrowser({
      args: [
        ...["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        `--use-file-for-fake-audio-capture=${listQueries(DATA)[0].path}`,
      ],
    });
    try {
      const page: Page = await browser.newPage();
      await page.goto(url);
      const all = await takes(page);
      const sorted = (name: keyof Times) => all.map((times) => times[name]).sort((a, b) => a - b);
      const median = (name: keyof Times) => sorted(name)[TAKES >> 1];
      const figures = [
        ...[median("whole"), sorted("whole").at(-1)!],
        ...[median("before"), median("answer"), median("search"), median("painted")],
      ];
      const cells = [count.toLocaleString("en"), ...figures.map((ms) => `${ms.toFixed(0)} ms`)];
      console.log(`| ${cells.join(" | ")} |`);
    } finally {
      await browser.close();
      process.kill();
      await process.status;
    }
  });
}
await closeBrowsers();
