import type { ByteSource } from "./byte_source.ts";

/** Bytes of a page's header before the sizes of its segments. */
const HEADER = 27;
/** The bits of its flags that a stream begins and ends with. */
const BEGINS = 2, ENDS = 4;
/** How the head of Opus begins, and where in it the samples to skip are; there are 19 bytes at least. */
const OPUS_HEAD = "OpusHead", PRE_SKIP = 10;

/** A recording in an Ogg file. */
export interface OggLink {
  /** Where it begins, and how many bytes it takes. */
  start: number;
  length: number;
  /**
   * How many samples it has, of Opus of one page (up to a second): its packets hold more, and its
   * decoder leaves out what is too much of longer ones only (RFC 7845, section 4.5).
   */
  samples: number | undefined;
}

/**
 * Finds the recordings that lie behind each other in an Ogg file, each with headers of its own, as
 * programs write who put files together, and radios: a chain, in the words of RFC 3533. Streams that
 * begin together are one recording.
 *
 * @param most How many are looked for.
 * @returns Each of them; the last has all that is there.
 */
export function oggLinks(
  source: ByteSource,
  start: number,
  length: number,
  most: number,
): OggLink[] {
  const end = start + length, starts = [start], ends: OpusEnd[] = [new OpusEnd()];
  let isBeginning = true;
  for (let at = start; at < end && starts.length < most;) {
    const header = source.read(at, HEADER);
    if (header.length < HEADER || String.fromCharCode(...header.subarray(0, 4)) !== "OggS") break;
    const begins = (header[5] & BEGINS) !== 0, segments = header[26];
    if (begins && !isBeginning) {
      starts.push(at);
      ends.push(new OpusEnd());
    }
    isBeginning = begins;
    // What was read lies where the next is read to.
    const { buffer } = header.slice();
    const sizes = source.read(at + HEADER, segments).slice();
    if (begins) ends.at(-1)!.begin(buffer, source.read(at + HEADER + segments, PRE_SKIP + 2));
    else ends.at(-1)!.add(buffer);
    at += HEADER + segments + sizes.reduce((sum, size) => sum + size, 0);
  }
  return starts.map((from, i) => ({
    start: from,
    length: (starts[i + 1] ?? end) - from,
    samples: ends[i].samples,
  }));
}

/** Where a stream of Opus ends. */
class OpusEnd {
  #stream: number | undefined;
  #skip = 0;
  #pages = 0;
  #samples: number | undefined;

  /** Pages that end in samples are counted up to these, from the stream's beginning. */
  get samples(): number | undefined {
    return this.#pages === 1 ? this.#samples : undefined;
  }

  /** Takes the first page of a stream, which holds its head. */
  begin(header: ArrayBuffer, head: Uint8Array): void {
    if (this.#stream !== undefined || head.length < PRE_SKIP + 2) return;
    if (String.fromCharCode(...head.subarray(0, OPUS_HEAD.length)) !== OPUS_HEAD) return;
    this.#stream = new DataView(header).getUint32(14, true);
    this.#skip = head[PRE_SKIP] | head[PRE_SKIP + 1] << 8;
  }

  /** Takes another page. */
  add(header: ArrayBuffer): void {
    const view = new DataView(header), position = view.getBigInt64(6, true);
    if (view.getUint32(14, true) !== this.#stream || position <= 0n) return;
    this.#pages++;
    if (view.getUint8(5) & ENDS) this.#samples = Math.max(0, Number(position) - this.#skip);
  }
}
