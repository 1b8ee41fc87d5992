import assert from "node:assert/strict";
import { join } from "node:path";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { CheckpointError } from "../../lib/pytorch/errors.ts";
import { FIXTURES } from "../support.ts";
import { openBytes, SMALL, storedZip, unzip } from "./zips.ts";

/** Changes a pickle at random places: bytes, runs of bytes, its length. */
function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const out = random() < 0.2 ? bytes.slice(0, Math.floor(random() * bytes.length)) : bytes.slice();
  const changes = 1 + Math.floor(random() * 4);
  for (let i = 0; i < changes && out.length > 0; i++) {
    const at = Math.floor(random() * out.length);
    if (random() < 0.7) out[at] = Math.floor(random() * 256);
    else out.copyWithin(at, Math.floor(random() * out.length), Math.floor(random() * out.length));
  }
  return out;
}

async function fuzz(path: URL | string, rounds: number) {
  const random = seededRandom(11);
  const files = await unzip(Deno.readFileSync(path));
  const name = Object.keys(files).find((name) => name.endsWith("data.pkl"))!;
  let results = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = storedZip({ ...files, [name]: mutate(files[name], random) });
    try {
      await openBytes(bytes);
      results++;
    } catch (error) {
      assert.ok(error instanceof CheckpointError, `round ${round}: ${error}`);
    }
  }
  assert.ok(results > 0 && results < rounds, `${results} of ${rounds}`);
}

Deno.test("openCheckpoint() ends in a result or a CheckpointError, however a pickle is changed", () =>
  fuzz(SMALL, 300));

Deno.test("openCheckpoint() ends so for mutations of the reference checkpoint too", () =>
  fuzz(join(FIXTURES, "mobilenet", "baseline.ckpt"), 5));
