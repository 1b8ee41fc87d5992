import { type Allocate, fresh } from "./buffers.ts";
import { RealConvolver } from "./fft.ts";
import type { HeapArray } from "./heap_array.ts";
import { BYTES, Kernels, ROUNDS, ROW_UNIT, WeightedSums } from "./kernels/kernels.ts";

/** How far aliases and images lie below the signal, in dB, with something to spare. */
const ATTENUATION = 100;
/** Where the pass band ends, as a part of the lower Nyquist frequency. */
const PASS_BAND = 0.9;
/**
 * Where a signal's band, as a part of its rate, leaves so little room below the first image that the
 * rate goes up before the low-pass.
 */
const NARROW = 0.4;

/**
 * Resamples to studio quality: flat to 0.01 dB up to 0.9 of the lower Nyquist frequency, aliases and
 * images below −90 dB.
 *
 * Two steps: a long linear-phase low-pass by fast convolution, at twice the signal's rate where the
 * band is wide; then a polyphase interpolation, which can be short, since it has all the room between
 * the band's edge and its image to fall off in. Both are sinc functions under a Kaiser window (J. F. Kaiser, 1974;
 * A. Oppenheim, R. Schafer, "Discrete-time signal processing", 7.5).
 *
 * @param samples The signal [shape=(n,)].
 * @param fromRate Its sample rate in Hz, a whole number.
 * @param toRate The wanted rate in Hz, a whole number.
 * @param limit How many output samples are wanted at most.
 * @param allocate Makes the array for the result; a fresh one unless given.
 * @throws {RangeError} Where a rate is no whole number from 1 to 1,000,000, or the limit is below 0.
 * @returns `ceil(n · toRate / fromRate)` samples, or the first `limit` of them.
 *
 * @example
 * ```ts
 * import { resample } from "qvim";
 *
 * const tone = Float32Array.from({ length: 44100 }, (_, i) => Math.sin(2 * Math.PI * 440 * i / 44100));
 * const heard = resample(tone, 44100, 16000);
 * if (heard.length !== 16000) throw new Error(`${heard.length}`);
 * ```
 */
export function resample(
  samples: Float32Array,
  fromRate: number,
  toRate: number,
  limit = Infinity,
  allocate: Allocate = fresh,
): Float32Array<ArrayBuffer> {
  checkRate("fromRate", fromRate);
  checkRate("toRate", toRate);
  if (!(limit >= 0)) throw new RangeError(`Expected limit to be 0 or more but found ${limit}`);
  const length = Math.min(limit, Math.ceil(samples.length * toRate / fromRate));
  const out = allocate(length);
  if (fromRate === toRate) {
    out.set(samples.subarray(0, length));
    return out;
  }
  const { oversampling, lowPass, interpolator } = planFor(fromRate, toRate);
  // Samples behind the last wanted one matter as far as the filters reach.
  const reach = lowPass.reach + interpolator.reach;
  const needed = Math.ceil(length * fromRate / toRate) + Math.ceil(reach / oversampling);
  const input = spread(samples.subarray(0, needed), oversampling);
  interpolator.run((part, from) => lowPass.run(input, part, from), out);
  return out;
}

/** Nothing records at a higher rate, and each phase of a ratio costs memory. */
const MAX_RATE = 1_000_000;

function checkRate(name: string, rate: number): void {
  if (!Number.isInteger(rate) || rate < 1 || rate > MAX_RATE) {
    throw new RangeError(
      `Expected ${name} to be a whole number from 1 to ${MAX_RATE} Hz but found ${rate}`,
    );
  }
}

/** Puts zeros between the samples. */
function spread(samples: Float32Array, times: number): Float32Array {
  if (times === 1) return samples;
  const out = new Float32Array(times * samples.length);
  for (let i = 0; i < samples.length; i++) out[times * i] = samples[i];
  return out;
}

interface Plan {
  oversampling: number;
  lowPass: LowPass;
  interpolator: Interpolator;
}

/** Plans that are kept: files of a folder have a few rates, those of strangers any. */
const MAX_PLANS = 8;

const plans = new Map<string, Plan>();

