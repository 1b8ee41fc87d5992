import assert from "node:assert/strict";
import { ChirpZ } from "../../lib/audio/chirp_z.ts";
import { fastFftSize, RealFft } from "../../lib/audio/fft.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";

/** Σ x[j] · exp(sign · 2πi · jk / n), as the definition says. */
function slowDft(x: number[][], n: number, ks: number[], sign = -1, firstInput = 0): number[][] {
  return ks.map((k) => {
    let re = 0, im = 0;
    x.forEach(([a, b], j) => {
      const angle = sign * 2 * Math.PI * (j + firstInput) * k / n;
      re += a * Math.cos(angle) - b * Math.sin(angle);
      im += a * Math.sin(angle) + b * Math.cos(angle);
    });
    return [re, im];
  });
}

function close(actual: ArrayLike<number>, expected: number[][], tolerance: number) {
  expected.flat().forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${i}: ${actual[i]} is not ${value}`);
  });
}

Deno.test("RealFft computes the DFT of its definition", () => {
  const random = seededRandom(1);
  for (const n of [32, 96, 160]) {
    const x = Array.from({ length: n }, () => 2 * random() - 1);
    const expected = slowDft(
      x.map((a) => [a, 0]),
      n,
      Array.from({ length: n / 2 + 1 }, (_, k) => k),
    );
    close(new RealFft(n).forward(Float32Array.from(x)), expected, 1e-5);
  }
});

Deno.test("RealFft pads a short signal with zeros", () => {
  const spectrum = new RealFft(32).forward(new Float32Array([1]));
  assert.deepEqual([...spectrum].filter((_, i) => i % 2 === 0), Array(17).fill(1));
});

Deno.test("fastFftSize() gives the next size of few small factors", () => {
  assert.equal(fastFftSize(1), 16);
  assert.equal(fastFftSize(2283), 2304);
  assert.equal(fastFftSize(4097), 4608);
});

Deno.test("ChirpZ computes DFTs of lengths with large prime factors", () => {
  const random = seededRandom(2);
  for (const n of [1, 2, 7, 127, 571]) {
    const x = Array.from({ length: n }, () => [random() - 0.5, random() - 0.5]);
    const plan = new ChirpZ({ inputs: n, outputs: n, modulus: 2 * n, sign: -1 });
    plan.load(Float32Array.from(x.flat()));
    close(plan.values(), slowDft(x, n, Array.from({ length: n }, (_, k) => k)), 2e-5);
    plan.free();
  }
});

Deno.test("ChirpZ computes any range of outputs, of inputs that start anywhere", () => {
  const random = seededRandom(3);
  const x = Array.from({ length: 50 }, () => [random() - 0.5, random() - 0.5]);
  const ks = Array.from({ length: 31 }, (_, i) => i - 12);
  const plan = new ChirpZ({
    inputs: 50,
    firstInput: -20,
    outputs: 31,
    firstOutput: -12,
    modulus: 2 * 83,
    sign: 1,
  });
  plan.load(Float32Array.from(x.flat()));
  close(plan.values(), slowDft(x, 83, ks, 1, -20), 1e-5);
  plan.load(Float32Array.from(x.flat()));
  const magnitudes = new Float32Array(33);
  plan.magnitudes(magnitudes, 2, 3);
  const expected = slowDft(x, 83, ks, 1, -20).map(([re, im]) => [3 * Math.hypot(re, im)]);
  close(magnitudes.subarray(2), expected, 3e-5);
});

Deno.test("RealFft says which lengths it takes, and other plans go on", () => {
  const plan = new RealFft(64);
  for (const n of [1000, 0, -32, 32.5, 32 * 7, NaN]) {
    assert.throws(() => new RealFft(n), {
      name: "RangeError",
      message: `Expected an FFT size up to ${2 ** 22} of factors 2, 3 and 5, a multiple of 32, ` +
        `but found ${n}`,
    });
  }
  assert.equal(plan.forward(new Float32Array(64).fill(1))[0], 64);
});
