import { borrow, giveBack } from "./buffers.ts";
import { ComplexConvolver, fastFftSize } from "./fft.ts";

/** What a {@linkcode ChirpZ} sums. */
export interface ChirpZOptions {
  /** How many input samples there are. */
  inputs: number;
  /** The index of the first input sample; 0 unless given. */
  firstInput?: number;
  /** How many output samples are wanted. */
  outputs: number;
  /** The index of the first output sample; 0 unless given. */
  firstOutput?: number;
  /** The kernel's denominator: see the class. A DFT of length n has 2 n. */
  modulus: number;
  /** −1 for an analysis (DFT), 1 for a synthesis (inverse DFT, unscaled). */
  sign: -1 | 1;
}

/** About what a plan takes for each of its inputs and outputs: kernel, buffers and chirps. */
const NUMBERS_A_POINT = 10;

/**
 * The chirp-z transform on the unit circle,
 *
 *     X[k] = Σ_j x[j] · exp(sign · 2πi · 2jk / modulus)
 *
 * as one circular convolution (L. I. Bluestein, "A linear filtering approach to the computation of
 * discrete Fourier transform", 1970; Rabiner, Schafer, Rader 1969), since
 * 2jk = j² + k² − (k − j)². Lengths are free: they need have no small factors, and only the wanted
 * outputs are computed.
 *
 * Chirps are computed in double precision, the convolution runs in single precision: the error is
 * about 1e-7 of the largest output.
 */
export class ChirpZ {
  readonly #convolver: ComplexConvolver;
  readonly #size: number;
  readonly #pre: Float32Array<ArrayBuffer>;
  readonly #post: Float32Array<ArrayBuffer>;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #firstIndex: number;

  constructor(options: ChirpZOptions) {
    const { inputs, outputs, modulus, sign, firstInput = 0, firstOutput = 0 } = options;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#size = fastFftSize(inputs + outputs - 1);
    this.#firstIndex = wrap(firstOutput, this.#size);
    // Differences of indices run from k₀ − (N − 1) to k₀ + K − 1, shifted by the first input.
    const first = firstOutput - (inputs - 1);
    const count = inputs + outputs - 1;
    const start = wrap(first, this.#size);
    const head = Math.min(this.#size - start, count);
    // First what may find no memory: chirps take their time.
    this.#convolver = new ComplexConvolver(this.#size, (kernel) => {
      const differences = chirp(first - firstInput, count, modulus, -sign as 1 | -1);
      kernel.fill(0);
      kernel.set(differences.subarray(0, 2 * head), 2 * start);
      kernel.set(differences.subarray(2 * head), 0);
      giveBack(differences);
    });
    this.#pre = chirp(firstInput, inputs, modulus, sign);
    this.#post = chirp(firstOutput, outputs, modulus, sign);
  }

