/** Reading and writing all of some bytes, where the system may take or give fewer at a time. */
import { Buffer } from "node:buffer";

/** What is read at a time of what has no size; as much as a pipe holds. */
const PART = 2 ** 16;

/** Writes all bytes to a file or a stream. */
export function writeAllSync(
  to: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  let written = 0;
  while (written < bytes.length) written += to.writeSync(bytes.subarray(written));
}

/** Writes all bytes to a file or a connection. */
export async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await to.write(bytes.subarray(written));
}

/**
 * Fills `into` from a place in a file.
 *
 * @returns How many bytes there were: fewer than asked for where the file ends earlier.
 */
export function readAtSync(file: Deno.FsFile, start: number, into: Uint8Array): number {
  file.seekSync(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = file.readSync(into.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/** Reads what is left of a file; of a pipe, until who writes into it is done. */
export function readRestSync(file: Deno.FsFile): Uint8Array {
  const parts: Uint8Array[] = [];
  while (true) {
    const part = new Uint8Array(PART), count = file.readSync(part);
    if (count === null) return Buffer.concat(parts);
    parts.push(count === PART ? part : part.slice(0, count));
  }
}

/** Bytes as a text, a letter each. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
