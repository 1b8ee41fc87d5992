/** The notebooks as a person sees them: in a real JupyterLab, light and dark, with a microphone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Cell, type Notebook, writeNotebook } from "../../lib/notebook/ipynb.ts";
import { type Page, seriousFaults, waitUntil } from "../browser.ts";
import { cellsInLab, type Lab, LAB_NEEDS, runAllInLab, withLab } from "../jupyter_lab.ts";
import { codeNotebook } from "../notebook/support.ts";
import { PROJECT } from "../support.ts";
import { exploreNotebook } from "./explore.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const CELLS = 12, LINES = 10_000;

const errorsOf = (cells: Cell[]) =>
  cells.flatMap(({ outputs }) => outputs ?? []).filter(({ output_type }) =>
    output_type === "error"
  );

async function picture(page: Page, selector: string, name: string): Promise<void> {
  const folder = Deno.env.get("QVIM_PICTURES");
  if (!folder) return;
  await page.locator(selector).first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, `lab_${name}.png`) });
}

/** What the notebook shows, to be looked at. */
const PARTS = {
  ranks: ".jp-RenderedSVG",
  listen: ".qvim-listen",
  confusion: "img[alt^='Classes found first']",
  scores: "img[alt^='Scores of']",
  map: ".qvim-map",
  last: ".qvim-listen >> nth=2",
  spectrogram: ".jp-OutputArea-output > img[alt^='Spectrogram'] >> nth=-1",
};

/** Which players play, by their place in the page. */
const PLAYING = `[...document.querySelectorAll("audio")].flatMap((it, i) => it.paused ? [] : [i])`;

/** @returns The notebook with what its cells have come to. */
async function explores({ open }: Lab): Promise<Notebook> {
  const page = await open("explore.ipynb");
  await runAllInLab(page);
  const cells = await cellsInLab(page);
  assert.deepEqual(errorsOf(cells), []);
  await waitUntil(page, 'document.querySelectorAll(".qvim-listen").length === 3');
  // None ends by itself, however long nobody looks.
  await page.evaluate('document.querySelectorAll("audio").forEach((it) => it.loop = true)');
  const times = (i: number) => `document.querySelectorAll("audio")[${i}].currentTime`;
  for (const theme of ["Light", "Dark"]) {
    await page.evaluate(
      `jupyterapp.commands.execute("apputils:change-theme", { theme: "JupyterLab ${theme}" })`,
    );
    await waitUntil(page, `document.body.dataset.jpThemeLight === "${theme === "Light"}"`);
    assert.deepEqual(await seriousFaults(page, ".qvim-listen, .qvim-map"), []);
    // Lab says that it is dark to the page alone, and has stripes for tables.
    const look =
      `(({ colorScheme }, { backgroundColor }) => [colorScheme === "dark", backgroundColor])(
      getComputedStyle(document.querySelector(".qvim-sounds audio")),
      getComputedStyle(document.querySelector(".qvim-sounds tr:nth-child(even)")))`;
    assert.deepEqual(await page.evaluate(look), [theme === "Dark", "rgba(0, 0, 0, 0)"]);
    for (const [name, selector] of Object.entries(PARTS)) {
      await picture(page, selector, `${name}_${theme.toLowerCase()}`);
    }
    // Lab has keys of its own for these: they would go from cell to cell.
    await page.locator("audio").first().focus();
    const cell = await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex");
    await page.keyboard.press("Space");
    await waitUntil(page, `${times(0)} > 0.03`);
    // The next one at once, and what the first one still has to say about it counts no more.
    await page.keyboard.press("Space");
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowDown");
    await waitUntil(page, `${times(1)} > 0.03`);
    assert.deepEqual((await page.evaluate(PLAYING)).filter((i: number) => i !== 1), []);
    await page.keyboard.press("ArrowUp");
    await waitUntil(page, `document.activeElement === document.querySelectorAll("audio")[0]`);
    assert.equal(
      await page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex"),
      cell,
    );
    // A click in the picture plays from there, and a line goes with it.
    await page.locator(".qvim-picture").nth(1).click({ position: { x: 44, y: 50 } });
    await waitUntil(page, `${times(1)} > 0.03`);
    await waitUntil(page, 'document.querySelectorAll(".qvim-picture.on i").length >= 1');
    assert.ok((await page.evaluate(PLAYING)).every((i: number) => i === 1));
    await page.locator(".qvim-picture").nth(0).click({ position: { x: 230, y: 50 } });
    await waitUntil(page, `${times(0)} > 0.4`);
    // The map plays what the mouse is on, and what the keyboard goes to.
    const plays = (name: string) =>
      waitUntil(
        page,
        `((map) => map.querySelector("audio").currentTime > 0.03 &&
            map.querySelector("audio").src === map.querySelector(".on")?.dataset.src &&
            map.querySelector(".qvim-here").textContent === ${name})
            (document.querySelector(".qvim-map"))`,
      );
    await page.locator(".qvim-map [data-sound='3']").hover();
    await plays(`map.querySelector("[data-sound='3']").getAttribute("aria-label")`);
    assert.ok((await page.evaluate(PLAYING)).length <= 1);
    await page.mouse.move(0, 0);
    await page.locator(".qvim-map [tabindex='0'][data-sound]").focus();
    await page.keyboard.press("ArrowRight");
    await plays(`document.activeElement.getAttribute("aria-label")`);
    await page.locator(".qvim-classes span").first().hover();
    await waitUntil(page, 'document.querySelectorAll(".qvim-map .some .of").length > 3');
  }
  assert.ok(
    await page.evaluate(
      '[...document.querySelectorAll(".qvim-listen img")].every((it) => it.naturalWidth > 100)',
    ),
  );
  return { ...exploreNotebook("scores"), cells };
}

