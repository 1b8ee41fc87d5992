/** What `listen()` and the others show, in a real browser and without a network. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Notebook, writeNotebook } from "../../lib/notebook/ipynb.ts";
import { playersPage, soundTable } from "../../lib/inspect/players.ts";
import { browserTest, openBrowser, seriousFaults, waitUntil } from "../browser.ts";
import { CHROMIUM, findPython, PROJECT, withFolder } from "../support.ts";
import { executedExploreNotebook } from "./explore.ts";
import { asInVsCode } from "./vs_code.ts";

let executed: Promise<Notebook> | undefined;
const explored = () => executed ??= executedExploreNotebook();

browserTest(
  "explore.ipynb runs, and its sounds play, one at a time",
  () =>
    withFolder(async (folder) => {
      const notebook = await explored();
      const shown = notebook.cells.flatMap(({ outputs }) => outputs ?? [])
        .flatMap((output) => "data" in output ? [output.data] : []);
      const html = shown.map((data) => String(data["text/html"] ?? data["image/svg+xml"] ?? ""));
      const rows = html.filter((text) => text.includes('class="qvim-listen"'));
      assert.equal(rows.length, 3);
      for (const text of rows) {
        const count = text.split("<table ").length - 1;
        // Ten rows stay under 5 MB.
        assert.ok(text.length / count < 500_000, `${text.length}`);
      }
      const parts = { light: html.join("\n"), dark: asInVsCode(html) };
      for (const [colorScheme, body] of Object.entries(parts)) {
        const page = join(folder, `${colorScheme}.html`);
        Deno.writeTextFileSync(
          page,
          `<!doctype html><html lang="en"><meta charset="utf-8"><title>Cells</title>` +
            `<style>:root { color-scheme: light dark; background: Canvas; color: CanvasText }</style><main><h1>Cells</h1>${body}</main></html>`,
        );
        const context = await openBrowser({
          colorScheme,
          offline: true,
          viewport: { width: 1000, height: 900 },
        });
        try {
          const tab = await context.newPage();
          const requests: string[] = [];
          tab.on("request", (request: { url(): string }) => requests.push(request.url()));
          await tab.goto(`file://${page}`);
          // The innermost frame; the page itself where there are none.
          const shown = tab.frames().at(-1);
          await waitUntil(
            shown,
            `document.querySelectorAll("[data-ready]").length === 4 &&
              [...document.querySelectorAll("audio")].every((it) => it.checkVisibility({
                visibilityProperty: true }) || it.hidden)`,
          );
          const pictures = Deno.env.get("QVIM_PICTURES");
          if (pictures) {
            const path = join(pictures, `listen_${colorScheme}.png`);
            await tab.screenshot({ path, fullPage: true });
          }
          assert.deepEqual(await seriousFaults(shown), []);
          if (colorScheme === "dark") {
            // VS Code says that it is dark to the page alone, and has stripes for tables.
            const look =
              `(({ colorScheme }, { backgroundColor }) => [colorScheme, backgroundColor])(
              getComputedStyle(document.querySelector(".qvim-sounds audio")),
              getComputedStyle(document.querySelector(".qvim-sounds tr:nth-child(even)")))`;
            assert.deepEqual(await shown.evaluate(look), ["dark", "rgba(0, 0, 0, 0)"]);
          }
          await shown.evaluate('document.querySelectorAll("audio")[0].play()');
          const time = (i: number) =>
            shown.evaluate(`document.querySelectorAll("audio")[${i}].currentTime`);
          await waitUntil(shown, 'document.querySelectorAll("audio")[0].currentTime > 0.05');
          await shown.locator("audio").nth(0).focus();
          await tab.keyboard.press("ArrowDown");
          await waitUntil(shown, 'document.querySelectorAll("audio")[1].currentTime > 0.05');
          const playing = await shown.evaluate(
            '[...document.querySelectorAll("audio")].filter((it) => !it.paused).length',
          );
          assert.ok(playing <= 1, `${playing}`);
          assert.ok(await time(0) > 0 && await time(1) > 0);
          // The map plays what the keyboard is on, and nothing else goes on.
          await shown.locator(".qvim-map [data-sound]").first().focus();
          await tab.keyboard.press("Enter");
          await waitUntil(shown, 'document.querySelector(".qvim-map audio").currentTime > 0.05');
          assert.equal(
            await shown.evaluate(
              '[...document.querySelectorAll(".qvim-listen audio")].filter((it) => !it.paused).length',
            ),
            0,
          );
          // Each picture says what it shows, and is there.
          const images = shown.locator(
            "img[alt^='Spectrogram of'], img[alt^='Scores of'], img[alt^='Classes found']",
          );
          assert.equal(await images.count(), (await shown.locator(".qvim-listen img").count()) + 3);
          assert.ok(
            await images.evaluateAll((all: { naturalWidth: number }[]) =>
              all.every(({ naturalWidth }) => naturalWidth > 100)
            ),
          );
          assert.deepEqual(requests.filter((url) => !/^(file|data|blob):/.test(url)), []);
        } finally {
          await context.close();
        }
      }
    }),
);

/** Where the parts of each row are. */
const PLACES = `[...document.querySelectorAll("tr")].map((row) =>
  ["th", "img", "audio"].map((part) => {
    const { left, right, top, bottom, width } = row.querySelector(part).getBoundingClientRect();
    return { left, right, top, bottom, width };
  }))`;

