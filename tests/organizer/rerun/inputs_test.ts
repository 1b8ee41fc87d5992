import assert from "node:assert/strict";
import { join } from "node:path";
import { readData } from "../../../lib/organizer/rerun/inputs.ts";
import { withFolder, writeFiles } from "../../support.ts";

Deno.test("readData() tells a data set that is not there from one that can't be looked at", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { file: "" });
    for (const name of ["none", "file"]) {
      await assert.rejects(readData(join(folder, name)), {
        name: "DatasetError",
        message: `Expected a data set but found no folder at ${join(folder, name)}`,
      });
    }
    const unknown = "x".repeat(5000);
    await assert.rejects(
      readData(join(folder, unknown)),
      (error) => error instanceof Error && !/found no folder/.test(error.message),
    );
  }));

/** A set of one item and one query, and what its ground truth names. */
const setOf = (item: string, query: string) => ({
  "Items/dog/a.wav": "",
  "Queries/dog/b.wav": "",
  "DEV Dataset.csv":
    `Title,,,,,\nLabel,Class,Items,Query 1,Query 2,Query 3\ndog,dog,${item},${query},,\n`,
});

Deno.test("readData() names sounds that are missing: every submission would be blamed for them", () =>
  withFolder(async (folder) => {
    writeFiles(folder, setOf("a.wav", "b.wav"));
    assert.equal((await readData(folder)).groundTruth?.length, 1);
    writeFiles(folder, setOf("c.wav", "d.wav"));
    await assert.rejects(readData(folder), {
      name: "DatasetError",
      message: `Expected a .wav file of each sound that DEV Dataset.csv names in ${folder} but ` +
        "found none of c.wav, d.wav",
    });
    Deno.removeSync(join(folder, "Items"), { recursive: true });
    await assert.rejects(readData(folder), {
      name: "DatasetError",
      message: `Expected .wav files in ${join(folder, "Items")}, or below it, but found none`,
    });
  }));

Deno.test({
  name: "readData() reads no pipe, which could take for ever",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      writeFiles(folder, setOf("a.wav", "b.wav"));
      const pipe = join(folder, "Items", "dog", "pipe.wav");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      await assert.rejects(readData(folder), {
        name: "BatchError",
        message: `Expected files and folders but found a pipe or a device at ${pipe}`,
      });
    }),
});

Deno.test("readData() takes a set without answers, for listening tests", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "Items/dog/a.wav": "", "Queries/dog/b.wav": "" });
    const { path, groundTruth, digest } = await readData(folder);
    assert.deepEqual([path, groundTruth], [folder, undefined]);
    assert.match(digest, /^[0-9a-f]{64}$/);
  }));