/** Prints more than the server lets through at once. */
const PRINTS = codeNotebook(
  'import { printUnderCells } from "qvim";\nprintUnderCells();',
  ...Array.from(
    { length: CELLS },
    (_, i) => `for (let line = 0; line < ${LINES}; line++) console.log("cell ${i} line", line);`,
  ),
);

async function prints({ open }: Lab): Promise<void> {
  const page = await open("prints.ipynb");
  await runAllInLab(page);
  const [, ...cells] = await cellsInLab(page);
  assert.equal(cells.length, CELLS);
  cells.forEach(({ outputs }, i) => {
    const text = outputs!.map((output) => "text" in output ? [output.text].flat().join("") : "")
      .join("");
    const expected = Array.from({ length: LINES }, (_, line) => `cell ${i} line ${line}\n`);
    assert.equal(text.length, expected.join("").length, `cell ${i}`);
    assert.ok(text === expected.join(""), `cell ${i}: lines in another order`);
  });
}

const RECORD = codeNotebook(
  'import { listen, listItems, record, toPaths, TwoDft } from "qvim";',
  "const take = await record();\nconsole.log(take.samples.length > take.sampleRate / 2);",
  `await listen(take, { model: new TwoDft(), items: toPaths(listItems(${
    JSON.stringify(DATA)
  })) });`,
);

async function records({ open }: Lab): Promise<void> {
  const page = await open("record.ipynb");
  const run = runAllInLab(page);
  // Where something else fails first, that counts.
  run.catch(() => {});
  await page.getByRole("button", { name: "● Record" }).click();
  await waitUntil(page, 'document.querySelector(".qvim-record meter").value > 0.05');
  await waitUntil(page, 'parseFloat(document.querySelector(".qvim-time").textContent) > 1.5');
  await picture(page, ".qvim-record", "record");
  await page.getByRole("button", { name: "■ Stop" }).click();
  await run;
  const cells = await cellsInLab(page);
  assert.deepEqual(errorsOf(cells), []);
  const [, recorded] = cells.map(({ outputs }) => outputs!.at(-1));
  assert.ok(recorded && "text" in recorded && [recorded.text].flat().join("") === "true\n");
  assert.equal(await page.locator(".qvim-listen audio").count(), 4);
  await picture(page, ".qvim-listen", "recorded");
}

/** @param executed What somebody else's kernel made. */
async function isNotTrusted({ open, folder }: Lab, executed: Notebook): Promise<void> {
  writeNotebook(join(folder, "strange.ipynb"), executed);
  const page = await open("strange.ipynb");
  const table = page.locator(".jp-OutputArea-output table").filter({ hasText: "imitation" });
  await table.first().waitFor({ state: "attached" });
  assert.match(await table.first().innerText(), /imitation\s.*\.wav[\s\S]*rank 1, score 0\.\d+/);
  assert.equal(await page.locator(".jp-Notebook script").count(), 0);
  // No words of drawings are left where the drawings are not, and what is an image still is one.
  const words = await page.locator(".jp-OutputArea").allInnerTexts();
  assert.deepEqual(words.filter((text: string) => /time \/ s|item \S+, /.test(text)), []);
  assert.ok(await page.locator("img[alt^='Spectrogram of']").count() >= 12);
  // The map is a picture where its drawing is not.
  await page.locator("img[alt^='Map of the sounds']").scrollIntoViewIfNeeded();
  assert.ok(await page.locator("img[alt^='Map of the sounds']").isVisible());
  assert.equal(await page.locator(".jp-Notebook svg circle").count(), 0);
  await picture(page, ".jp-OutputArea-output table >> nth=2", "strange");
  await picture(page, "img[alt^='Map of the sounds']", "strange_map");
}

const VOICES = join(DATA, "Queries", "siren");
const [VOICE] = [...Deno.readDirSync(VOICES)].map(({ name }) => name).sort();

Deno.test({
  name: "the notebooks in JupyterLab" + LAB_NEEDS,
  ignore: LAB_NEEDS !== "",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const notebooks = {
      "explore.ipynb": exploreNotebook("scores"),
      "prints.ipynb": PRINTS,
      "record.ipynb": RECORD,
    };
    await withLab(notebooks, async (lab) => {
      let executed: Notebook;
      await t.step("explore.ipynb plays and shows, light and dark", async () => {
        executed = await explores(lab);
      });
      await t.step("prints stand under their own cells, every line", () => prints(lab));
      await t.step("record() hands what the microphone hears to the kernel", () => records(lab));
      await t.step(
        "a notebook from elsewhere shows plain tables, as it is not trusted",
        () => isNotTrusted(lab, executed),
      );
    }, [
      ...["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
      `--use-file-for-fake-audio-capture=${join(VOICES, VOICE)}`,
    ]);
  },
});
