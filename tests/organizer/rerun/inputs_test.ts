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

Deno.test("readData() takes a set without answers, for listening tests", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "Items/dog/a.wav": "", "Queries/dog/b.wav": "" });
    const { path, groundTruth, digest } = await readData(folder);
    assert.deepEqual([path, groundTruth], [folder, undefined]);
    assert.match(digest, /^[0-9a-f]{64}$/);
  }));