  /** About how many numbers it holds in memory. */
  get numbers(): number {
    return NUMBERS_A_POINT * (this.#inputs + this.#outputs);
  }

  /**
   * Loads complex input.
   *
   * @param x Pairs of real and imaginary part [shape=(2 inputs,)].
   */
  load(x: Float32Array): void {
    const { input } = this.#convolver;
    const pre = this.#pre;
    for (let i = 0; i < 2 * this.#inputs; i += 2) {
      input[i] = x[i] * pre[i] - x[i + 1] * pre[i + 1];
      input[i + 1] = x[i] * pre[i + 1] + x[i + 1] * pre[i];
    }
    input.fill(0, 2 * this.#inputs);
  }

  /** The transform of what was loaded, as pairs of real and imaginary part [shape=(2 outputs,)]. */
  values(out: Float32Array = new Float32Array(2 * this.#outputs)): Float32Array {
    const y = this.#convolver.convolve();
    const post = this.#post;
    let j = 2 * this.#firstIndex;
    for (let i = 0; i < 2 * this.#outputs; i += 2) {
      out[i] = y[j] * post[i] - y[j + 1] * post[i + 1];
      out[i + 1] = y[j] * post[i + 1] + y[j + 1] * post[i];
      j += 2;
      if (j === y.length) j = 0;
    }
    return out;
  }

  /**
   * The magnitudes of the transform [shape=(outputs,)]. Cheaper than {@linkcode values}: the last
   * chirp only turns phases.
   *
   * @param out Where they go, from `offset`.
   * @param scale What they are multiplied by.
   */
  magnitudes(out: Float32Array, offset = 0, scale = 1): void {
    const y = this.#convolver.convolve();
    let j = 2 * this.#firstIndex;
    for (let i = 0; i < this.#outputs; i++) {
      out[offset + i] = scale * Math.sqrt(y[j] * y[j] + y[j + 1] * y[j + 1]);
      j += 2;
      if (j === y.length) j = 0;
    }
  }

  /** Gives the memory of the plan back. */
  free(): void {
    giveBack(this.#pre);
    giveBack(this.#post);
    this.#convolver.free();
  }
}

/** Plans that are kept: files of one length and rate follow each other often. */
const MAX_PLANS = 8;
/** What kept plans may take together, in numbers: larger ones are made anew each time. */
const MAX_PLANNED = 2 ** 24;

const plans = new Map<string, ChirpZ>();

/**
 * A plan of a few that are kept. It is good until the next call: that may free it.
 *
 * @throws {RangeError} Where there is not enough memory for it.
 */
export function chirpZFor(options: ChirpZOptions): ChirpZ {
  const { inputs, firstInput = 0, outputs, firstOutput = 0, modulus, sign } = options;
  const key = [inputs, firstInput, outputs, firstOutput, modulus, sign].join(":");
  let plan = plans.get(key);
  if (plan === undefined) {
    const size = (inputs + outputs) * NUMBERS_A_POINT;
    let total = [...plans.values()].reduce((sum, plan) => sum + plan.numbers, size);
    for (const [other, old] of plans) {
      if (plans.size < MAX_PLANS && total <= MAX_PLANNED) break;
      plans.delete(other);
      total -= old.numbers;
      old.free();
    }
    plan = new ChirpZ(options);
  } else {
    plans.delete(key);
  }
  // The one that was used last stands last.
  plans.set(key, plan);
  return plan;
}

function wrap(index: number, size: number): number {
  return ((index % size) + size) % size;
}

/** How many steps of the recurrence below are taken before it starts afresh from an exact value. */
const RESTART = 64;

/**
 * exp(sign · 2πi · j² / modulus) for j = first … first + count − 1, as pairs, in a borrowed array.
 *
 * A sine and cosine for each would cost more than the transform. j² grows by 2j + 1, which grows by
 * 2, so two multiplications give the next value; restarts keep the rounding error under 1e-12.
 */
function chirp(
  first: number,
  count: number,
  modulus: number,
  sign: -1 | 1,
): Float32Array<ArrayBuffer> {
  const out = borrow(2 * count);
  const unit = sign * 2 * Math.PI / modulus;
  const twistRe = Math.cos(2 * unit);
  const twistIm = Math.sin(2 * unit);
  for (let start = 0; start < count; start += RESTART) {
    const j = first + start;
    const angle = unit * wrap(j * j, modulus);
    const stepAngle = unit * wrap(2 * j + 1, modulus);
    let re = Math.cos(angle), im = Math.sin(angle);
    let stepRe = Math.cos(stepAngle), stepIm = Math.sin(stepAngle);
    const end = Math.min(start + RESTART, count);
    for (let i = start; i < end; i++) {
      out[2 * i] = re;
      out[2 * i + 1] = im;
      const nextRe = re * stepRe - im * stepIm;
      im = re * stepIm + im * stepRe;
      re = nextRe;
      const nextStepRe = stepRe * twistRe - stepIm * twistIm;
      stepIm = stepRe * twistIm + stepIm * twistRe;
      stepRe = nextStepRe;
    }
  }
  return out;
}

/**
 * exp(2πi · k · turn) for k = 0 … count − 1, as pairs, in a borrowed array; the recurrence restarts
 * as above.
 */
export function phasors(turn: number, count: number): Float32Array<ArrayBuffer> {
  const out = borrow(2 * count);
  const stepRe = Math.cos(2 * Math.PI * turn), stepIm = Math.sin(2 * Math.PI * turn);
  for (let start = 0; start < count; start += RESTART) {
    let re = Math.cos(2 * Math.PI * turn * start), im = Math.sin(2 * Math.PI * turn * start);
    const end = Math.min(start + RESTART, count);
    for (let k = start; k < end; k++) {
      out[2 * k] = re;
      out[2 * k + 1] = im;
      const next = re * stepRe - im * stepIm;
      im = re * stepIm + im * stepRe;
      re = next;
    }
  }
  return out;
}
