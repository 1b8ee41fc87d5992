import assert from "node:assert/strict";
import { join } from "node:path";
import { makeDataset } from "../../tools/qvim_mini/make.ts";
import { PROJECT } from "../support.ts";

Deno.test("makeDataset() makes the committed data set again, byte for byte", () => {
  const folder = join(PROJECT, "data", "qvim-mini");
  const files = makeDataset();
  for (const { path, bytes } of files) {
    assert.deepEqual(bytes, Deno.readFileSync(join(folder, path)), path);
  }
  assert.ok(files.reduce((sum, { bytes }) => sum + bytes.length, 0) < 5e6);
});
