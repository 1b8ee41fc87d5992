import assert from "node:assert/strict";
import { ConstantQ } from "../../lib/audio/cqt.ts";

const OPTIONS = { sampleRate: 8000, length: 40000, fMin: 55, fMax: 2090, binsPerOctave: 12 };

Deno.test("ConstantQ has the baseline's 63 bands of 1142 frames", () => {
  const cqt = new ConstantQ(OPTIONS);
  assert.deepEqual([cqt.bins, cqt.frames], [63, 1142]);
  assert.equal(cqt.frequencies[12], 110);
});

Deno.test("ConstantQ gives a sine at a band's centre its amplitude there", () => {
  const cqt = new ConstantQ(OPTIONS);
  for (const band of [0, 24, 50]) {
    // The nearest frequency that has whole periods in the signal; the filter is nearly flat there.
    const frequency = Math.round(cqt.frequencies[band] * 5) / 5;
    const sine = Float32Array.from(
      { length: 40000 },
      (_, i) => 0.5 * Math.sin(2 * Math.PI * frequency * i / 8000),
    );
    const magnitudes = cqt.magnitudes(sine);
    // The inverse transform of `frames` points divides by them where PFFFT's does not: the sine
    // normalisation, 2 · frames / length, then gives amplitude 0.5.
    const row = magnitudes.subarray(band * cqt.frames, (band + 1) * cqt.frames);
    for (const t of [0, 300, 1141]) assert.ok(Math.abs(row[t] - 0.5) < 0.01, `${band}: ${row[t]}`);
    const far = magnitudes.subarray(((band + 30) % 63) * cqt.frames);
    assert.ok(far[300] < 1e-4);
  }
});

Deno.test("ConstantQ is silent for silence, and pads short signals", () => {
  const cqt = new ConstantQ(OPTIONS);
  assert.equal(Math.max(...cqt.magnitudes(new Float32Array(10))), 0);
});

Deno.test("ConstantQ says which settings make no bins, and takes no longer signal than it is made for", () => {
  const good = { sampleRate: 8000, length: 4800, fMin: 55, fMax: 2093, binsPerOctave: 12 };
  const bad: [Partial<typeof good>, RegExp][] = [
    [{ fMin: 0 }, /Expected 0 < fMin ≤ fMax and fMin below 4000 Hz but found 0 and 2093/],
    [{ fMin: 3000 }, /Expected 0 < fMin ≤ fMax/],
    [{ binsPerOctave: 0 }, /Expected binsPerOctave to be a whole number from 1 up but found 0/],
    [{ length: 1000 }, /Expected an FFT size .* but found 1000/],
  ];
  for (const [options, message] of bad) {
    assert.throws(() => new ConstantQ({ ...good, ...options }), { name: "RangeError", message });
  }
  assert.throws(
    () => new ConstantQ(good).magnitudes(new Float32Array(4801)),
    /Expected at most 4800 samples, the length of the plan, but found 4801/,
  );
});
