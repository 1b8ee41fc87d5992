import assert from "node:assert/strict";
import { cosine, normalize } from "../../lib/embedding/cosine.ts";

Deno.test("cosine() knows equal, opposite, square and empty directions", () => {
  const v = (...values: number[]) => Float32Array.from(values);
  assert.ok(Math.abs(cosine(v(1, 2), v(2, 4)) - 1) < 1e-12);
  assert.ok(Math.abs(cosine(v(1, 2), v(-2, -4)) + 1) < 1e-12);
  assert.equal(cosine(v(1, 0), v(0, 5)), 0);
  assert.equal(cosine(v(0, 0), v(1, 1)), 0);
  assert.throws(() => cosine(v(1), v(1, 2)), /one length but found 1 and 2/);
  assert.deepEqual([...normalize(v(3, 4))], [...v(0.6, 0.8)]);
});
