import { borrow, giveBack } from "./buffers.ts";
import { chirpZFor, phasors } from "./chirp_z.ts";

/**
 * Resamples by the Fourier method, to `trunc(n · toRate / fromRate)` samples: the spectrum is cut
 * or zero-padded, as `scipy.signal.resample` does it. The signal counts as periodic.
 *
 * @param samples The signal [shape=(n,)].
 * @param fromRate Its sample rate in Hz.
 * @param toRate The wanted rate in Hz.
 * @param limit How many output samples are wanted at most.
 * @throws {RangeError} Where a rate is not a number above 0.
 * @returns The resampled signal, or its first `limit` samples.
 *
 * @example
 * ```ts
 * import { fourierResample } from "qvim";
 *
 * const wave = Float32Array.from({ length: 8 }, (_, i) => Math.cos(2 * Math.PI * i / 8));
 * const half = fourierResample(wave, 8, 4);
 * if (half.length !== 4 || Math.abs(half[2] + 1) > 1e-6) throw new Error(half.join());
 * ```
 */
export function fourierResample(
  samples: Float32Array,
  fromRate: number,
  toRate: number,
  limit = Infinity,
): Float32Array {
  for (const rate of [fromRate, toRate]) {
    if (!(rate > 0 && rate < Infinity)) {
      throw new RangeError(`Expected sample rates above 0 Hz but found ${rate}`);
    }
  }
  const n = samples.length;
  const m = Math.trunc(n * toRate / fromRate);
  if (m === n) return samples.slice(0, Math.min(m, limit));
  if (m === 0) return new Float32Array(0);
  const spectrum = lowSpectrum(samples, Math.min(n, m));
  const out = synthesize(spectrum, n, m, Math.min(m, limit));
  giveBack(spectrum);
  return out;
}

/** Points of the longest transforms: their plans take some 60 MB. */
const MAX_POINTS = 2 ** 21;
/** How far is looked for a cut that falls on the new rate's samples as well. */
const CUTS = 2048;

/**
 * The beginning of what {@linkcode fourierResample} gives, of a signal that need not be in memory.
 *
 * Up to {@linkcode MAX_POINTS} the whole signal is resampled. Of a longer one only the beginning is
 * read, and the end, which follows on it since the signal counts as periodic. What lies further away
 * reaches the beginning through the tails of a sinc function only: an error below 1e-4 of what is
 * within a few Hz of the new Nyquist frequency, and of nothing else.
 *
 * @param read Gives samples from one on, as many as wanted.
 * @param n How many samples there are.
 * @param fromRate Their rate in Hz.
 * @param toRate The wanted rate in Hz.
 * @param wanted How many output samples are wanted at most.
 */
export function fourierResampleStart(
  read: (start: number, count: number) => Float32Array,
  n: number,
  fromRate: number,
  toRate: number,
  wanted: number,
): Float32Array {
  const m = Math.trunc(n * toRate / fromRate);
  const ratio = m / n;
  const points = (samples: number) => samples * (0.5 + Math.min(1, ratio)) + wanted;
  if (points(n) <= MAX_POINTS) return fourierResample(read(0, n), fromRate, toRate, wanted);
  const longest = Math.floor((MAX_POINTS - wanted) / (0.5 + Math.min(1, ratio)));
  const needed = Math.ceil(wanted / ratio);
  const spare = longest - needed;
  if (spare < needed / 4) {
    throw new RangeError(
      `Expected ${wanted} samples at ${toRate} Hz to come of at most ${
        Math.floor(longest * 0.8)
      } ` +
        `samples but found a rate of ${fromRate} Hz, which takes ${needed}`,
    );
  }
  const end = bestCut(Math.floor(spare / 3), ratio);
  const beginning = bestCut(longest - end - CUTS, ratio);
  const part = new Float32Array(end + beginning);
  part.set(read(n - end, end));
  part.set(read(0, beginning), end);
  const skipped = Math.round(end * ratio), size = Math.round(part.length * ratio);
  const spectrum = lowSpectrum(part, Math.min(part.length, size));
  const out = synthesize(spectrum, part.length, size, skipped + wanted);
  giveBack(spectrum);
  return out.slice(skipped);
}

