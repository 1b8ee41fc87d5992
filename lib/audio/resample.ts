import { RealConvolver } from "./fft.ts";

/** How far aliases and images lie below the signal, in dB, with something to spare. */
const ATTENUATION = 100;
/** Where the pass band ends, as a part of the lower Nyquist frequency. */
const PASS_BAND = 0.9;
/** How many times the rate goes up before the low-pass. */
const OVERSAMPLING = 2;

/**
 * Resamples to studio quality: flat to 0.01 dB up to 0.9 of the lower Nyquist frequency, aliases and
 * images below −90 dB.
 *
 * Two steps: a long linear-phase low-pass at twice the signal's rate, by fast convolution; then a
 * polyphase interpolation, which can be short, since it has all the room between the band's edge and
 * its image to fall off in. Both are sinc functions under a Kaiser window (J. F. Kaiser, 1974;
 * A. Oppenheim, R. Schafer, "Discrete-time signal processing", 7.5).
 *
 * @param samples The signal [shape=(n,)].
 * @param fromRate Its sample rate in Hz, a whole number.
 * @param toRate The wanted rate in Hz, a whole number.
 * @param limit How many output samples are wanted at most.
 * @returns `ceil(n · toRate / fromRate)` samples, or the first `limit` of them.
 */
export function resample(
  samples: Float32Array,
  fromRate: number,
  toRate: number,
  limit = Infinity,
): Float32Array {
  const length = Math.min(limit, Math.ceil(samples.length * toRate / fromRate));
  if (fromRate === toRate) return samples.slice(0, length);
  const { lowPass, interpolator } = planFor(fromRate, toRate);
  // Samples behind the last wanted one matter as far as the filters reach.
  const reach = lowPass.reach + interpolator.reach;
  const needed = Math.min(samples.length, Math.ceil(length * fromRate / toRate) + reach);
  const spread = new Float32Array(OVERSAMPLING * needed);
  for (let i = 0; i < needed; i++) spread[OVERSAMPLING * i] = samples[i];
  return interpolator.run(lowPass.run(spread), length);
}

interface Plan {
  lowPass: LowPass;
  interpolator: Interpolator;
}

const plans = new Map<string, Plan>();

function planFor(fromRate: number, toRate: number): Plan {
  const key = `${fromRate}:${toRate}`;
  let plan = plans.get(key);
  if (plan === undefined) {
    const rate = OVERSAMPLING * fromRate;
    const edge = Math.min(fromRate, toRate) / 2;
    plan = {
      lowPass: new LowPass(PASS_BAND * edge / rate, edge / rate, OVERSAMPLING),
      interpolator: new Interpolator(rate, toRate, edge),
    };
    plans.set(key, plan);
  }
  return plan;
}

/** A linear-phase low-pass by fast convolution, its delay taken out. */
class LowPass {
  readonly reach: number;
  readonly #convolver: RealConvolver;

  /** @param pass,stop Edges of the transition band, in cycles a sample. @param gain At 0 Hz. */
  constructor(pass: number, stop: number, gain: number) {
    this.reach = Math.ceil(kaiserLength(stop - pass) / 2);
    const cutoff = (pass + stop) / 2;
    const taps = Float32Array.from(
      { length: 2 * this.reach + 1 },
      (_, i) => gain * windowedSinc(i - this.reach, cutoff, this.reach + 1),
    );
    this.#convolver = new RealConvolver(taps);
  }

  run(samples: Float32Array): Float32Array {
    return this.#convolver.convolve(samples).subarray(this.reach, this.reach + samples.length);
  }
}

/** Evaluates a signal whose band ends well below its Nyquist frequency at other instants. */
class Interpolator {
  readonly reach: number;
  /** The taps of all phases, one phase after the other. */
  readonly #weights: Float32Array;
  /** Taps of one phase: a multiple of four. */
  readonly #taps: number;
  /** Where the taps of a phase begin, from the sample that the phases start at. */
  readonly #starts: Int32Array;
  /** Samples from one round of the phases to the next. */
  readonly #advance: number;

  constructor(fromRate: number, toRate: number, edge: number) {
    const divisor = gcd(fromRate, toRate);
    const count = toRate / divisor;
    this.#advance = fromRate / divisor;
    // From the band's edge to its first image.
    const half = kaiserLength((fromRate - 2 * edge) / fromRate) / 2;
    this.reach = 2 * Math.ceil(half / 2);
    this.#taps = 2 * this.reach;
    this.#starts = new Int32Array(count);
    this.#weights = new Float32Array(count * this.#taps);
    for (let phase = 0; phase < count; phase++) {
      const position = phase * this.#advance / count;
      const start = Math.floor(position) - this.reach + 1;
      const taps = Float64Array.from(
        { length: this.#taps },
        (_, i) => windowedSinc(position - (start + i), 0.5, this.reach),
      );
      // All phases pass 0 Hz alike.
      const sum = taps.reduce((sum, tap) => sum + tap, 0);
      this.#starts[phase] = start;
      this.#weights.set(taps.map((tap) => tap / sum), phase * this.#taps);
    }
  }

  run(samples: Float32Array, length: number): Float32Array {
    const { reach } = this;
    const weights = this.#weights, taps = this.#taps, starts = this.#starts;
    const last = Math.floor((length - 1) * this.#advance / starts.length);
    const padded = new Float32Array(Math.max(samples.length + reach, last + taps + 1));
    padded.set(samples, reach);
    const out = new Float32Array(length);
    let phase = 0, base = reach;
    for (let i = 0; i < length; i++) {
      const at = base + starts[phase], w = phase * taps;
      // Four sums: one would wait for itself at each tap.
      let a = 0, b = 0, c = 0, d = 0;
      for (let k = 0; k < taps; k += 4) {
        a += weights[w + k] * padded[at + k];
        b += weights[w + k + 1] * padded[at + k + 1];
        c += weights[w + k + 2] * padded[at + k + 2];
        d += weights[w + k + 3] * padded[at + k + 3];
      }
      out[i] = a + b + (c + d);
      if (++phase === starts.length) {
        phase = 0;
        base += this.#advance;
      }
    }
    return out;
  }
}

/** How long a Kaiser-windowed filter has to be for a transition of that many cycles a sample. */
function kaiserLength(transition: number): number {
  return (ATTENUATION - 7.95) / (2.285 * 2 * Math.PI * transition);
}

/**
 * An ideal low-pass at `t` samples from its middle, under a Kaiser window of `half` samples to each
 * side.
 *
 * @param cutoff In cycles a sample.
 */
function windowedSinc(t: number, cutoff: number, half: number): number {
  const beta = 0.1102 * (ATTENUATION - 8.7);
  const edge = 1 - (t / half) ** 2;
  if (edge <= 0) return 0;
  const angle = 2 * Math.PI * cutoff * t;
  const sinc = t === 0 ? 2 * cutoff : 2 * cutoff * Math.sin(angle) / angle;
  return sinc * besselI0(beta * Math.sqrt(edge)) / besselI0(beta);
}

/** The modified Bessel function of the first kind and order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