browserTest(
  "rows of sounds stand in columns, and below each other where there is little room",
  async () => {
    const siren = (name: string) => ({
      ...{ role: "answer", name, class: "siren", rank: 1, score: 0.5 },
      path: join(PROJECT, "data", "qvim-mini", "Items", "siren", "siren_1.wav"),
    });
    const table = await soundTable("Two sirens, whose table has a title that takes some room", [
      siren("siren_1.wav"),
      siren("a siren with a name that_goes_on_and_on_without_any_end_to_it.wav"),
    ]);
    const context = await openBrowser({ viewport: { width: 1000, height: 900 } });
    try {
      const tab = await context.newPage();
      // As JupyterLab has it for all that cells show: a picture took no room then in a narrow table.
      const style = "body { margin: 0 } img { max-width: 100%; height: auto } tr { padding: .5em }";
      await tab.setContent(`<style>${style}</style>${playersPage([table])}`);
      for (const [about, image, audio] of await tab.evaluate(PLACES)) {
        // Beside the bar of the right item.
        assert.ok(about.left > 4 && about.left < 8, `${about.left}`);
        assert.deepEqual([image.width, audio.width], [420, 195]);
        assert.ok(about.right <= image.left && image.right <= audio.left);
        assert.ok(audio.top > image.top && audio.bottom < image.bottom);
      }
      const [first, second] = await tab.evaluate(PLACES);
      assert.deepEqual([first[1].left, first[2].left], [second[1].left, second[2].left]);
      for (const width of [500, 240]) {
        await tab.setViewportSize({ width, height: 900 });
        for (const [about, image, audio] of await tab.evaluate(PLACES)) {
          assert.ok(image.width > Math.min(400, 0.8 * width), `a picture of ${image.width} px`);
          for (const { left, right } of [about, image, audio]) {
            assert.ok(left > 4 && right <= width, `from ${left} to ${right} of ${width} px`);
          }
          assert.ok(about.bottom <= image.top && image.bottom <= audio.top);
        }
        const pictures = Deno.env.get("QVIM_PICTURES");
        if (pictures) await tab.screenshot({ path: join(pictures, `listen_${width}.png`) });
      }
    } finally {
      await context.close();
    }
  },
);

const python = findPython("nbconvert");
const lacks = [
  ...CHROMIUM === undefined ? ["Chromium"] : [],
  ...python === undefined ? ["nbconvert"] : [],
];

Deno.test({
  name: `explore.ipynb plays as nbconvert's page, from the disk and without a network${
    lacks.length > 0 ? ` (needs ${lacks.join(", ")})` : ""
  }`,
  ignore: lacks.length > 0,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withFolder(async (folder) => {
      const notebook = await explored();
      const path = join(folder, "explore.ipynb");
      writeNotebook(path, notebook);
      const { success, stderr } = await new Deno.Command(python!, {
        args: ["-m", "nbconvert", "--to", "html", path],
        stderr: "piped",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const context = await openBrowser({ offline: true });
      try {
        const tab = await context.newPage();
        await tab.goto(`file://${join(folder, "explore.html")}`, { waitUntil: "domcontentloaded" });
        const audio = 'document.querySelectorAll(".qvim-listen audio")';
        await waitUntil(tab, 'document.querySelectorAll("[data-ready]").length === 4');
        await tab.locator(".qvim-listen audio").first().focus();
        await tab.keyboard.press("Space");
        await waitUntil(tab, `${audio}[0].currentTime > 0.03`);
        await tab.keyboard.press("ArrowDown");
        await waitUntil(tab, `${audio}[1].currentTime > 0.03`);
        assert.equal(await tab.evaluate(`${audio}[0].paused`), true);
        assert.ok(
          await tab.evaluate(
            '[...document.querySelectorAll(".qvim-listen img")].every((it) => it.naturalWidth > 100)',
          ),
        );
        assert.deepEqual(await seriousFaults(tab, ".qvim-listen"), []);
      } finally {
        await context.close();
      }
    }),
});
