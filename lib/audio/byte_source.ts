import { readAtSync } from "../io/bytes.ts";
import { borrow, giveBack } from "./buffers.ts";

/** Bytes that are read piece by piece: of a file, or in memory. */
export interface ByteSource {
  /** How many there are. */
  readonly size: number;
  /** The bytes from a place on, fewer where the end comes first; good until the next call. */
  read(start: number, length: number): Uint8Array<ArrayBuffer>;
}

/** What lies in memory. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  const whole = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  return { size: bytes.length, read: (start, length) => whole.subarray(start, start + length) };
}

/** How much is read of a file at least: headers lie close together. */
const BLOCK = 4096;

/** What lies in a file that is open. */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #file: Deno.FsFile;
  #block = borrow(BLOCK / 4);
  #start = 0;
  #filled = 0;

  /** @param file A regular file. */
  constructor(file: Deno.FsFile) {
    this.#file = file;
    this.size = file.statSync().size;
  }

  read(start: number, length: number): Uint8Array<ArrayBuffer> {
    const wanted = Math.max(0, Math.min(length, this.size - start));
    if (start < this.#start || start + wanted > this.#start + this.#filled) {
      const block = Math.min(Math.max(wanted, BLOCK), Math.max(0, this.size - start));
      if (block > this.#block.byteLength) {
        giveBack(this.#block);
        this.#block = borrow(Math.ceil(block / 4));
      }
      this.#filled = readAtSync(this.#file, start, new Uint8Array(this.#block.buffer, 0, block));
      this.#start = start;
    }
    const from = start - this.#start;
    const there = Math.max(0, Math.min(this.#filled - from, wanted));
    return new Uint8Array(this.#block.buffer, from, there);
  }

  /** Closes the file and gives the memory back. */
  close(): void {
    this.#file.close();
    giveBack(this.#block);
  }
}