/** The length near `least` whose end falls best on a sample of the new rate. */
function bestCut(least: number, ratio: number): number {
  let best = least, distance = Infinity;
  for (let length = least; length < least + CUTS; length++) {
    const off = Math.abs(length * ratio - Math.round(length * ratio));
    if (off < distance) [best, distance] = [length, off];
  }
  return best;
}

/**
 * The DFT bins 0 … ⌊size / 2⌋ of a real signal, as pairs, in a borrowed array.
 *
 * Even and odd samples are packed into one complex signal of half the length; its transform at the
 * frequencies ±k/n gives both halves' transforms back, whether n is even or odd.
 */
function lowSpectrum(samples: Float32Array, size: number): Float32Array<ArrayBuffer> {
  const n = samples.length;
  const half = Math.ceil(n / 2);
  const top = Math.floor(size / 2);
  const analysis = chirpZFor({
    inputs: half,
    outputs: 2 * top + 1,
    firstOutput: -top,
    modulus: n,
    sign: -1,
  });
  const packed = borrow(2 * half);
  packed[2 * half - 1] = 0;
  packed.set(samples);
  analysis.load(packed);
  giveBack(packed);
  const z = borrow(2 * (2 * top + 1));
  analysis.values(z);
  const out = borrow(2 * (top + 1));
  const turns = phasors(-1 / n, top + 1);
  for (let k = 0; k <= top; k++) {
    const p = 2 * (top + k), q = 2 * (top - k);
    const turnRe = turns[2 * k], turnIm = turns[2 * k + 1];
    const evenRe = (z[p] + z[q]) / 2, evenIm = (z[p + 1] - z[q + 1]) / 2;
    const oddRe = (z[p + 1] + z[q + 1]) / 2, oddIm = (z[q] - z[p]) / 2;
    out[2 * k] = evenRe + oddRe * turnRe - oddIm * turnIm;
    out[2 * k + 1] = evenIm + oddRe * turnIm + oddIm * turnRe;
  }
  giveBack(z);
  giveBack(turns);
  return out;
}

/**
 * The first `wanted` samples of the real inverse DFT of length m.
 *
 * @param spectrum Bins 0 … ⌊min(n, m) / 2⌋ as pairs.
 * @param n The length of the signal that they come from.
 */
function synthesize(spectrum: Float32Array, n: number, m: number, wanted: number): Float32Array {
  const size = Math.min(n, m);
  const top = spectrum.length / 2 - 1;
  const outputs = Math.ceil(wanted / 2);
  const plan = chirpZFor({
    inputs: 2 * top + 1,
    firstInput: -top,
    outputs,
    modulus: m,
    sign: 1,
  });
  // Output samples 2k and 2k + 1 come as the real and imaginary part of one complex output: each
  // bin is turned by (1 + i · e^{2πil/m}).
  const packed = borrow(2 * (2 * top + 1));
  const turns = phasors(1 / m, top + 1);
  for (let l = 0; l <= top; l++) {
    let scale = 1 / n;
    // A Nyquist bin of the shorter length stands for both its halves: going down, scipy doubles it
    // and the inverse transform counts it once; going up, each half gets half of it.
    if (size % 2 === 0 && l === top && m > n) scale /= 2;
    const re = spectrum[2 * l] * scale, im = spectrum[2 * l + 1] * scale;
    const turnRe = turns[2 * l], turnIm = turns[2 * l + 1];
    const plus = 2 * (top + l), minus = 2 * (top - l);
    packed[plus] = re * (1 - turnIm) - im * turnRe;
    packed[plus + 1] = re * turnRe + im * (1 - turnIm);
    packed[minus] = re * (1 + turnIm) + im * turnRe;
    packed[minus + 1] = re * turnRe - im * (1 + turnIm);
  }
  plan.load(packed);
  giveBack(packed);
  giveBack(turns);
  return plan.values().subarray(0, wanted);
}
