import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { listItems, listQueries } from "../../lib/challenge/dataset.ts";
import { makeDataset } from "../../tools/qvim_mini/make.ts";
import { PROJECT } from "../support.ts";

Deno.test("makeDataset() makes the committed data set again, byte for byte", () => {
  const folder = join(PROJECT, "data", "qvim-mini");
  const files = makeDataset();
  for (const { path, bytes } of files) {
    assert.deepEqual(bytes, Deno.readFileSync(join(folder, path)), path);
  }
  const made = files.map(({ path }) => path).filter((path) => path.endsWith(".wav")).sort();
  const there = [...listItems(folder), ...listQueries(folder)].map(({ path }) =>
    relative(folder, path)
  );
  assert.deepEqual(there.sort(), made);
  assert.ok(files.reduce((sum, { bytes }) => sum + bytes.length, 0) < 5e6);
});
