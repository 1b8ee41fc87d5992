import { averageSteps } from "./sound_frames.ts";
import { CONTOURS } from "./contours.ts";

/** Events that are kept of a sound, from its beginning. */
export const MAX_EVENTS = 24;
/** Values of an event. */
export const EVENT_VALUES = 7;
/** Loudness falls by this much, and rises again, between two events. */
const DROP = 0.2;
/** An event ends where it is softer than its peak by this much. */
const DECAY = 0.45;
const SOFTEST = 0.1;
/** The steps of contours that events are looked for in: two frames of the analysis, 20 ms. */
const STEP = 2;
/** The shortest sound that onsets are measured against, in steps. */
const SHORTEST = 10;

/**
 * What the differences of two events count: onset, length, loudness, brightness, periodicity, pitch,
 * glide.
 */
const WEIGHTS = Float32Array.of(3, 0.5, 1, 1, 1, 1, 1.2);
/** What it costs to leave an event out, where it is as loud as can be: people leave out soft ones. */
const GAP = 2;
/** Longer sequences cost more, but not in proportion. */
const LENGTH_POWER = 0.7;

/**
 * The events of a sound, as somebody tells them from memory: when each begins (in 0 … 1 of the whole),
 * how long it is (log2 of steps, from half their mean), how loud, bright and periodic, and where its
 * pitch lies and glides to; brightness and pitch are taken from their means.
 *
 * @param course The contours of the sound, frame by frame [shape=(frames · CONTOURS,)].
 * @returns One after another [shape=(events, EVENT_VALUES)], at most {@linkcode MAX_EVENTS}.
 */
export function eventsOf(course: Float32Array): Float32Array {
  const contours = averageSteps(course, CONTOURS, STEP);
  const events = segment(contours).map(([start, end]) => describe(contours, start, end))
    .slice(0, MAX_EVENTS);
  const first = events[0].start, last = events.at(-1)!;
  const total = last.start + last.length - first;
  const weights = events.map(({ loudness, length }) => loudness * length);
  const center = (of: (event: SoundEvent) => number) =>
    events.reduce((sum, event, i) => sum + weights[i] * of(event), 0) /
    weights.reduce((sum, weight) => sum + weight, 0);
  const brightness = center((event) => event.brightness), pitch = center((event) => event.pitch);
  const lengths = events.map(({ length }) => Math.log2(length));
  const usual = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const out = new Float32Array(events.length * EVENT_VALUES);
  events.forEach((event, i) =>
    out.set([
      (event.start - first) / Math.max(total, SHORTEST),
      lengths[i] - usual / 2,
      event.loudness,
      event.brightness - brightness,
      event.periodicity,
      event.pitch - pitch,
      event.glide,
    ], i * EVENT_VALUES)
  );
  return out;
}

/**
 * The cost of bringing two sequences of events into line, each event on one of the other sequence or
 * left out, in order (as in Needleman and Wunsch, 1970).
 *
 * @param a,b What {@linkcode eventsOf} gave.
 */
export function eventsCost(a: Float32Array, b: Float32Array): number {
  const rows = a.length / EVENT_VALUES, columns = b.length / EVENT_VALUES;
  let previous = new Float64Array(columns + 1), current = new Float64Array(columns + 1);
  for (let j = 0; j < columns; j++) previous[j + 1] = previous[j] + gapOf(b, j);
  for (let i = 0; i < rows; i++) {
    const gap = gapOf(a, i);
    current[0] = previous[0] + gap;
    for (let j = 0; j < columns; j++) {
      let difference = 0;
      for (let k = 0; k < EVENT_VALUES; k++) {
        difference += WEIGHTS[k] * Math.abs(a[i * EVENT_VALUES + k] - b[j * EVENT_VALUES + k]);
      }
      current[j + 1] = Math.min(
        previous[j] + difference,
        previous[j + 1] + gap,
        current[j] + gapOf(b, j),
      );
    }
    [previous, current] = [current, previous];
  }
  return previous[columns] / Math.max(rows, columns) ** LENGTH_POWER;
}

function gapOf(events: Float32Array, index: number): number {
  return GAP * events[index * EVENT_VALUES + 2];
}

interface SoundEvent {
  /** In steps. */
  start: number;
  /** In steps. */
  length: number;
  loudness: number;
  brightness: number;
  periodicity: number;
  pitch: number;
  glide: number;
}

/** From where to where each event goes, in steps. */
function segment(contours: Float32Array): [start: number, end: number][] {
  const count = contours.length / CONTOURS;
  const loudness = Float32Array.from({ length: count }, (_, i) => contours[i * CONTOURS]);
  const smooth = loudness.map((value, i) =>
    value / 2 + loudness[Math.max(0, i - 1)] / 4 + loudness[Math.min(count - 1, i + 1)] / 4
  );
  const parts: [number, number][] = [];
  let start = 0, peak = smooth[0], valley = 1, valleyAt = 0;
  smooth.forEach((value, i) => {
    if (value < valley) [valley, valleyAt] = [value, i];
    if (value > valley + DROP && peak > valley + DROP) {
      parts.push([start, valleyAt]);
      [start, peak, valley] = [valleyAt, value, value];
    }
    if (value > peak) [peak, valley, valleyAt] = [value, value, i];
  });
  parts.push([start, count]);
  const audible = parts.flatMap(([start, end]): [number, number][] => {
    const part = loudness.subarray(start, end);
    const least = Math.max(SOFTEST, Math.max(...part) - DECAY);
    const first = part.findIndex((value) => value > least);
    if (first < 0) return [];
    return [[start + first, start + part.findLastIndex((value) => value > least) + 1]];
  });
  // What is too soft throughout is one event all the same.
  return audible.length > 0 ? audible : [[0, count]];
}

function describe(contours: Float32Array, start: number, end: number): SoundEvent {
  const length = end - start;
  let total = 0, loudest = 0;
  const sums = [0, 0, 0, 0];
  for (let i = start; i < end; i++) {
    const weight = contours[i * CONTOURS] + 1e-6;
    total += weight;
    loudest = Math.max(loudest, contours[i * CONTOURS]);
    for (let c = 1; c < CONTOURS; c++) sums[c] += weight * contours[i * CONTOURS + c];
  }
  const [, periodicity, pitch, brightness] = sums.map((sum) => sum / total);
  let slope = 0, spread = 1e-6;
  for (let i = start; i < end; i++) {
    const weight = contours[i * CONTOURS] + 1e-6, at = i - start - (length - 1) / 2;
    slope += weight * at * (contours[i * CONTOURS + 2] - pitch);
    spread += weight * at * at;
  }
  const glide = Math.min(1, Math.max(-1, slope / spread * length));
  return { start, length, loudness: loudest, brightness, periodicity, pitch, glide };
}
