import assert from "node:assert/strict";
import { NotebookError } from "../../lib/notebook/ipynb.ts";
import { replacePaths } from "../../lib/organizer/paths_cell.ts";
import { TODO_LINES } from "../../lib/organizer/template.ts";
import { codeNotebook } from "../notebook/support.ts";

const replaced = (source: string, paths: { ROOT_PATH?: string; DATA_PATH?: string }) =>
  replacePaths(codeNotebook("1", `${TODO_LINES.paths}\n${source}`), paths).cells[1].source
    .slice(TODO_LINES.paths.length + 1);

Deno.test("replacePaths() changes the two values and nothing else", () => {
  const source = `// const DATA_PATH = "comment";
const ROOT_PATH: string = ".", OTHER = "DATA_PATH";
let DATA_PATH = existsSync("a")
  ? join(ROOT_PATH, "b") // why
  : \`\${ROOT_PATH}/c\`;
console.log(DATA_PATH);`;
  assert.equal(
    replaced(source, { ROOT_PATH: '/r"oot', DATA_PATH: "/d" }),
    `// const DATA_PATH = "comment";
const ROOT_PATH: string = "/r\\"oot", OTHER = "DATA_PATH";
let DATA_PATH = "/d";
console.log(DATA_PATH);`,
  );
  assert.equal(replaced(source, { DATA_PATH: "/d" }).includes('string = "."'), true);
  assert.equal(replaced(source, {}), source);
});

Deno.test("replacePaths() leaves the given notebook as it is", () => {
  const notebook = codeNotebook(`${TODO_LINES.paths}\nconst DATA_PATH = 1;`);
  const before = structuredClone(notebook);
  assert.notDeepEqual(replacePaths(notebook, { DATA_PATH: "/d" }), before);
  assert.deepEqual(notebook, before);
});

for (
  const [what, source, message] of [
    [
      "the path is not declared",
      "const ROOT_PATH = 1;",
      /cell 2, to declare DATA_PATH with a value/,
    ],
    ["it has no value", "let DATA_PATH;", /cell 2, to declare DATA_PATH with a value/],
    ["it is declared further in", "{ const DATA_PATH = 1; }", /to declare DATA_PATH/],
    ["the cell is no TypeScript", "const = ;", /TypeScript in the paths cell, cell 2/],
  ] as const
) {
  Deno.test(`replacePaths() throws NotebookError where ${what}`, () => {
    assert.throws(() => replaced(source, { DATA_PATH: "/d" }), (error: Error) => {
      assert.ok(error instanceof NotebookError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("replacePaths() throws NotebookError where there is no paths cell", () => {
  assert.throws(() => replacePaths(codeNotebook("1"), { DATA_PATH: "/d" }), /Expected a cell that/);
});
