import assert from "node:assert/strict";
import { join } from "node:path";
import { hashFile } from "../../../lib/io/hash.ts";
import { PROJECT } from "../../support.ts";

Deno.test("the weights' licence names the files that are there, by their hashes", async () => {
  const folder = join(PROJECT, "lib", "models", "vocal_search");
  const text = Deno.readTextFileSync(join(folder, "LICENSE.md"));
  const named = [...text.matchAll(/^\| `(\S+\.onnx)` +\| `([0-9a-f]{64})` +\|$/gm)]
    .map(([, file, hash]) => [file, hash]);
  const there = await Promise.all(
    [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".onnx"))
      .sort().map(async (name) => [name, await hashFile(join(folder, name))]),
  );
  assert.deepEqual(named, there);
});
