import assert from "node:assert/strict";
import { join } from "node:path";
import { readWav } from "../../../lib/audio/wav.ts";
import { listQueries } from "../../../lib/challenge/dataset.ts";
import { cleanTake } from "../../../lib/models/vocal_search/take.ts";
import { PROJECT } from "../../support.ts";

const TAKES = listQueries(join(PROJECT, "data", "qvim-mini")).map(({ path }) => readWav(path));

Deno.test("cleanTake() leaves ordinary imitations as they are, sample by sample", () => {
  for (const { samples, sampleRate } of TAKES) {
    assert.equal(cleanTake(samples, sampleRate), samples);
  }
  for (const samples of [new Float32Array(), new Float32Array(1), new Float32Array(9000)]) {
    assert.equal(cleanTake(samples, 16_000), samples);
  }
});

Deno.test("cleanTake() takes an offset away", () => {
  for (const { samples, sampleRate } of TAKES.slice(0, 10)) {
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const cleaned = cleanTake(samples.map((x) => x + 0.1), sampleRate);
    assert.ok(cleaned.every((x, i) => Math.abs(x - (samples[i] - mean)) < 1e-5));
  }
});

Deno.test("cleanTake() takes the button's click away, before or behind the take", () => {
  for (const { samples, sampleRate } of TAKES.slice(0, 10)) {
    const gap = Math.round(0.1 * sampleRate);
    const before = new Float32Array(20 + gap + samples.length);
    before.set(samples, 20 + gap);
    before.fill(0.9, 0, 20);
    const cleaned = cleanTake(before, sampleRate);
    assert.deepEqual(cleaned.subarray(20 + gap), samples);
    assert.ok(cleaned.subarray(0, 20).every((x) => x === 0));
    const behind = before.slice().reverse();
    assert.deepEqual(cleanTake(behind, sampleRate).slice().reverse(), cleaned);
  }
});
