import { blocksOf, type SoundSource } from "../audio/sound_source.ts";

/** A part of a recording, in seconds from its beginning. */
export interface Piece {
  start: number;
  end: number;
}

/** Recordings up to here are one sound, in seconds: longer ones are heard in pieces. */
export const WHOLE_SECONDS = 10;
/** Pieces are no longer than this, in seconds: what somebody imitates in one go. */
const LONGEST = 5;
/** A cut leaves at least this much on both sides, in seconds. */
const SHORTEST = 0.5;
/** Events that are this far apart are pieces of their own, in seconds. */
const GAP = 0.35;
/** What is softer than the loudest by this much is silence, in dB. */
const RANGE = 50;
/** A sound stands out of the background by this much, in dB. */
const ABOVE_NOISE = 6;
/** Softer than the background by this much is as good as silent: what stands next to it still counts, in dB. */
const BELOW_NOISE = 10;
/** About a step of the level, in seconds: as many whole samples as come next to it. */
const STEP = 0.02;
/** Steps that are read at a time: a recording may last for hours. */
const STEPS_READ = 500;
/** What is kept before and after an event, in seconds. */
const MARGIN = 0.04;

/**
 * Cuts a recording at its events: a short one is one piece, a longer one a piece for each stretch
 * that stands out of the background, cut at the softest places where it is long.
 */
export function cutPieces(sound: SoundSource): Piece[] {
  const duration = sound.frames / sound.sampleRate;
  if (duration <= WHOLE_SECONDS) return [{ start: 0, end: duration }];
  const stepSamples = Math.max(1, Math.round(STEP * sound.sampleRate));
  const step = stepSamples / sound.sampleRate;
  const level = levelsOf(sound, stepSamples), floor = floorOf(level);
  const heard = smoothed(level.map((value) => Math.max(value, floor - BELOW_NOISE)));
  const smooth = smoothed(level);
  return stretches(heard, floor, GAP / step)
    .flatMap(([start, end]) => cutAtSoftest(smooth, start, end, step))
    .map(([start, end]) => ({
      start: Math.max(0, start * step - MARGIN),
      end: Math.min(duration, end * step + MARGIN),
    }));
}

/** Each step's level with those of its neighbours. */
function smoothed(level: Float32Array): Float32Array {
  return level.map((value, i) =>
    value / 2 + level[Math.max(0, i - 1)] / 4 + level[Math.min(level.length - 1, i + 1)] / 4
  );
}

/** The level of each step, in dB. */
function levelsOf(sound: SoundSource, step: number): Float32Array {
  const levels = new Float32Array(Math.ceil(sound.frames / step));
  let i = 0;
  for (const samples of blocksOf(sound, STEPS_READ * step)) {
    for (let from = 0; from < samples.length; from += step) {
      const end = Math.min(samples.length, from + step);
      let sum = 0;
      for (let at = from; at < end; at++) sum += samples[at] * samples[at];
      levels[i++] = 10 * Math.log10(sum / (end - from) + 1e-12);
    }
  }
  return levels;
}

/**
 * What counts as background: a little above the softest tenth of what is no digital silence, but
 * well below the loudest, so that an even noise is all sound.
 */
function floorOf(level: Float32Array): number {
  const peak = level.reduce((peak, value) => Math.max(peak, value), -Infinity);
  const heard = level.filter((value) => value > peak - RANGE).sort();
  const noise = heard[Math.floor(heard.length / 10)];
  return Math.max(peak - RANGE, Math.min(noise + ABOVE_NOISE, peak - 15));
}

/** From where to where something is heard, in steps; short gaps belong to it. */
function stretches(
  level: Float32Array,
  floor: number,
  gap: number,
): [start: number, end: number][] {
  const found: [number, number][] = [];
  level.forEach((value, i) => {
    if (value <= floor) return;
    const last = found.at(-1);
    if (last !== undefined && i - last[1] < gap) last[1] = i + 1;
    else found.push([i, i + 1]);
  });
  return found;
}

/** Cuts what is too long at its softest step, again and again. */
function cutAtSoftest(
  level: Float32Array,
  start: number,
  end: number,
  step: number,
): [number, number][] {
  const longest = Math.round(LONGEST / step), shortest = Math.round(SHORTEST / step);
  const pieces: [number, number][] = [], open: [number, number][] = [[start, end]];
  while (open.length > 0) {
    const [from, to] = open.pop()!;
    if (to - from <= longest) {
      pieces.push([from, to]);
      continue;
    }
    const cut = softestIn(
      level,
      from + shortest,
      Math.min(to - shortest, from + longest),
    );
    open.push([cut, to], [from, cut]);
  }
  return pieces;
}

function softestIn(level: Float32Array, from: number, to: number): number {
  let best = from;
  for (let i = from; i < to; i++) if (level[i] <= level[best]) best = i;
  return best;
}
