import assert from "node:assert/strict";
import { join } from "node:path";
import { prepareFile, prepareFolder } from "../../lib/io/output_place.ts";
import { cli, withFolder, writeFiles } from "../support.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("prepareFile() makes the folder, leaves nothing else and keeps the file that is there", () =>
  withFolder((folder) => {
    prepareFile(join(folder, "a", "b", "x.npy"));
    assert.deepEqual(names(join(folder, "a", "b")), []);
    writeFiles(folder, { "a/x.npy": "kept" });
    prepareFile(join(folder, "a", "x.npy"));
    assert.equal(Deno.readTextFileSync(join(folder, "a", "x.npy")), "kept");
  }));

Deno.test("prepareFile() and prepareFolder() name what lies where they want to write", () =>
  withFolder((folder) => {
    writeFiles(folder, { file: "" });
    const file = join(folder, "file");
    const thrown = (message: RegExp) => ({ name: "PlaceError", message });
    assert.throws(() => prepareFile(folder), thrown(/name of a file to write but found a folder/));
    assert.throws(
      () => prepareFolder(file),
      thrown(/folder to write into but found a file at .*file$/),
    );
    assert.throws(() => prepareFile(join(file, "x")), thrown(/found a file at .*file$/));
    assert.deepEqual(names(folder), ["file"]);
  }));

Deno.test("commands look at the place for what they make before they work", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { file: "" });
    const file = join(folder, "file"), data = "data/qvim-mini";
    const checkpoint = ["--checkpoint", "nothing.ckpt", "--encoder", "item"];
    for (
      const [args, expected] of [
        [
          ["compare", "--data", data, "--out", file],
          `a folder to write into but found a file at ${file}`,
        ],
        [
          ["rerun", "submission.ipynb", "--data", data, "--report", file, "--no-sandbox"],
          `a folder to write into but found a file at ${file}`,
        ],
        [["embed", "x.wav", ...checkpoint, "--npy", folder], `found a folder at ${folder}`],
        [["run", "submission.ipynb", "--out", folder], `found a folder at ${folder}`],
      ] as const
    ) {
      const { code, stdout, stderr } = await cli([...args]);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, /^PlaceError: /);
      assert.ok(stderr.trimEnd().endsWith(expected), stderr);
    }
  }));
