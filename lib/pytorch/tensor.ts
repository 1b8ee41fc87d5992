import { CheckpointError } from "./errors.ts";

/** The types of numbers that are read. */
export type DType = "float32" | "float16" | "bfloat16" | "float64" | "int64";

/** Bytes of one number. */
export const DTYPE_BYTES: Record<DType, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int64: 8,
};

/** Numbers that are read of a tensor though its storage has fewer. */
const MOST_EXPANDED = 2 ** 24;

/** A tensor of a checkpoint, whose numbers are read from the file when they are asked for. */
export class Tensor {
  /**
   * @param dtype The type of its numbers.
   * @param shape Its size in each dimension.
   * @param stride Numbers from one index to the next, in each dimension.
   * @param offset The first number's place in the storage.
   * @param storageLength How many numbers the storage has.
   * @param readStorage Reads bytes of the storage, little-endian, afresh: from one on, so many.
   * @throws {CheckpointError} Where the tensor reaches past the end of its storage.
   */
  constructor(
    readonly dtype: DType,
    readonly shape: number[],
    readonly stride: number[],
    readonly offset: number,
    private readonly storageLength: number,
    private readonly readStorage: (start: number, length: number) => Promise<Uint8Array>,
  ) {
    const sizes = [...shape, ...stride, offset];
    const areSizes = shape.length === stride.length &&
      sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!areSizes) {
      throw new CheckpointError(
        `Expected a shape and strides of whole numbers but found ${
          Deno.inspect({ shape, stride })
        }`,
      );
    }
    if (this.length > 0 && offset + this.#span > storageLength) {
      throw new CheckpointError(
        `Expected a tensor inside its storage of ${storageLength} numbers but found one of shape ` +
          `[${shape}], stride [${stride}] and offset ${offset}`,
      );
    }
  }

  /** How many numbers it has. */
  get length(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** How many numbers of the storage lie from its first to its last. */
  get #span(): number {
    return this.shape.reduce((sum, size, i) => sum + (size - 1) * this.stride[i], 1);
  }

  /**
   * Its numbers in row-major order; float16 and bfloat16 as float32.
   *
   * @throws {CheckpointError} Where they are far more than its storage has, or that is broken.
   */
  async read(): Promise<Float32Array | Float64Array | BigInt64Array> {
    // One number may stand for many (stride 0), but not for more memory than anybody has.
    if (this.length > Math.max(this.storageLength, MOST_EXPANDED)) {
      throw new CheckpointError(
        `Expected a tensor that its storage of ${this.storageLength} numbers can fill but found ` +
          `one of shape [${this.shape}]`,
      );
    }
    const size = DTYPE_BYTES[this.dtype];
    const count = this.length === 0 ? 0 : this.#span;
    const bytes = count === 0
      ? new Uint8Array()
      : await this.readStorage(size * this.offset, size * count);
    const numbers = decode(bytes, this.dtype);
    if (this.#isContiguous()) return numbers;
    const out = new (numbers.constructor as Float32ArrayConstructor)(this.length);
    const index = new Array(this.shape.length).fill(0);
    let at = 0;
    for (let i = 0; i < out.length; i++) {
      out[i] = numbers[at] as number;
      for (let d = this.shape.length - 1; d >= 0; d--) {
        at += this.stride[d];
        if (++index[d] < this.shape[d]) break;
        at -= this.stride[d] * this.shape[d];
        index[d] = 0;
      }
    }
    return out;
  }

  /** Its numbers in row-major order, in single precision. */
  async readFloat32(): Promise<Float32Array> {
    const values = await this.read();
    return values instanceof Float32Array
      ? values
      : Float32Array.from(values as Float64Array, (value) => Number(value));
  }

  #isContiguous(): boolean {
    let expected = 1;
    for (let d = this.shape.length - 1; d >= 0; d--) {
      if (this.shape[d] !== 1 && this.stride[d] !== expected) return false;
      expected *= this.shape[d];
    }
    return true;
  }
}

function decode(bytes: Uint8Array, dtype: DType): Float32Array | Float64Array | BigInt64Array {
  // Typed arrays ask for alignment, which a view into a larger buffer may not have.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const length = Math.floor(bytes.length / DTYPE_BYTES[dtype]);
  const { buffer, byteOffset } = aligned;
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "float16": {
      const view = new DataView(buffer, byteOffset);
      return Float32Array.from({ length }, (_, i) => view.getFloat16(2 * i, true));
    }
    case "bfloat16": {
      // The upper half of a float32.
      const halves = new Uint16Array(buffer, byteOffset, length);
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    }
  }
}