/** A plan of a few that are kept. It is good until the next call: that may free it. */
function planFor(fromRate: number, toRate: number): Plan {
  const key = `${fromRate}:${toRate}`;
  let plan = plans.get(key);
  if (plan === undefined) {
    const edge = Math.min(fromRate, toRate) / 2;
    const oversampling = edge > NARROW * fromRate ? 2 : 1;
    const rate = oversampling * fromRate;
    plan = {
      oversampling,
      lowPass: new LowPass(PASS_BAND * edge / rate, edge / rate, oversampling),
      interpolator: new Interpolator(rate, toRate, edge),
    };
  } else {
    plans.delete(key);
  }
  // The one that was used last stands last.
  plans.set(key, plan);
  for (const [oldest, { lowPass }] of plans) {
    if (plans.size <= MAX_PLANS) break;
    plans.delete(oldest);
    lowPass.free();
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

  /** @param out What it fills. @param from The sample that `out` begins with; may be below 0. */
  run(samples: Float32Array, out: Float32Array, from: number): void {
    this.#convolver.convolve(samples, out, from + this.reach);
  }

  /** Gives the memory back; the filter must not be used afterwards. */
  free(): void {
    this.#convolver.free();
  }
}

/** Results that are made at a time: with what they are made of, they fit into a core's own cache. */
const CHUNK = 32768;

/** Evaluates a signal whose band ends well below its Nyquist frequency at other instants. */
class Interpolator {
  /** Samples before an instant that matter for it. */
  readonly reach: number;
  /** The taps of all phases. */
  readonly #phases: WeightedSums;
  readonly #taps: number;
  /** Samples from one round of the phases to the next. */
  readonly #advance: number;
  /** Rounds at a time. */
  readonly #rounds: number;
  readonly #in: HeapArray;
  readonly #out: HeapArray;

  constructor(fromRate: number, toRate: number, edge: number) {
    const divisor = gcd(fromRate, toRate);
    const phases = toRate / divisor;
    this.#advance = fromRate / divisor;
    // From the band's edge to its first image.
    this.reach = Math.ceil(kaiserLength((fromRate - 2 * edge) / fromRate) / 2);
    this.#taps = 2 * this.reach;
    const kernels = new Kernels();
    this.#phases = new WeightedSums(
      kernels,
      Array.from({ length: phases }, (_, phase) => {
        const position = phase * this.#advance / phases;
        const first = Math.floor(position) - this.reach + 1;
        const taps = Float64Array.from(
          { length: this.#taps },
          (_, i) => windowedSinc(position - (first + i), 0.5, this.reach),
        );
        // All phases pass 0 Hz alike.
        const sum = taps.reduce((sum, tap) => sum + tap, 0);
        return { start: first + this.reach, weights: taps.map((tap) => tap / sum) };
      }),
    );
    this.#rounds = ROUNDS * Math.ceil(CHUNK / (ROUNDS * phases));
    this.#in = kernels.floats(this.#rounds * this.#advance + this.#taps + ROW_UNIT);
    this.#out = kernels.floats(this.#rounds * phases);
  }

  /**
   * @param read Fills an array with the signal's samples from a certain one on, which may lie before
   * the first one.
   * @param out What it fills.
   */
  run(read: (part: Float32Array, from: number) => void, out: Float32Array): void {
    const { rows } = this.#phases, chunk = this.#rounds * rows;
    for (let done = 0, from = -this.reach; done < out.length; done += chunk) {
      const count = Math.min(chunk, out.length - done);
      // As many rounds as are wanted, in fours.
      const rounds = ROUNDS * Math.ceil(count / (ROUNDS * rows));
      read(this.#in.view.subarray(0, rounds * this.#advance + this.#taps + ROW_UNIT), from);
      for (let round = 0; round < rounds; round += ROUNDS) {
        this.#phases.run(
          this.#in.pointer + BYTES * round * this.#advance,
          this.#advance,
          this.#out.pointer + BYTES * round * rows,
          1,
          rows,
        );
      }
      out.set(this.#out.view.subarray(0, count), done);
      from += this.#rounds * this.#advance;
    }
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
