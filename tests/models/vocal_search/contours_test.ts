import assert from "node:assert/strict";
import { SoundAnalyzer } from "../../../lib/models/vocal_search/sound_analyzer.ts";
import { seededRandom } from "../../../lib/challenge/statistics.ts";
import { CONTOURS, contoursOf } from "../../../lib/models/vocal_search/contours.ts";
import { alignmentCost } from "../../../lib/models/vocal_search/alignment.ts";
import { EVENT_VALUES, eventsCost, eventsOf } from "../../../lib/models/vocal_search/events.ts";
import { FeatureExtractor, FRAMES } from "../../../lib/models/vocal_search/features.ts";
import { FALL, PULSES, RATE, RISE, voice } from "../sounds.ts";

/** One contour of a sound. */
function contour(samples: Float32Array, which: number): number[] {
  const { contours } = new FeatureExtractor().extract(new SoundAnalyzer().analyze(samples));
  return Array.from({ length: FRAMES }, (_, i) => contours[i * CONTOURS + which]);
}

Deno.test("FeatureExtractor follows loudness, periodicity and the direction of pitch", () => {
  const loudness = contour(PULSES, 0);
  const peaks = loudness.filter((value, i) =>
    value > 0.8 && value >= (loudness[i - 1] ?? 0) && value > (loudness[i + 1] ?? 0)
  );
  assert.equal(peaks.length, 4);
  assert.ok(contour(RISE, 1).slice(5, -5).every((value) => value > 0.9));
  const random = seededRandom(1);
  const noise = Float32Array.from({ length: RATE }, () => random() - 0.5);
  assert.ok(contour(noise, 1).every((value) => value < 0.5));
  const rise = contour(RISE, 2), fall = contour(FALL, 2);
  assert.ok(rise[5] < -0.3 && rise[58] > 0.3, `${rise[5]}, ${rise[58]}`);
  assert.ok(fall[5] > 0.3 && fall[58] < -0.3, `${fall[5]}, ${fall[58]}`);
});

Deno.test("alignmentCost() is 0 for a sequence and itself, symmetric, and forgives what is late", () => {
  const weights = Float32Array.of(1);
  const bump = (at: number) =>
    Float32Array.from({ length: 40 }, (_, i) => Math.exp(-((i - at) ** 2) / 8));
  assert.equal(alignmentCost(bump(15), bump(15), weights, 8), 0);
  const near = alignmentCost(bump(15), bump(20), weights, 8);
  assert.ok(Math.abs(near - alignmentCost(bump(20), bump(15), weights, 8)) < 1e-12);
  const rigid = alignmentCost(bump(15), bump(20), weights, 0);
  const straight = bump(15).reduce((sum, x, i) => sum + Math.abs(x - bump(20)[i]), 0) / 40;
  assert.ok(Math.abs(rigid - straight) < 1e-6);
  assert.ok(near < rigid / 5, `${near}, ${rigid}`);
});

/** The events of a sound: onset, log length, loudness, brightness, periodicity, pitch, glide. */
function events(samples: Float32Array): number[][] {
  const values = eventsOf(contoursOf(new SoundAnalyzer().analyze(samples)));
  return Array.from(
    { length: values.length / EVENT_VALUES },
    (_, i) => [...values.subarray(i * EVENT_VALUES, (i + 1) * EVENT_VALUES)],
  );
}

Deno.test("eventsOf() finds each pulse where it is, and the direction that a pitch glides in", () => {
  const pulses = events(PULSES);
  assert.equal(pulses.length, 4);
  const onsets = pulses.map(([onset]) => onset);
  // Pulses every 0.3 s, from the first onset to the end of the last.
  for (let i = 1; i < 4; i++) {
    assert.ok(Math.abs(onsets[i] - onsets[i - 1] - onsets[1]) < 0.03, `${onsets}`);
  }
  assert.equal(onsets[0], 0);
  const [[, , , , periodicity, , rise]] = events(RISE);
  const [[, , , , , , fall]] = events(FALL);
  assert.ok(rise > 0.5 && fall < -0.5 && periodicity > 0.9, `${rise}, ${fall}, ${periodicity}`);
});

Deno.test("eventsCost() is 0 for a sound and itself, symmetric, and forgives a soft event left out", () => {
  const analyzer = new SoundAnalyzer();
  /** Three beats, the second one as loud as said. */
  const beats = (second: number) =>
    eventsOf(contoursOf(analyzer.analyze(
      voice(1.5, () => 200, (t) => (t > 0.5 && t < 1 ? second : 1) * Math.exp(-12 * (t % 0.5))),
    )));
  const soft = beats(0.05), loud = beats(1), without = beats(0);
  assert.deepEqual([soft, loud, without].map(({ length }) => length / EVENT_VALUES), [3, 3, 2]);
  assert.equal(eventsCost(loud, loud), 0);
  const cost = eventsCost(loud, without);
  assert.ok(Math.abs(cost - eventsCost(without, loud)) < 1e-9);
  assert.ok(eventsCost(soft, without) < 0.8 * cost, `${eventsCost(soft, without)}, ${cost}`);
});
