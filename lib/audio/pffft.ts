/** PFFFT's WebAssembly build, and the memory inside it. */
import PFFFT from "@echogarden/pffft-wasm/simd";
import { HeapArray } from "./heap_array.ts";

/** The part of PFFFT's interface that is used here; sizes and offsets are in bytes of its memory. */
interface PffftModule {
  HEAPF32: Float32Array;
  _pffft_new_setup(n: number, type: number): number;
  _pffft_destroy_setup(setup: number): void;
  _pffft_aligned_malloc(bytes: number): number;
  _pffft_aligned_free(pointer: number): void;
  _pffft_transform(s: number, input: number, output: number, work: number, dir: number): void;
  _pffft_transform_ordered(
    s: number,
    input: number,
    output: number,
    work: number,
    dir: number,
  ): void;
  _pffft_zconvolve_accumulate(s: number, a: number, b: number, ab: number, scale: number): void;
}

/** The module's functions. */
export const pffft: PffftModule = await (PFFFT as unknown as () => Promise<PffftModule>)();

/** Kinds of transforms. */
export const REAL = 0, COMPLEX = 1;

/**
 * The longest transform. PFFFT does not look whether its own memory was there for the asking, and
 * longer ones would fill all that a module may have.
 */
export const MAX_FFT_SIZE = 2 ** 22;

/** Aligned float32 memory inside PFFFT's heap. */
export class Block extends HeapArray {
  /** @throws {RangeError} Where the module's memory is used up. */
  constructor(length: number) {
    const pointer = pffft._pffft_aligned_malloc(length * 4);
    if (pointer === 0) throw new RangeError(`Out of memory for ${length} FFT samples`);
    super(pointer, () => pffft.HEAPF32.subarray(pointer / 4, pointer / 4 + length));
  }

  free(): void {
    pffft._pffft_aligned_free(this.pointer);
  }
}

/** Blocks of those lengths: all of them, or none. */
function allocate(lengths: number[]): Block[] {
  const blocks: Block[] = [];
  try {
    for (const length of lengths) blocks.push(new Block(length));
    return blocks;
  } catch (error) {
    for (const block of blocks) block.free();
    throw error;
  }
}

/** The twiddle factors of a size, shared by all transforms of that size and kind. */
interface Setup {
  key: string;
  pointer: number;
  users: number;
  /** Buffers that all its users work in, one at a time. */
  shared?: Block[];
}

const setups = new Map<string, Setup>();

function isSize(n: number, unit: number): boolean {
  let rest = n / unit;
  if (!Number.isInteger(rest) || rest < 1 || n > MAX_FFT_SIZE) return false;
  for (const factor of [2, 3, 5]) {
    while (rest % factor === 0) rest /= factor;
  }
  return rest === 1;
}

function acquireSetup(n: number, type: number): Setup {
  const key = `${type}:${n}`;
  let setup = setups.get(key);
  if (setup === undefined) {
    const unit = type === REAL ? 32 : 16;
    // PFFFT itself ends where a size is no multiple, and says so on the console.
    const pointer = isSize(n, unit) ? pffft._pffft_new_setup(n, type) : 0;
    if (pointer === 0) {
      throw new RangeError(
        `Expected an FFT size up to ${MAX_FFT_SIZE} of factors 2, 3 and 5, a ` +
          `multiple of ${unit}, but found ${n}`,
      );
    }
    setup = { key, pointer, users: 0 };
    setups.set(key, setup);
  }
  setup.users++;
  return setup;
}

/** What a transform holds of the module's memory. */
interface Held {
  setup: Setup;
  blocks: Block[];
}

/** Transforms that were dropped without {@linkcode PffftMemory.free} give their memory back too. */
const forgotten = new FinalizationRegistry(release);

function release({ setup, blocks }: Held): void {
  for (const block of blocks) block.free();
  if (--setup.users > 0) return;
  setups.delete(setup.key);
  for (const block of setup.shared ?? []) block.free();
  pffft._pffft_destroy_setup(setup.pointer);
}

/** The memory of one transform: all of it, or none where there is not enough. */
export class PffftMemory {
  /** What PFFFT's functions know the size by. */
  readonly setup: number;
  readonly blocks: Block[];
  #held?: Held;

  /**
   * @param n The size of the transform.
   * @param type {@linkcode REAL} or {@linkcode COMPLEX}.
   * @param lengths The lengths of the blocks, in numbers.
   * @throws {RangeError} Where PFFFT does not take that size, or its memory is used up.
   */
  constructor(n: number, type: number, lengths: number[]) {
    const held: Held = { setup: acquireSetup(n, type), blocks: [] };
    try {
      held.blocks = allocate(lengths);
    } catch (error) {
      release(held);
      throw error;
    }
    this.setup = held.setup.pointer;
    this.blocks = held.blocks;
    this.#held = held;
    forgotten.register(this, held, this);
  }

  /**
   * Blocks that all transforms of this size and kind share: what they hold is good until one of the
   * others is at work.
   *
   * @throws {RangeError} Where the memory is used up.
   */
  share(lengths: number[]): Block[] {
    const { setup } = this.#held!;
    return setup.shared ??= allocate(lengths);
  }

  /** Gives the memory back; doing it twice does nothing. */
  free(): void {
    if (this.#held === undefined) return;
    forgotten.unregister(this);
    release(this.#held);
    this.#held = undefined;
  }
}
