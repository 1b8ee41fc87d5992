import assert from "node:assert/strict";
import { join } from "node:path";
import { type Output, readNotebook } from "../../lib/notebook/ipynb.ts";
import { cli, findPython, PROJECT, withFolder, writeFiles } from "../support.ts";

/** What is printed last. */
const LAST = "all is printed";

/** Runs a notebook as Jupyter does; the Deno kernel of this very Deno, from a folder of its own. */
const NBCLIENT = `
import sys, nbformat
from nbclient import NotebookClient
source, target, folder = sys.argv[1:]
notebook = nbformat.read(source, 4)
resources = {"metadata": {"path": folder}}
client = NotebookClient(notebook, kernel_name="deno-under-test", timeout=600, resources=resources)
def run(code):
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
with client.setup_kernel():
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    # What a cell prints may come after it has ended.
    run('console.log("${LAST}")')
    for _ in range(600):
        if any("${LAST}" in str(cell.get("outputs")) for cell in notebook.cells):
            break
        run("await new Promise((resolve) => setTimeout(resolve, 100));")
nbformat.write(notebook, target)
`;

const python = findPython("nbclient, nbformat, jupyter_client");
const ignore = python === undefined;

/**
 * What was printed, and what was shown. The Deno kernel forwards printed text through a queue of its
 * own, and Jupyter does not wait for it, so it may turn up in a later cell: the text of the whole
 * notebook counts. Progress tells times, which differ.
 */
function summary(path: string) {
  const outputs: Output[] = readNotebook(path).cells.flatMap(({ outputs }) => outputs ?? []);
  const text = outputs.map((output) => output.output_type === "stream" ? output.text : "").join("");
  const shown = outputs.flatMap((output) => "data" in output ? [output.data] : [])
    .filter((data) => !String(data["text/plain"]).startsWith("Embedding"));
  return { text, shown, errors: outputs.filter(({ output_type }) => output_type === "error") };
}

Deno.test({
  name: `submission.ipynb gives the same outputs in Jupyter${ignore ? " (needs nbclient)" : ""}`,
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const source = join(PROJECT, "submission.ipynb");
      const ours = join(folder, "ours.ipynb"), theirs = join(folder, "theirs.ipynb");
      const { code, stderr } = await cli(["run", "--no-types", source, "--out", ours]);
      assert.equal(code, 0, stderr);
      const kernel = {
        argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
        display_name: "Deno",
        language: "typescript",
      };
      writeFiles(folder, { "kernels/deno-under-test/kernel.json": JSON.stringify(kernel) });
      const expected = summary(ours);
      const jupyter = await new Deno.Command(python!, {
        args: ["-c", NBCLIENT, source, theirs, PROJECT],
        env: { NO_COLOR: "1", JUPYTER_PATH: folder },
        stdout: "null",
        stderr: "piped",
      }).output();
      assert.ok(jupyter.success, new TextDecoder().decode(jupyter.stderr));
      const { text, ...shown } = summary(theirs);
      assert.deepEqual({ text: text.slice(0, text.indexOf(`${LAST}\n`)), ...shown }, expected);
      assert.match(expected.text, /MRR {7}: 0\./);
      assert.equal(expected.shown.length, 2);
      assert.deepEqual(expected.errors, []);
    }),
});
