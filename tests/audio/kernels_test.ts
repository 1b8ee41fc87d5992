import assert from "node:assert/strict";
import { BYTES, Kernels, ROUNDS, WeightedSums } from "../../lib/audio/kernels/kernels.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { buildKernels } from "../../tools/build_kernels.ts";

Deno.test("kernels.wasm is what kernels.wat says", async () => {
  const wasm = Deno.readFileSync(
    new URL("../../lib/audio/kernels/kernels.wasm", import.meta.url),
  );
  assert.deepEqual(await buildKernels(), wasm, "run tools/build_kernels.ts");
});

/** Numbers from −1 to 1. */
function noise(length: number): Float32Array {
  const random = seededRandom(length);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i] - expected[i]);
    assert.ok(error <= tolerance, `${i}: ${found[i]} instead of ${expected[i]}`);
  }
}

Deno.test("weightedSums() sums rows of any length, round by round", () => {
  const kernels = new Kernels();
  const rows = [1, 4, 5, 24, 3].map((length, row) => ({
    start: 3 * row,
    weights: noise(length),
  }));
  const sums = new WeightedSums(kernels, rows);
  const samples = kernels.floats(100), out = kernels.floats(ROUNDS * rows.length);
  samples.view.set(noise(100));
  const advance = 7;
  const expected = (row: number, round: number) =>
    rows[row].weights.reduce(
      (sum, weight, k) => sum + weight * samples.view[rows[row].start + round * advance + k],
      0,
    );
  sums.run(samples.pointer, advance, out.pointer, 1, rows.length);
  assertClose(
    out.view,
    Array.from(
      { length: ROUNDS * rows.length },
      (_, i) => expected(i % rows.length, Math.floor(i / rows.length)),
    ),
    1e-6,
  );
  // The same, row by row.
  sums.run(samples.pointer, advance, out.pointer, ROUNDS, 1);
  assertClose(
    out.view,
    Array.from(
      { length: ROUNDS * rows.length },
      (_, i) => expected(Math.floor(i / ROUNDS), i % ROUNDS),
    ),
    1e-6,
  );
});

Deno.test("emphasize(), multiply() and power() do what their formulas say", () => {
  const { run, ...kernels } = withArrays(64);
  kernels.a.view.set(noise(65));
  kernels.b.view.set(noise(66).subarray(1));
  const a = Array.from(kernels.a.view), b = Array.from(kernels.b.view);
  run.emphasize(kernels.out.pointer, kernels.a.pointer, 64, 0.97);
  assertClose(kernels.out.view, a.slice(0, 64).map((x, i) => a[i + 1] - 0.97 * x), 1e-6);
  run.multiply(kernels.out.pointer, kernels.a.pointer, kernels.b.pointer, 64);
  assertClose(kernels.out.view, a.slice(0, 64).map((x, i) => x * b[i]), 1e-7);
  run.power(kernels.out.pointer, kernels.a.pointer, 32);
  assertClose(
    kernels.out.view.subarray(0, 32),
    Array.from({ length: 32 }, (_, i) => a[2 * i] ** 2 + a[2 * i + 1] ** 2),
    1e-6,
  );
});

function withArrays(length: number) {
  const kernels = new Kernels();
  return {
    run: kernels.run,
    out: kernels.floats(length),
    a: kernels.floats(length + 1),
    b: kernels.floats(length + 1),
  };
}

Deno.test("logarithm() is exact to single precision from 1e-30 to 1e30, and around 1", () => {
  const kernels = new Kernels();
  const far = Float32Array.from({ length: 6000 }, (_, i) => 10 ** (i / 100 - 30));
  const near = Float32Array.from({ length: 4000 }, (_, i) => 0.5 + i / 2000);
  for (const values of [far, near]) {
    const array = kernels.floats(values.length);
    array.view.set(values);
    kernels.run.logarithm(array.pointer, values.length, 0, 0, 1);
    array.view.forEach((found, i) => {
      const expected = Math.log(values[i]);
      const tolerance = 1.5e-7 * Math.max(Math.abs(expected), 0.4);
      assert.ok(Math.abs(found - expected) <= tolerance, `ln ${values[i]}: ${found}`);
    });
  }
});

Deno.test("logarithm() adds before it, shifts and scales behind it", () => {
  const kernels = new Kernels();
  const array = kernels.floats(4);
  array.view.set([0, 1, 2, 1e4]);
  const expected = Array.from(array.view, (x) => (Math.log(x + 1e-5) + 4.5) / 5);
  kernels.run.logarithm(array.pointer, 4, 1e-5, 4.5, 1 / 5);
  assertClose(array.view, expected, 5e-7);
});

Deno.test("Arrays of a kernel keep what they hold when others are made", () => {
  const kernels = new Kernels();
  const first = kernels.floats(10);
  first.view.set(noise(10));
  const before = Array.from(first.view);
  const second = kernels.floats(1_000_000);
  assert.deepEqual(Array.from(first.view), before);
  assert.ok(second.pointer >= first.pointer + 10 * BYTES);
  assert.ok(second.view.every((x) => x === 0));
});
