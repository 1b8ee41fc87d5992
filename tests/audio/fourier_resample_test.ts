import assert from "node:assert/strict";
import { fourierResample } from "../../lib/audio/fourier_resample.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";

/** Signals, wanted lengths, and what scipy.signal.resample 1.x gives for them. */
const X = [1, 2, -1, 0.5, 3, -2, 0.25, 1, 4, -3, 2];
const SCIPY: [number[], number, number[]][] = [
  [X, 4, [0.71264339, 0.76101059, 0.30442264, 1.0401052]],
  [X, 5, [0.71264339, 0.97883041, 0.09691688, 0.86077415, 0.87356244]],
  [X.slice(0, 10), 6, [0.41094235, 0.14759841, 1.55746779, -0.83905765, 1.6164679, 0.5565812]],
  [X.slice(0, 4), 7, [1, 1.973939, 1.69678054, -0.34023719, -0.9910628, 0.23438867, 0.80119177]],
  [X.slice(0, 4), 10, [
    1,
    1.68172031,
    2.152945,
    1.53491101,
    0.06368632,
    -1,
    -0.81799156,
    0.10832624,
    0.72636023,
    0.80004243,
  ]],
];

for (const [x, length, expected] of SCIPY) {
  Deno.test(`fourierResample() equals scipy.signal.resample from ${x.length} to ${length}`, () => {
    const actual = fourierResample(Float32Array.from(x), x.length, length);
    assert.equal(actual.length, length);
    expected.forEach((value, i) =>
      assert.ok(Math.abs(actual[i] - value) < 2e-6, `${i}: ${actual[i]}`)
    );
    const head = fourierResample(Float32Array.from(x), x.length, length, 3);
    assert.equal(head.length, 3);
    head.forEach((value, i) =>
      assert.ok(Math.abs(value - expected[i]) < 2e-6, `head ${i}: ${value}`)
    );
  });
}

Deno.test("fourierResample() keeps a tone that fits the length, whatever the length", () => {
  for (const n of [44101, 48000, 30011]) {
    const tone = Float32Array.from({ length: n }, (_, i) => Math.sin(2 * Math.PI * 440 * i / n));
    const out = fourierResample(tone, n, 8000);
    assert.equal(out.length, 8000);
    const worst = out.reduce(
      (worst, value, i) =>
        Math.max(worst, Math.abs(value - Math.sin(2 * Math.PI * 440 * i / 8000))),
      0,
    );
    assert.ok(worst < 1e-5, `${n}: ${worst}`);
  }
});

Deno.test("fourierResample() truncates the length as Python's int() does", () => {
  assert.equal(fourierResample(new Float32Array(12345), 44100, 8000).length, 2239);
  assert.equal(fourierResample(new Float32Array(3), 44100, 8000).length, 0);
});

Deno.test("fourierResample() gives the same whatever it resampled before", () => {
  const random = seededRandom(6);
  const x = Float32Array.from({ length: 22050 }, () => random() - 0.5);
  const targets = [[44100, 8000, 4000], [22050, 8000, 8000], [44100, 16000, 8000], [
    48000,
    8000,
    3,
  ]];
  const alone = targets.map(([from, to, limit]) => fourierResample(x, from, to, limit));
  // Equal lengths at other rates, to other rates, and with other limits.
  for (const order of [[0, 1, 2, 3], [3, 1, 0, 2], [2, 2, 0, 1, 3, 0]]) {
    for (const k of order) {
      const [from, to, limit] = targets[k];
      assert.deepEqual(fourierResample(x, from, to, limit), alone[k]);
    }
  }
  // Half of 44.1 kHz to 8 kHz is a quarter of what 22.05 kHz to 8 kHz keeps: known by its length.
  assert.deepEqual(alone.map(({ length }) => length), [4000, 8000, 8000, 3]);
  const tone = Float32Array.from(x, (_, i) => Math.sin(2 * Math.PI * 1000 * i / 22050));
  fourierResample(tone, 44100, 8000);
  const out = fourierResample(tone, 22050, 8000);
  const expected = Float32Array.from(out, (_, i) => Math.sin(2 * Math.PI * 1000 * i / 8000));
  assert.ok(out.every((value, i) => Math.abs(value - expected[i]) < 1e-5));
});
