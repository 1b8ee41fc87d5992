/**
 * What a microphone adds to an imitation, taken away: a constant offset, and the click of the button at
 * its beginning or end. What is ordinary stays as it is, sample by sample.
 */
import { largestOf } from "./sound_analyzer.ts";

/** An offset is told from the swing of a low voice by its size, as a part of the loudest sample. */
const OFFSET = 0.02;
/** How long a click is at most, in seconds; the shortest sound of a mouth is longer. */
const CLICK_SECONDS = 0.004;
/** How much softer it is right behind a click. */
const BEHIND = 0.35;
/** How far from the end of a recording a click of the button may be, in seconds. */
const EDGE_SECONDS = 0.3;
/** Samples below this, as a part of the loudest, are no beginning of anything. */
const QUIET = 0.02;
/** How much louder than the rest a click is, or how long it is still behind it, in seconds. */
const LOUDER = 1.5, STILL_SECONDS = 0.04, STILL = 0.08;

/**
 * Cleans a recording of what its microphone added.
 *
 * @param samples One channel [shape=(n,)]; stays as it is.
 * @param sampleRate In Hz.
 * @returns The same samples where there is nothing to clean, else a copy.
 */
export function cleanTake<A extends Float32Array>(samples: A, sampleRate: number): A {
  const centered = withoutOffset(samples);
  const first = withoutClick(centered, sampleRate);
  const reversed = withoutClick(first.slice().reverse() as A, sampleRate);
  const last = reversed.slice().reverse() as A;
  const isSame = first === samples && last.every((x, i) => x === samples[i]);
  return isSame ? samples : last;
}

function withoutOffset<A extends Float32Array>(samples: A): A {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  const mean = sum / Math.max(1, samples.length);
  if (Math.abs(mean) <= OFFSET * largestOf(samples)) return samples;
  return samples.map((x) => x - mean) as A;
}

/** Takes a click at the beginning away. */
function withoutClick<A extends Float32Array>(samples: A, sampleRate: number): A {
  const peak = largestOf(samples);
  const start = samples.findIndex((x) => Math.abs(x) > QUIET * peak);
  const length = Math.ceil(CLICK_SECONDS * sampleRate);
  const still = Math.ceil(STILL_SECONDS * sampleRate);
  if (start < 0 || start > EDGE_SECONDS * sampleRate) return samples;
  if (samples.length < start + 2 * length + still) return samples;
  const click = largestOf(samples.subarray(start, start + length));
  const behind = largestOf(samples.subarray(start + length, start + 2 * length));
  if (behind > BEHIND * click) return samples;
  const rest = largestOf(samples.subarray(start + length));
  const after = largestOf(samples.subarray(start + length, start + length + still));
  const isLoud = click > LOUDER * rest, isApart = after < STILL * click;
  if (!isLoud && !isApart) return samples;
  const out = samples.slice() as A;
  out.fill(0, start, start + length);
  return out;
}
