import type { ByteSource } from "./byte_source.ts";

/** Bytes of a page's header before the sizes of its segments. */
const HEADER = 27;
/** The bit of its flags that a stream begins with. */
const BEGINS = 2;

/**
 * Finds the recordings that lie behind each other in an Ogg file, each with headers of its own, as
 * programs write who put files together, and radios: a chain, in the words of RFC 3533. Streams that
 * begin together are one recording.
 *
 * @param most How many are looked for.
 * @returns Where each begins and ends; the last has all that is there.
 */
export function oggLinks(
  source: ByteSource,
  start: number,
  length: number,
  most: number,
): { start: number; length: number }[] {
  const end = start + length, starts = [start];
  let isBeginning = true;
  for (let at = start; at < end && starts.length < most;) {
    const header = source.read(at, HEADER);
    if (header.length < HEADER || String.fromCharCode(...header.subarray(0, 4)) !== "OggS") break;
    const begins = (header[5] & BEGINS) !== 0, segments = header[26];
    if (begins && !isBeginning) starts.push(at);
    isBeginning = begins;
    const sizes = source.read(at + HEADER, segments);
    at += HEADER + segments + sizes.reduce((sum, size) => sum + size, 0);
  }
  return starts.map((from, i) => ({ start: from, length: (starts[i + 1] ?? end) - from }));
}
