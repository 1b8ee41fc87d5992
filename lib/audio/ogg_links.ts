/** What lies in Ogg files: pages, and recordings behind each other (RFC 3533). */
import { Buffer } from "node:buffer";
import { latin1 } from "../io/bytes.ts";
import type { ByteSource } from "./byte_source.ts";

/** How a page begins, bytes of its header before the sizes of its segments, and how many these can be. */
const MARK = "OggS", HEADER = 27, MOST_SEGMENTS = 255;
/** The bits of its flags that a stream begins and ends with. */
const BEGINS = 2, ENDS = 4;
/** Where in a header its position, the number of its stream and its checksum are. */
const POSITION = 6, STREAM = 14, CHECKSUM = 22;
/** How the head of Opus begins, and where in it the samples to skip are; there are 19 bytes at least. */
const OPUS_HEAD = "OpusHead", PRE_SKIP = 10;
/** Bytes that are looked through at a time, at most. */
const BLOCK = 2 ** 16;

/** Where a page lies, and what its header says. */
interface Page {
  start: number;
  length: number;
  flags: number;
  position: bigint;
  stream: number;
  /** Where what it holds begins. */
  body: number;
}

/** A recording in an Ogg file. */
export interface OggLink {
  /** Where it begins, and how many bytes it takes. */
  start: number;
  length: number;
  /** The number of the stream that its sound is. */
  stream: number;
  /**
   * How many samples it has, of Opus of one page (up to a second): its packets hold more, and its
   * decoder leaves out what is too much of longer ones only (RFC 7845, section 4.5).
   */
  samples: number | undefined;
}

/**
 * Finds the recordings that lie behind each other in an Ogg file, each with headers of its own, as
 * programs write who put files together, and radios: a chain, in the words of RFC 3533. Streams that
 * begin together are one recording, such as a video; its sound is the first of them that is one.
 *
 * @param mark How the coding of the sound begins a stream.
 * @param most How many are looked for.
 * @returns Each of them; the last has all that is there.
 */
export function oggLinks(
  source: ByteSource,
  start: number,
  length: number,
  mark: string,
  most: number,
): OggLink[] {
  const end = start + length, links: Recording[] = [];
  let isBeginning = false;
  for (const page of pagesOf(source, start, end)) {
    const begins = (page.flags & BEGINS) !== 0;
    if (links.length === 0 || (begins && !isBeginning)) {
      if (links.length === most) break;
      links.push(new Recording(page, mark));
    }
    isBeginning = begins;
    links.at(-1)!.add(page, source);
  }
  return links.map(({ start, stream, samples }, i) => ({
    start,
    length: (links[i + 1]?.start ?? end) - start,
    stream,
    samples,
  }));
}

/**
 * Reads the pages of a recording's sound and nothing else: neither other streams, nor what lies
 * between pages, nor half a page at the end. Decoders would take it for sound.
 *
 * @param fail Makes the error for what is wrong with a page.
 * @returns What gives the next bytes, so many at most; none at the end.
 */
export function pageReader(
  source: ByteSource,
  link: OggLink,
  fail: (found: string) => Error,
): (count: number) => Uint8Array {
  const pages = pagesOf(source, link.start, link.start + link.length);
  let rest: Uint8Array = new Uint8Array();
  return (count) => {
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0;) {
      if (rest.length === 0) {
        const { value: page, done } = pages.next();
        if (done) break;
        if (page.stream !== link.stream) continue;
        // What was read lies where the next is read to.
        rest = source.read(page.start, page.length).slice();
        if (!isWhole(rest)) throw fail(`a page at byte ${page.start} with another checksum`);
      }
      const part = rest.subarray(0, missing);
      rest = rest.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  };
}

/** The whole pages of a part of a file, one after another. */
function* pagesOf(source: ByteSource, start: number, end: number): Generator<Page> {
  for (let at = start; at < end;) {
    const page = pageAt(source, at, end);
    if (page !== undefined) yield page;
    at = page === undefined ? markAfter(source, at, end) : at + page.length;
  }
}

function pageAt(source: ByteSource, start: number, end: number): Page | undefined {
  const header = source.read(start, HEADER + MOST_SEGMENTS);
  if (header.length < HEADER || latin1(header.subarray(0, MARK.length)) !== MARK) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, HEADER);
  const body = start + HEADER + header[HEADER - 1];
  const sizes = header.subarray(HEADER, body - start);
  const length = body - start + sizes.reduce((sum, size) => sum + size, 0);
  if (start + length > end) return undefined;
  const [position, stream] = [view.getBigInt64(POSITION, true), view.getUint32(STREAM, true)];
  return { start, length, flags: header[5], position, stream, body };
}

/** Where the next page may begin behind a place, or the end; mostly that is near. */
function markAfter(source: ByteSource, start: number, end: number): number {
  for (let at = start + 1, size = HEADER; at < end; size = Math.min(2 * size, BLOCK)) {
    const { buffer, byteOffset, length } = source.read(at, Math.min(size, end - at));
    const found = Buffer.from(buffer, byteOffset, length).indexOf(MARK);
    if (found >= 0) return at + found;
    at += size - MARK.length + 1;
  }
  return end;
}

/** The checksum of each byte: that of Ogg's pages has the highest bit first. */
const CHECKSUMS = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum << 1 ^ (sum < 0 ? 0x04c11db7 : 0);
  return sum;
});

/** Whether a page has the checksum that its header says; its own bytes count as zeros. */
function isWhole(page: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= CHECKSUM && i < CHECKSUM + 4 ? 0 : page[i];
    sum = sum << 8 ^ CHECKSUMS[sum >>> 24 ^ byte];
  }
  return sum === new DataView(page.buffer, page.byteOffset).getInt32(CHECKSUM, true);
}

/** A recording whose pages are being looked at. */
class Recording {
  readonly start: number;
  /** Its sound; what it begins with where none of its streams is of the coding. */
  stream: number;
  readonly #mark: string;
  #isFound = false;
  #skip = 0;
  #pages = 0;
  #end: number | undefined;

  constructor(page: Page, mark: string) {
    this.start = page.start;
    this.stream = page.stream;
    this.#mark = mark;
  }

  /** See {@linkcode OggLink}. */
  get samples(): number | undefined {
    return this.#mark === OPUS_HEAD && this.#pages === 1 ? this.#end : undefined;
  }

  /** Takes the next page: of those that begin a stream the head, of those of the sound its position. */
  add({ flags, position, stream, body }: Page, source: ByteSource): void {
    if (!this.#isFound && (flags & BEGINS) !== 0) {
      const head = source.read(body, PRE_SKIP + 2);
      if (latin1(head).startsWith(this.#mark)) {
        this.#isFound = true;
        this.stream = stream;
        this.#skip = head[PRE_SKIP] | head[PRE_SKIP + 1] << 8;
        return;
      }
    }
    // Pages that end in samples are counted up to these, from the stream's beginning.
    if (stream !== this.stream || position <= 0n) return;
    this.#pages++;
    if (flags & ENDS) this.#end = Math.max(0, Number(position) - this.#skip);
  }
}
