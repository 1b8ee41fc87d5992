import { type Block, COMPLEX, pffft, PffftMemory, REAL } from "./pffft.ts";

const FORWARD = 0;
const BACKWARD = 1;

/** The smallest size from `n` up that PFFFT takes for complex transforms and is fast for. */
export function fastFftSize(n: number): number {
  let best = Infinity;
  for (const factor of [1, 3, 5, 9, 15, 25, 27, 45]) {
    let size = factor * 16;
    while (size < n) size *= 2;
    best = Math.min(best, size);
  }
  return best;
}

/**
 * The discrete Fourier transform of real signals of one length.
 *
 * @example
 * ```ts
 * import { RealFft } from "qvim";
 *
 * const samples = new Float32Array(1024).fill(1);
 * const [re] = new RealFft(1024).forward(samples); // re, im, re, im, …
 * if (re !== 1024) throw new Error(`${re}`);
 * ```
 */
export class RealFft {
  readonly #n: number;
  readonly #count: number;
  readonly #memory: PffftMemory;
  readonly #in: Block;
  readonly #out: Block;
  readonly #work: Block;

  /**
   * Makes the plan for signals of one length.
   *
   * @param n The length: a multiple of 32 whose other factors are 2, 3 and 5.
   * @param count Signals that are transformed at a time.
   * @throws {RangeError} Where PFFFT does not take that length.
   */
  constructor(n: number, count = 1) {
    this.#n = n;
    this.#count = count;
    this.#memory = new PffftMemory(n, REAL, [count * n, count * n, n]);
    [this.#in, this.#out, this.#work] = this.#memory.blocks;
  }

  /** Where the next signals go [shape=(count, n)]; the view is good until another plan is made. */
  get input(): Float32Array {
    return this.#in.view;
  }

  /**
   * Transforms what lies in {@linkcode input}.
   *
   * @returns A view, good until the next call: of each signal the real parts of the bins 0 and n/2,
   * then the bins 1 … n/2 − 1 as pairs of real and imaginary part [shape=(count, n)].
   */
  transform(): Float32Array {
    for (let i = 0; i < this.#count; i++) {
      const offset = i * this.#n * Float32Array.BYTES_PER_ELEMENT;
      pffft._pffft_transform_ordered(
        this.#memory.setup,
        this.#in.pointer + offset,
        this.#out.pointer + offset,
        this.#work.pointer,
        FORWARD,
      );
    }
    return this.#out.view;
  }

  /** The spectrum's bins 0 … n/2 as pairs of real and imaginary part [shape=(n + 2,)]. */
  forward(samples: ArrayLike<number>): Float32Array {
    const input = this.input;
    input.fill(0);
    input.set(samples);
    const packed = this.transform();
    const out = new Float32Array(this.#n + 2);
    out.set(packed);
    out[this.#n] = packed[1];
    out[1] = 0;
    return out;
  }
}

/** Convolution of real signals of any length with one fixed filter, by overlap-save. */
export class RealConvolver {
  readonly #size: number;
  readonly #step: number;
  readonly #taps: number;
  readonly #memory: PffftMemory;
  readonly #filter: Block;
  readonly #in: Block;
  readonly #spectrum: Block;
  readonly #product: Block;
  readonly #work: Block;

  /** @param taps The filter [shape=(t,)]. */
  constructor(taps: Float32Array) {
    // About eight times the filter: most of each transform then yields new samples.
    this.#size = Math.max(512, 2 ** Math.ceil(Math.log2(8 * taps.length)));
    this.#taps = taps.length;
    this.#step = this.#size - taps.length + 1;
    this.#memory = new PffftMemory(this.#size, REAL, Array(5).fill(this.#size));
    [this.#filter, this.#in, this.#spectrum, this.#product, this.#work] = this.#memory.blocks;
    const input = this.#in.view;
    input.fill(0);
    input.set(taps);
    this.#transform(this.#in, this.#filter, FORWARD);
  }

  #transform(from: Block, to: Block, direction: number): void {
    pffft._pffft_transform(
      this.#memory.setup,
      from.pointer,
      to.pointer,
      this.#work.pointer,
      direction,
    );
  }

  /**
   * The convolution, which has n + t − 1 samples; behind them there are zeros.
   *
   * @param samples [shape=(n,)]
   * @param out What it fills.
   * @param skip Samples of the convolution before the first one of `out`.
   */
  convolve(samples: Float32Array, out: Float32Array, skip: number): void {
    const history = this.#taps - 1;
    for (let start = 0; start < out.length; start += this.#step) {
      // The block begins with what the filter remembers of the one before.
      const from = start + skip - history;
      const offset = Math.min(this.#size, Math.max(0, -from));
      const block = samples.subarray(Math.max(0, from), Math.max(0, from + this.#size));
      const input = this.#in.view;
      input.fill(0, 0, offset);
      input.set(block, offset);
      input.fill(0, offset + block.length);
      this.#transform(this.#in, this.#spectrum, FORWARD);
      this.#product.view.fill(0);
      pffft._pffft_zconvolve_accumulate(
        this.#memory.setup,
        this.#spectrum.pointer,
        this.#filter.pointer,
        this.#product.pointer,
        1 / this.#size,
      );
      this.#transform(this.#product, this.#in, BACKWARD);
      const count = Math.min(this.#step, out.length - start);
      out.set(this.#in.view.subarray(history, history + count), start);
    }
  }

  /** Gives the memory back; the convolver must not be used afterwards. */
  free(): void {
    this.#memory.free();
  }
}

/**
 * Circular convolution of complex signals with one fixed kernel, the engine of
 * {@linkcode ChirpZ}.
 */
export class ComplexConvolver {
  readonly #n: number;
  readonly #memory: PffftMemory;
  readonly #kernel: Block;
  readonly #a: Block;
  readonly #b: Block;
  readonly #work: Block;

  /**
   * @param n The period: a size that {@linkcode fastFftSize} gives.
   * @param fill Writes the kernel, as pairs of real and imaginary part [shape=(2 n,)].
   * @throws {RangeError} Where there is not enough memory.
   */
  constructor(n: number, fill: (kernel: Float32Array) => void) {
    this.#n = n;
    this.#memory = new PffftMemory(n, COMPLEX, [2 * n]);
    [this.#kernel] = this.#memory.blocks;
    try {
      [this.#a, this.#b, this.#work] = this.#memory.share([2 * n, 2 * n, 2 * n]);
    } catch (error) {
      this.#memory.free();
      throw error;
    }
    fill(this.#a.view);
    this.#transform(this.#a, this.#kernel, FORWARD);
  }

  #transform(from: Block, to: Block, direction: number): void {
    const { setup } = this.#memory;
    pffft._pffft_transform(setup, from.pointer, to.pointer, this.#work.pointer, direction);
  }

  /** Where the next signal goes, as pairs [shape=(2 n,)]; {@linkcode convolve} overwrites it. */
  get input(): Float32Array {
    return this.#a.view;
  }

  /** Convolves {@linkcode input}; the result is a view, good until any convolver's next call. */
  convolve(): Float32Array {
    const a = this.#a, b = this.#b;
    this.#transform(a, b, FORWARD);
    a.view.fill(0);
    pffft._pffft_zconvolve_accumulate(
      this.#memory.setup,
      b.pointer,
      this.#kernel.pointer,
      a.pointer,
      1 / this.#n,
    );
    this.#transform(a, b, BACKWARD);
    return b.view;
  }

  /** Gives the memory back; the convolver must not be used afterwards. */
  free(): void {
    this.#memory.free();
  }
}
