import assert from "node:assert/strict";
import { inMemory } from "../../lib/audio/sound_source.ts";
import { cutPieces } from "../../lib/library/pieces.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { voice } from "../models/sounds.ts";

const RATE = 16000;

/** A minute of soft noise with sounds of half a second at given seconds. */
function recording(seconds: number, at: number[]): Float32Array<ArrayBuffer> {
  const random = seededRandom(1);
  const samples = Float32Array.from({ length: seconds * RATE }, () => 0.002 * (random() - 0.5));
  const sound = voice(0.5, () => 300, (t) => Math.exp(-5 * t));
  for (const second of at) {
    sound.forEach((x, i) => samples[Math.round(second * RATE) + i] += x);
  }
  return samples;
}

Deno.test("cutPieces() leaves a recording of up to ten seconds whole", () => {
  const samples = recording(10, [1, 5]);
  assert.deepEqual(cutPieces(inMemory({ samples, sampleRate: RATE })), [{ start: 0, end: 10 }]);
});

Deno.test("cutPieces() finds the events of a long recording, with their times", () => {
  const at = [3, 8.2, 20, 20.6, 59.4];
  const pieces = cutPieces(inMemory({ samples: recording(60, at), sampleRate: RATE }));
  // Two that are a tenth of a second apart are one.
  const expected = [[3, 3.5], [8.2, 8.7], [20, 21.1], [59.4, 59.9]];
  assert.equal(pieces.length, expected.length);
  pieces.forEach(({ start, end }, i) => {
    assert.ok(Math.abs(start - expected[i][0]) < 0.1, `${i} starts at ${start}`);
    assert.ok(Math.abs(end - expected[i][1]) < 0.15, `${i} ends at ${end}`);
  });
});

Deno.test("cutPieces() cuts what goes on and on into pieces that cover all of it", () => {
  const random = seededRandom(2);
  const samples = Float32Array.from({ length: 30 * RATE }, () => random() - 0.5);
  const pieces = cutPieces(inMemory({ samples, sampleRate: RATE }));
  assert.equal(pieces[0].start, 0);
  assert.ok(Math.abs(pieces.at(-1)!.end - 30) < 0.05);
  pieces.forEach(({ start, end }, i) => {
    assert.ok(end - start <= 5.2 && end > start, `${start} … ${end}`);
    if (i > 0) assert.ok(start <= pieces[i - 1].end, "no gap before it");
  });
});

Deno.test("cutPieces() cuts an even sound as seldom as may be", () => {
  const samples = Float32Array.from({ length: 20 * RATE }, (_, i) => Math.sin(i / 5));
  const pieces = cutPieces(inMemory({ samples, sampleRate: RATE }));
  assert.ok(pieces.length >= 4 && pieces.length <= 8, `${pieces.length}`);
});

Deno.test("cutPieces() reads a long recording little by little", () => {
  const sampleRate = 8000, frames = 600 * sampleRate;
  let most = 0, all = 0;
  // A knock of a tenth of a second at each full minute.
  const isKnock = (at: number) => at % (60 * sampleRate) < sampleRate / 10;
  const read = (start = 0, count = Infinity) => {
    const length = Math.min(count, frames - start);
    most = Math.max(most, length);
    all += length;
    return Float32Array.from({ length }, (_, i) => isKnock(start + i) ? Math.sin(i) : 0);
  };
  const pieces = cutPieces({ sampleRate, frames, read });
  assert.deepEqual(
    pieces.map(({ start }) => Math.round(start)),
    Array.from(
      { length: 10 },
      (_, minute) => 60 * minute,
    ),
  );
  assert.equal(all, frames);
  assert.ok(most <= 10 * sampleRate, `${most}`);
});

Deno.test("cutPieces() finds a single click between silence, which lasts less than a step", () => {
  const samples = new Float32Array(30 * RATE);
  for (const second of [2, 17.5]) samples.set([0.9, -0.9, 0.4], second * RATE + 100);
  const pieces = cutPieces(inMemory({ samples, sampleRate: RATE }));
  assert.equal(pieces.length, 2);
  pieces.forEach(({ start, end }, i) => {
    const second = [2, 17.5][i];
    assert.ok(start <= second && second - start < 0.1, `${start}`);
    assert.ok(end > second + 0.02 && end - second < 0.15, `${end}`);
  });
});

Deno.test("cutPieces() keeps its times at rates whose steps are no whole number of samples", () => {
  for (const sampleRate of [11025, 1234]) {
    const frames = 600 * sampleRate;
    const samples = new Float32Array(frames);
    for (let i = 0; i < sampleRate / 2; i++) samples[590 * sampleRate + i] = Math.sin(i);
    const [piece, ...others] = cutPieces(inMemory({ samples, sampleRate }));
    assert.deepEqual(others, []);
    assert.ok(Math.abs(piece.start - 590) < 0.1, `${sampleRate}: ${piece.start}`);
    assert.ok(Math.abs(piece.end - 590.5) < 0.1, `${sampleRate}: ${piece.end}`);
  }
});

Deno.test("cutPieces() cuts what has a few samples a second, as a broken header says", () => {
  const samples = Float32Array.from({ length: 20 }, (_, i) => i % 2 - 0.5);
  for (const { start, end } of cutPieces(inMemory({ samples, sampleRate: 1 }))) {
    assert.ok(start >= 0 && end > start && end <= 20, `${start} … ${end}`);
  }
});
