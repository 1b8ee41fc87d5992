import assert from "node:assert/strict";
import { join } from "node:path";
import { dtw, type DtwOptions } from "../../lib/audio/dtw.ts";
import type { Matrix } from "../../lib/audio/mel_bank.ts";
import { mfcc } from "../../lib/audio/spectra.ts";
import { readWav } from "../../lib/audio/wav.ts";
import { FIXTURES, PROJECT } from "../support.ts";

/** What librosa gives; made by make_spectra.py. */
const EXPECTED: Record<string, { values: number[] }> = JSON.parse(
  Deno.readTextFileSync(join(FIXTURES, "spectra.json")),
);

const sequence = (...values: number[]): Matrix => ({
  data: Float32Array.from(values),
  rows: 1,
  columns: values.length,
});

Deno.test("dtw() gives the costs and paths of librosa, with a band and without", () => {
  const file = join(PROJECT, "data", "qvim-mini", "Items", "bark", "bark_1.wav");
  const { samples, sampleRate } = readWav(file);
  const last = Math.floor(-samples.length / 3);
  const end = samples.slice(last + 1).reverse();
  const cases: [string, DtwOptions][] = [
    ["dtw", {}],
    ["dtw_banded", { metric: "cosine", bandRad: 0.25 }],
  ];
  for (const [name, options] of cases) {
    const { cost, path } = dtw(
      mfcc(samples, sampleRate, { nMfcc: 13 }),
      mfcc(end, sampleRate, { nMfcc: 13 }),
      options,
    );
    const [expected, ...places] = EXPECTED[name].values;
    assert.ok(Math.abs(cost - expected) < 1e-4 * expected, `${cost}, ${expected}`);
    assert.deepEqual(path.flat(), places);
  }
});

Deno.test("dtw() goes the same way back where the sequences change places", () => {
  const a = sequence(0, 1, 3, 3, 2), b = sequence(0, 2, 3, 1);
  const there = dtw(a, b), back = dtw(b, a);
  assert.equal(there.cost, back.cost);
  assert.deepEqual(there.path, [[0, 0], [1, 1], [2, 2], [3, 2], [4, 3]]);
  assert.equal(there.cost, 2);
  assert.deepEqual(dtw(a, a).path, [0, 1, 2, 3, 4].map((i) => [i, i]));
});

Deno.test("dtw() says what it can't align", () => {
  const a = sequence(1, 2, 3, 4, 5);
  assert.throws(() => dtw(a, sequence()), /Expected two sequences .* found \[1, 5\] and \[1, 0\]/);
  assert.throws(() => dtw(a, { ...a, rows: 2 }), /frames of one size/);
  assert.throws(() => dtw(a, sequence(1), { bandRad: 0.25 }), /Expected bandRad to leave a path/);
  assert.throws(() => dtw(a, a, { bandRad: 2 }), /Expected bandRad to be from 0 to 1 but found 2/);
  assert.throws(() => dtw(a, a, { metric: "l1" as "cosine" }), /Expected metric to be/);
});
