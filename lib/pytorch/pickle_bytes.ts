import { CheckpointError } from "./errors.ts";

/** No integer of a checkpoint has more bytes. */
const MAX_INTEGER_BYTES = 64;

/** The bytes of a pickle, taken from the beginning on as its opcodes ask for them. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many have been taken. */
  get at(): number {
    return this.#at;
  }

  /** The next bytes. */
  take(size: number): Uint8Array {
    if (size > this.#bytes.length - this.#at) {
      throw this.fail(`${size} more bytes but found ${this.#bytes.length - this.#at}`);
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  uint8(): number {
    return this.take(1)[0];
  }

  /** A little-endian unsigned number. */
  unsigned(size: 2 | 4 | 8): number {
    const view = viewOf(this.take(size));
    if (size === 2) return view.getUint16(0, true);
    return size === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  /** UTF-8, behind its length in so many bytes. */
  unicode(size: 1 | 4 | 8): string {
    const length = size === 1 ? this.uint8() : this.unsigned(size);
    return new TextDecoder().decode(this.take(length));
  }

  /** A little-endian integer in two's complement. */
  integer(size: number): number | bigint {
    if (size > MAX_INTEGER_BYTES) {
      throw this.fail(`integers of at most ${MAX_INTEGER_BYTES} bytes but found ${size}`);
    }
    const bytes = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]);
    if (size > 0 && bytes[size - 1] & 0x80) value -= 1n << BigInt(8 * size);
    return narrow(value);
  }

  /** A line of digits, or a truth value as protocol 0 wrote it. */
  textInteger(): number | bigint | boolean {
    const text = this.line().replace(/L$/, "");
    if (text === "00" || text === "01") return text === "01";
    if (/^-?\d{1,100}$/.test(text)) return narrow(BigInt(text));
    throw this.fail(`an integer but found ${JSON.stringify(text.slice(0, 40))}`);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.fail("a line");
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  /** What is wrong at this place. */
  fail(what: string): CheckpointError {
    return new CheckpointError(`Expected ${what} at byte ${this.#at} of the pickle`);
  }
}

/** Bytes as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
