/** Fills a module's memory again and again. */
import assert from "node:assert/strict";
import { ChirpZ } from "../../lib/audio/chirp_z.ts";

Deno.test("ChirpZ gives its memory back, and what is too large is refused without harm", () => {
  for (let k = 0; k < 90; k++) {
    // Some 40 MB each: together more than a module's memory.
    const n = 400_000 + 1013 * k;
    new ChirpZ({ inputs: n, outputs: n, modulus: 2 * n, sign: -1 }).free();
  }
  for (let k = 0; k < 20; k++) {
    assert.throws(
      () => new ChirpZ({ inputs: 2 ** 23, outputs: 2 ** 23, modulus: 2 ** 24, sign: -1 }),
      RangeError,
    );
  }
  const plan = new ChirpZ({ inputs: 1, outputs: 1, modulus: 2, sign: -1 });
  plan.load(Float32Array.of(3, 4));
  const [re, im] = plan.values();
  assert.ok(Math.abs(re - 3) < 1e-5 && Math.abs(im - 4) < 1e-5);
  plan.free();
  plan.free();
});
