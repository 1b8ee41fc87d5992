import assert from "node:assert/strict";
import { basename, join } from "node:path";
import {
  formatNotebook,
  NotebookError,
  parseNotebook,
  readNotebook,
} from "../../lib/notebook/ipynb.ts";
import { PROJECT, withFolder } from "../support.ts";
import { codeNotebook } from "./support.ts";

const NOTEBOOKS = [
  "submission.ipynb",
  "notebooks/template.ipynb",
  "notebooks/baseline_2dft.ipynb",
  "notebooks/baseline_mn.ipynb",
];
const MARKER = "// DO NOT MODIFY THIS BLOCK.\n";

const read = (path: string) => readNotebook(join(PROJECT, path));

Deno.test("the notebooks have the template's cells in its order", () => {
  const types = "m c c m c m c m c c m c m c m c m c c c m c c".split(" ");
  const todos = ["DEFINE YOUR PATHS", "SETUP YOUR PROJECT", "ADD YOUR IMPLEMENTATION"]
    .concat("INSTANTIATE YOUR MODEL");
  for (const path of NOTEBOOKS) {
    const { cells } = read(path);
    assert.deepEqual(cells.map(({ cell_type }) => cell_type[0]), types, path);
    const firstLines = cells.filter(({ cell_type }) => cell_type === "code")
      .map(({ source }) => source.split("\n")[0]);
    const fixed = firstLines.filter((line) => `${line}\n` === MARKER);
    const open = firstLines.filter((line) => line.startsWith("// TODO: "));
    assert.deepEqual(open, todos.map((todo) => `// TODO: ${todo} HERE.`), path);
    assert.equal(fixed.length + open.length, firstLines.length, path);
  }
});

Deno.test("the fixed cells are the same to the byte in all notebooks", () => {
  const fixed = (path: string) =>
    read(path).cells.map(({ id, cell_type, source }) =>
      cell_type === "markdown" || source.startsWith(MARKER) ? [id, source] : [id]
    );
  for (const path of NOTEBOOKS) {
    assert.deepEqual(fixed(path), fixed("notebooks/template.ipynb"), path);
  }
});

Deno.test("the notebooks are committed without outputs, with ids, for the Deno kernel", () => {
  for (const path of NOTEBOOKS) {
    const { cells, metadata, nbformat, nbformat_minor } = read(path);
    assert.deepEqual([nbformat, nbformat_minor], [4, 5]);
    assert.deepEqual(metadata.kernelspec, {
      display_name: "Deno",
      language: "typescript",
      name: "deno",
    });
    assert.equal(new Set(cells.map(({ id }) => id)).size, cells.length);
    for (const cell of cells.filter(({ cell_type }) => cell_type === "code")) {
      assert.deepEqual([cell.outputs, cell.execution_count], [[], null], `${path}: ${cell.id}`);
    }
  }
});

Deno.test("the notebooks are formatted as deno fmt formats them", () =>
  // deno fmt --check calls every notebook unformatted that it has not itself seen before, also one
  // that it would not change; so deno.json leaves notebooks out, and they are held to it here.
  withFolder((folder) => {
    for (const path of NOTEBOOKS) {
      const copy = join(folder, basename(path));
      Deno.copyFileSync(join(PROJECT, path), copy);
      const { lineWidth } = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json"))).fmt;
      const { success } = new Deno.Command(Deno.execPath(), {
        args: ["fmt", "--quiet", "--line-width", String(lineWidth), copy],
      }).outputSync();
      assert.ok(success);
      assert.equal(Deno.readTextFileSync(copy), Deno.readTextFileSync(join(PROJECT, path)), path);
    }
  }));

Deno.test("formatNotebook() and parseNotebook() are inverse", () => {
  const notebook = codeNotebook("const a = 1;\n\na;\n", "");
  notebook.cells[0].outputs = [
    { output_type: "stream", name: "stdout", text: "one\ntwo" },
    { output_type: "error", ename: "Error", evalue: "x", traceback: ["Error: x", "  at y"] },
  ];
  const text = formatNotebook(notebook);
  assert.deepEqual(JSON.parse(text).cells[0].source, ["const a = 1;\n", "\n", "a;\n"]);
  assert.deepEqual(JSON.parse(text).cells[0].outputs[0].text, ["one\n", "two"]);
  const parsed = parseNotebook(text, "x");
  assert.equal(parsed.cells[0].source, notebook.cells[0].source);
  assert.equal(formatNotebook(parsed), text);
});

const OTHER = (change: Record<string, unknown>) =>
  JSON.stringify({ ...JSON.parse(formatNotebook(codeNotebook("1"))), ...change });

for (
  const [what, text, message] of [
    ["text that is no JSON", "hello", /x\.ipynb but found no JSON/],
    ["a byte order mark", `\ufeff${OTHER({})}`, /x\.ipynb but found a byte order mark/],
    ["nbformat 3", OTHER({ nbformat: 3, worksheets: [] }), /but found nbformat 3/],
    ["no nbformat", "{}", /but found nbformat undefined/],
    [
      "another language",
      OTHER({ metadata: { kernelspec: { name: "python3", language: "python" } } }),
      /but found the language "python"/,
    ],
    ["no language", OTHER({ metadata: {} }), /but found the language undefined/],
    ["no cells", OTHER({ cells: 3 }), /but found no list of cells/],
    ["a cell of another type", OTHER({ cells: [{ cell_type: "x" }] }), /cell type "x" in cell 1/],
    [
      "millions of empty objects",
      OTHER({ cells: 3 }).replace('"cells":3', () => `"cells":[${"{},".repeat(4_000_000)}{}]`),
      /but found more than 4000000 objects and lists/,
    ],
    ["a cell without source", OTHER({ cells: [{ cell_type: "code" }] }), /no source in cell 1/],
  ] as [string, string, RegExp][]
) {
  Deno.test(`parseNotebook() throws NotebookError on ${what}`, () => {
    assert.throws(() => parseNotebook(text, "x.ipynb"), (error: Error) => {
      assert.ok(error instanceof NotebookError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("readNotebook() names what is not there", () =>
  withFolder((folder) => {
    assert.throws(() => readNotebook(join(folder, "a.ipynb")), /found no file at .*a\.ipynb/);
    assert.throws(() => readNotebook(folder), /found a folder at/);
  }));
