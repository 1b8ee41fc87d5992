import { HeapArray } from "../heap_array.ts";

/** The functions of `kernels.wat`, which says what each does; pointers and strides are in bytes. */
export interface KernelFunctions {
  weightedSums(
    out: number,
    rowStride: number,
    roundStride: number,
    samples: number,
    advance: number,
    weights: number,
    starts: number,
    lengths: number,
    rows: number,
  ): void;
  emphasize(out: number, samples: number, count: number, coefficient: number): void;
  multiply(out: number, a: number, b: number, count: number): void;
  power(out: number, pairs: number, count: number): void;
  logarithm(values: number, count: number, offset: number, shift: number, scale: number): void;
}

const module = new WebAssembly.Module(
  Deno.readFileSync(new URL("./kernels.wasm", import.meta.url)),
);

/** Weights of a row are filled up with zeros to a multiple of this many. */
export const ROW_UNIT = 4;
/** Rounds of {@linkcode WeightedSums} that are made at a time. */
export const ROUNDS = 4;

/** Bytes of a number. */
export const BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE = 65536;
/** Arrays begin at multiples of this many bytes, and so much room is left behind the last one. */
const ALIGNMENT = 64;

/** The kernels with a memory of their own: what works with them makes its arrays once, and keeps them. */
export class Kernels {
  readonly run: KernelFunctions;
  readonly #memory: WebAssembly.Memory;
  #end = 0;

  constructor() {
    const { exports } = new WebAssembly.Instance(module);
    this.run = exports as unknown as KernelFunctions;
    this.#memory = exports.memory as WebAssembly.Memory;
  }

  /**
   * An array of zeros. Kernels that take four or eight numbers at a time may touch up to eight
   * numbers behind the last one.
   */
  floats(length: number): HeapArray {
    const pointer = this.#allocate(length);
    return new HeapArray(pointer, () => new Float32Array(this.#memory.buffer, pointer, length));
  }

  /** An array of 32-bit integers, all 0. */
  integers(length: number): HeapArray<Int32Array> {
    const pointer = this.#allocate(length);
    return new HeapArray(pointer, () => new Int32Array(this.#memory.buffer, pointer, length));
  }

  #allocate(length: number): number {
    const pointer = this.#end;
    this.#end = ALIGNMENT * Math.ceil((pointer + BYTES * length + ALIGNMENT) / ALIGNMENT);
    const missing = this.#end + ALIGNMENT - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    return pointer;
  }
}

/** One row of {@linkcode WeightedSums}. */
export interface Row {
  /** Where it begins in what is summed. */
  start: number;
  weights: ArrayLike<number>;
}

/** Sums of samples with the weights of each of some rows: a polyphase filter, or a filter bank. */
export class WeightedSums {
  readonly rows: number;
  readonly #kernels: Kernels;
  readonly #weights: HeapArray;
  readonly #starts: HeapArray<Int32Array>;
  readonly #lengths: HeapArray<Int32Array>;

  /** @param rows At least one, none empty. */
  constructor(kernels: Kernels, rows: Row[]) {
    const lengths = rows.map(({ weights }) => ROW_UNIT * Math.ceil(weights.length / ROW_UNIT));
    this.rows = rows.length;
    this.#kernels = kernels;
    this.#weights = kernels.floats(lengths.reduce((sum, length) => sum + length, 0));
    this.#starts = kernels.integers(rows.length);
    this.#lengths = kernels.integers(rows.length);
    const all = this.#weights.view;
    let at = 0;
    rows.forEach(({ weights }, row) => {
      all.set(weights, at);
      at += lengths[row];
    });
    this.#starts.view.set(rows.map(({ start }) => BYTES * start));
    this.#lengths.view.set(lengths.map((length) => BYTES * length));
  }

  /**
   * Sums with all rows' weights, {@linkcode ROUNDS} times, further on in the samples each time.
   *
   * @param samples Where the first round's samples are, in bytes. Behind those that a row has weights
   * for, up to {@linkcode ROW_UNIT} more are read and must be finite.
   * @param advance Samples from one round to the next.
   * @param out Where the first sum goes, in bytes.
   * @param rowStride,roundStride Numbers from one row's and one round's sum to the next.
   */
  run(
    samples: number,
    advance: number,
    out: number,
    rowStride: number,
    roundStride: number,
  ): void {
    this.#kernels.run.weightedSums(
      out,
      BYTES * rowStride,
      BYTES * roundStride,
      samples,
      BYTES * advance,
      this.#weights.pointer,
      this.#starts.pointer,
      this.#lengths.pointer,
      this.rows,
    );
  }
}
