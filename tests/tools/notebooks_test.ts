import assert from "node:assert/strict";
import { join } from "node:path";
import { formatNotebook, NotebookError } from "../../lib/notebook/ipynb.ts";
import { composeNotebook, readTemplate, type TodoCells } from "../../lib/organizer/template.ts";
import { composeAll } from "../../tools/notebooks/write.ts";
import { PROJECT } from "../support.ts";

Deno.test("the committed notebooks are what `deno task notebooks` writes", () => {
  const notebooks = Object.entries(composeAll());
  assert.equal(notebooks.length, 4);
  for (const [path, notebook] of notebooks) {
    assert.equal(formatNotebook(notebook), Deno.readTextFileSync(join(PROJECT, path)), path);
  }
});

Deno.test("composeNotebook() puts code below the first line of its cell and leaves the rest", () => {
  const template = readTemplate(), before = structuredClone(template);
  const notebook = composeNotebook(template, { setup: "const a = 1;" });
  assert.deepEqual(template, before);
  notebook.cells.forEach((cell, i) => {
    const expected = cell.id === "setup"
      ? "// TODO: SETUP YOUR PROJECT HERE.\n\nconst a = 1;"
      : template.cells[i].source;
    assert.equal(cell.source, expected);
  });
  assert.throws(
    () => composeNotebook({ ...template, cells: [] }, { setup: "" } satisfies TodoCells),
    NotebookError,
  );
});
