import assert from "node:assert/strict";
import { join } from "node:path";
import { Kernel } from "../../lib/notebook/kernel.ts";
import { composeNotebook, readTemplate, type TodoCells } from "../../lib/organizer/template.ts";
import { loudnessModel } from "../fixtures/submissions.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { readGolden } from "../../tools/qvim_mini/references.ts";
import { PROJECT, withFolder } from "../support.ts";

/** What a cell printed and showed, and its error, as Jupyter would show them. */
interface Shown {
  text: string;
  figures: number;
  error?: string;
}

/** Sends all code cells at once: Deno's kernel takes them one after another, whether or not one fails. */
async function runAll(kernel: Kernel, cells: TodoCells): Promise<Map<string, Shown>> {
  const shown = new Map<string, Shown>();
  const code = composeNotebook(readTemplate(), cells).cells.filter(({ cell_type }) =>
    cell_type === "code"
  );
  await Promise.all(code.map((cell) => {
    const seen: Shown = { text: "", figures: 0 };
    shown.set(cell.id!, seen);
    return kernel.execute(cell.source, ({ header, content }) => {
      if (header.msg_type === "stream") seen.text += content.text;
      if (header.msg_type === "display_data" && /svg|MRR/.test(JSON.stringify(content.data))) {
        seen.figures++;
      }
      if (header.msg_type === "error") seen.error = `${content.ename}: ${content.evalue}`;
    });
  }));
  return shown;
}

/** What the model that is `good` reaches. */
const MRR = new RegExp(`MRR {7}: ${pythonRound(readGolden().figures.loudness.mrr)}\n`);

const paths = (root: string) =>
  `const ROOT_PATH = ${JSON.stringify(root)};\nconst DATA_PATH = "./data/qvim-mini";`;
const good = (root: string): TodoCells => ({
  paths: paths(root),
  setup: "const PARTS = 16;",
  implementation: loudnessModel(),
  instance: "const QBVIM_MODEL = new Loudness();",
});

const scoring = (expression: string): TodoCells => ({
  implementation: `class Bad extends QVIMModel {
  computeSimilarities(items: SoundPaths, queries: SoundPaths): Similarities {
    ${expression}
  }
}`,
  instance: "const QBVIM_MODEL = new Bad();",
});
const all = (value: string) =>
  `return Object.fromEntries(Object.keys(queries).map((q) =>
      [q, Object.fromEntries(Object.keys(items).map((i) => [i, ${value}]))]));`;

/** What a run may have wrong, and the cell that must say so, with the step to look at. */
type Wrong = [name: string, cells: (root: string) => TodoCells, cell: string, error: RegExp];
const WRONG: Wrong[] = [
  ["a model that throws", () => scoring('throw new Error("no");'), "predict", /no/],
  ["scores that are NaN", () => scoring(all("NaN")), "save", /finite/],
  ["scores that are nothing", () => scoring("return undefined as any;"), "save", /found undefined/],
  ["scores of too few queries", () => scoring("return {};"), "save", /Expected/],
  ["a model that is none", () => ({ instance: "const QBVIM_MODEL = 3;" }), "predict", /QVIMModel/],
  ["no model", () => ({ instance: "// nothing" }), "predict", /step 4 .* set no model/],
  ["an instance that throws", () => ({ instance: "throw 1;" }), "list-files", /step 4/],
  ["a set-up that throws", () => ({ setup: "throw 1;" }), "list-files", /step 2/],
  ["paths that throw", (root) => ({ paths: `${paths(root)}\nthrow 1;` }), "list-files", /step 1/],
  ["a syntax error in step 1", () => ({ paths: "const ROOT_PATH = ;" }), "list-files", /step 1/],
  ["a syntax error in step 2", () => ({ setup: "const a = ;" }), "list-files", /step 2/],
  ["a syntax error in step 3", () => ({ implementation: "class {" }), "list-files", /step 3/],
  ["a syntax error in step 4", () => ({ instance: "const a = ;" }), "list-files", /step 4/],
];
const FIXED = ["list-files", "predict", "save", "exact-match", "class-wise"];

/** Runs the notebook with what is wrong in it, and looks that nothing shows a figure. */
async function showsNoFigures(kernel: Kernel, root: string, wrong: Wrong, used: boolean) {
  const [name, cells, cell, error] = wrong;
  const shown = await runAll(kernel, { ...good(root), ...cells(root) });
  // In a fresh kernel the paths themselves are missing: the first fixed cell says so.
  const isPathless = !used && name === "a syntax error in step 1";
  const firstFixed = isPathless ? "make-folders" : cell;
  const failing = isPathless ? ["make-folders", ...FIXED] : FIXED.slice(FIXED.indexOf(cell));
  assert.match(shown.get(firstFixed)!.error ?? "", error);
  for (const id of failing) {
    const { error, text, figures } = shown.get(id)!;
    assert.ok(error?.includes("Expected") || id === "predict", `${id}: ${error}`);
    assert.ok(error !== undefined, id);
    assert.doesNotMatch(text, /MRR|NDCG/);
    assert.equal(figures, 0);
  }
  const file = join(root, "output", "similarities.json");
  await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
}

/** Runs the notebook with nothing wrong in it. */
async function showsFigures(kernel: Kernel, root: string): Promise<Map<string, Shown>> {
  const shown = await runAll(kernel, good(root));
  assert.deepEqual([...shown].filter(([, { error }]) => error !== undefined), []);
  assert.match(shown.get("exact-match")!.text, MRR);
  assert.equal(shown.get("exact-match")!.figures, 1);
  assert.equal(shown.get("class-wise")!.figures, 1);
  return shown;
}

async function withKernel(use: (kernel: Kernel, root: string) => Promise<void>): Promise<void> {
  await withFolder(async (root) => {
    const kernel = await Kernel.start({ cwd: PROJECT });
    try {
      await use(kernel, root);
    } finally {
      await kernel.kill();
    }
  });
}

for (const wrong of WRONG) {
  Deno.test(`the notebook shows no figures of ${wrong[0]} in a fresh kernel`, () =>
    withKernel((kernel, root) => showsNoFigures(kernel, root, wrong, false)));
}

Deno.test("the notebook shows no figures of what goes wrong in a used kernel, and runs again in it", (t) =>
  withKernel(async (kernel, root) => {
    for (const wrong of WRONG) {
      await t.step(wrong[0], async () => {
        await showsFigures(kernel, root);
        await showsNoFigures(kernel, root, wrong, true);
      });
    }
    // One after another without a good run between.
    for (const [, cells] of WRONG.slice(0, 6)) {
      await runAll(kernel, { ...good(root), ...cells(root) });
    }
    const shown = await showsFigures(kernel, root);
    assert.match(shown.get("list-files")!.text, /^Data set: .*qvim-mini, the small one/);
    assert.match(shown.get("class-wise")!.text, /Class-wise NDCG: 0\./);
  }));
