import assert from "node:assert/strict";
import { codeNotebookText } from "../notebook/support.ts";
import { cli, withFolder, writeFiles } from "../support.ts";

for (
  const [what, args, status, message] of [
    ["no notebook", ["run"], 2, /Expected one notebook but found 0\nUsage: deno task run NOTEBOOK/],
    ["a notebook that is not there", ["run", "none.ipynb"], 1, /found no file at none\.ipynb/],
    ["an unknown option", ["run", "n.ipynb", "--dta", "x"], 2, /--dta/],
    [
      "a time that is none",
      ["run", "n.ipynb", "--timeout", "soon"],
      2,
      /--timeout to be a number of seconds/,
    ],
    [
      "a notebook of nbformat 3",
      ["run", "old.ipynb"],
      1,
      /NotebookError: .*old\.ipynb but found nbformat 3/,
    ],
    [
      "its own file as the result",
      ["run", "n.ipynb", "--out", "n.ipynb"],
      2,
      /another file than the notebook/,
    ],
    [
      "a notebook without paths",
      ["run", "n.ipynb", "--data", "x"],
      1,
      /Expected a cell that begins with/,
    ],
    ["an unknown command", ["dance"], 2, /Expected a command but found dance/],
    ["no scores", ["evaluate", "--data", "x"], 2, /Expected --scores FILE/],
    [
      "no data set",
      ["evaluate", "--data", "x", "--scores", "y"],
      1,
      /Expected the ground truth but found no file/,
    ],
  ] as [string, string[], number, RegExp][]
) {
  Deno.test(`${args[0]}: ${what} is an error with a status of its own`, () =>
    withFolder(async (folder) => {
      writeFiles(folder, { "n.ipynb": codeNotebookText("1"), "old.ipynb": '{"nbformat": 3}' });
      const { code, stdout, stderr } = await cli(args, { cwd: folder });
      assert.equal(code, status, stderr);
      assert.match(stderr, message);
      assert.equal(stdout, "");
    }));
}
