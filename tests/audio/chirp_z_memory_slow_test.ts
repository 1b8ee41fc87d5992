/** Looks at a module's memory, which never shrinks. */
import assert from "node:assert/strict";
import { ChirpZ } from "../../lib/audio/chirp_z.ts";
import { pffft } from "../../lib/audio/pffft.ts";

/** What a plan of `n` inputs and outputs holds of the memory at least: its kernel, in bytes. */
const leastOf = (n: number) => 2 * n * 8;

Deno.test("ChirpZ gives its memory back, and what is too large is refused without harm", () => {
  // No two of a size, and none that fits where a smaller one was.
  const sizes = Array.from({ length: 8 }, (_, k) => 800_000 + 10_130 * k);
  const use = (n: number) => new ChirpZ({ inputs: n, outputs: n, modulus: 2 * n, sign: -1 }).free();
  for (const n of sizes.slice(0, 2)) use(n);
  const before = pffft.HEAPF32.byteLength;
  for (const n of sizes.slice(2)) use(n);
  for (let k = 0; k < 20; k++) {
    assert.throws(
      () => new ChirpZ({ inputs: 2 ** 23, outputs: 2 ** 23, modulus: 2 ** 24, sign: -1 }),
      RangeError,
    );
  }
  const grown = pffft.HEAPF32.byteLength - before;
  assert.ok(grown < 2 * leastOf(sizes[0]), `by ${grown} bytes`);
  const plan = new ChirpZ({ inputs: 1, outputs: 1, modulus: 2, sign: -1 });
  plan.load(Float32Array.of(3, 4));
  const [re, im] = plan.values();
  assert.ok(Math.abs(re - 3) < 1e-5 && Math.abs(im - 4) < 1e-5);
  plan.free();
  plan.free();
});
