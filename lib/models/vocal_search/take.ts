/**
 * What a microphone adds to an imitation, taken away: an offset, what is too low to be heard, and the
 * clicks and thumps of a button or a hand before and behind it. What is ordinary stays as it is, sample
 * by sample.
 */
import { largestOf } from "./sound_analyzer.ts";

/** An offset is told from the swing of a low voice by its size, as a part of the loudest sample. */
const OFFSET = 0.02;
/** What is too low to be heard is told from the steps of a sound that begins at once by its energy, as a part of all. */
const RUMBLE = 0.01;
/** At about this rate rumble is looked for, in Hz. */
const SLOW_RATE = 1000;
/** No voice and no whistle goes below this, in Hz. */
const LOWEST = 30;
/** Where a recording stands at its ends is said by so much of it, in periods of what is filtered away: not one sample. */
const STANDS = 0.15;
/** Samples below this, as a part of the loudest, are no beginning of anything. */
const QUIET = 0.02;
/** How long a click lasts at most, in seconds; what a mouth makes is longer. */
const CLICK_SECONDS = 0.004;
/** How much softer it is right behind a click that stands next to the sound. */
const BEHIND = 0.35;
/** How much louder than all the rest such a click is. */
const LOUDER = 1.5;
/** How long, in seconds, and how still it is behind a knock, as a part of its loudest sample. */
const STILL_SECONDS = 0.04, STILL = 0.08;
/** How long a knock lasts at most until it is still, in seconds: a click that rings, and a thump. */
const RINGING_SECONDS = 0.015, THUMP_SECONDS = 0.08;
/** A thump has its energy below this, in Hz, all but such a part of it. */
const THUMP_TOP = 200, THUMP_REST = 0.05;
/** A hand that starts a recording knocks so often at most: more of it is what is imitated. */
const KNOCKS = 3;

/**
 * Cleans a recording of what its microphone added.
 *
 * @param samples One channel [shape=(n,)]; stays as it is.
 * @param sampleRate In Hz.
 * @returns The same samples where there is nothing to clean, else a copy.
 */
export function cleanTake<A extends Float32Array>(samples: A, sampleRate: number): A {
  const apart = betweenKnocks(withoutOffset(samples), sampleRate);
  const heard = withoutRumble(apart, sampleRate);
  // Where the ground moves, nothing is still: knocks show only now.
  return heard === apart ? apart : betweenKnocks(heard, sampleRate);
}

/** What lies between the knocks at both ends. */
function betweenKnocks<A extends Float32Array>(samples: A, sampleRate: number): A {
  const first = withoutKnocks(samples, sampleRate);
  const reversed = first.slice().reverse() as A;
  const last = withoutKnocks(reversed, sampleRate);
  return last === reversed ? first : last.slice().reverse() as A;
}

function withoutOffset<A extends Float32Array>(samples: A): A {
  const mean = meanOf(samples);
  if (Math.abs(mean) <= OFFSET * largestOf(samples)) return samples;
  return samples.map((x) => x - mean) as A;
}

function meanOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  return sum / Math.max(1, samples.length);
}

/** Takes away what is below all voices: drifts, footsteps, wind on the microphone. */
function withoutRumble<A extends Float32Array>(samples: A, sampleRate: number): A {
  // Whether there is such a thing shows in the means of some samples each, in a tenth of the time.
  const block = Math.max(1, Math.floor(sampleRate / SLOW_RATE));
  const slow = Float32Array.from(
    { length: Math.ceil(samples.length / block) },
    (_, i) => meanOf(samples.subarray(i * block, (i + 1) * block)),
  );
  const heard = highPass(slow, LOWEST, sampleRate / block);
  const rumble = block * slow.reduce((sum, x, i) => sum + (x - heard[i]) ** 2, 0);
  if (rumble <= RUMBLE * energyOf(samples)) return samples;
  // Twice: what is next to the lowest voice is still too loud after once.
  return highPass(highPass(samples, LOWEST, sampleRate), LOWEST, sampleRate) as A;
}

function energyOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return sum;
}

/**
 * What is above a frequency, by a Butterworth filter of second order, forth and back, so that nothing
 * is shifted in time (R. Bristow-Johnson, Cookbook formulae for audio EQ biquad filter coefficients).
 */
function highPass(samples: Float32Array, frequency: number, sampleRate: number): Float32Array {
  const { length } = samples;
  if (length === 0 || sampleRate <= 4 * frequency) return samples;
  // The recording goes on at both ends, turned about where it stands there: a slope stays a slope.
  const more = Math.min(length, Math.ceil(3 * sampleRate / frequency));
  const stands = Math.min(length, Math.ceil(STANDS * sampleRate / frequency));
  const first = meanOf(samples.subarray(0, stands)), last = meanOf(samples.subarray(-stands));
  const out = new Float32Array(length + 2 * more);
  out.set(samples, more);
  for (let i = 0; i < more; i++) {
    out[more - 1 - i] = 2 * first - samples[i];
    out[more + length + i] = 2 * last - samples[length - 1 - i];
  }
  const w = 2 * Math.PI * frequency / sampleRate;
  const alpha = Math.sin(w) / Math.SQRT2, a0 = 1 + alpha;
  const b = (1 + Math.cos(w)) / 2 / a0, a1 = -2 * Math.cos(w) / a0, a2 = (1 - alpha) / a0;
  for (let way = 0; way < 2; way++) {
    let x1 = out[0], x2 = x1, y1 = 0, y2 = 0;
    for (let i = 0; i < out.length; i++) {
      const x = out[i], y = b * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      out[i] = y;
    }
    out.reverse();
  }
  return out.subarray(more, more + length);
}

/** Takes away what a button or a hand makes before the imitation begins. */
function withoutKnocks<A extends Float32Array>(samples: A, sampleRate: number): A {
  let begin = 0, out = samples;
  for (let knocks = 0; knocks <= KNOCKS; knocks++) {
    const [start, end] = firstKnock(out.subarray(begin), sampleRate);
    if (end === 0) return out;
    if (knocks === KNOCKS) return samples;
    if (out === samples) out = samples.slice() as A;
    out.fill(0, begin + start, begin + end);
    begin += end;
  }
  return out;
}

/** Where a knock lies that the samples begin with, or an empty stretch where they begin otherwise. */
function firstKnock(samples: Float32Array, sampleRate: number): [start: number, end: number] {
  const none: [number, number] = [0, 0];
  const least = QUIET * largestOf(samples);
  const start = samples.findIndex((x) => Math.abs(x) > least);
  const lasting = (seconds: number) => Math.ceil(seconds * sampleRate);
  const click = lasting(CLICK_SECONDS), still = lasting(STILL_SECONDS);
  if (start < 0 || samples.length < start + 2 * click + still) return none;
  const loudest = largestOf(samples.subarray(start, start + click));
  const behind = samples.subarray(start + click);
  if (
    largestOf(behind.subarray(0, click)) <= BEHIND * loudest && loudest > LOUDER * largestOf(behind)
  ) {
    return [start, start + click];
  }
  const end = start +
    untilStill(samples.subarray(start, start + lasting(THUMP_SECONDS) + still), still);
  const isApart = end > start && samples.subarray(end).some((x) => Math.abs(x) > least);
  if (!isApart) return none;
  const isShort = end - start <= lasting(RINGING_SECONDS);
  return isShort || isLow(samples.subarray(start, end), sampleRate) ? [start, end] : none;
}

/** After how many samples it is still for so many, or 0 where it is not. */
function untilStill(samples: Float32Array, still: number): number {
  const loud = STILL * largestOf(samples);
  let last = -1;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]) > loud) last = i;
    else if (i - last >= still) return last + 1;
  }
  return 0;
}

function isLow(samples: Float32Array, sampleRate: number): boolean {
  return energyOf(highPass(samples, THUMP_TOP, sampleRate)) < THUMP_REST * energyOf(samples);
}
