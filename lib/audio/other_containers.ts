/** Other containers of plain samples: AIFF and AIFF-C, Sun's AU, Apple's CAF. */
import type { ByteSource } from "./byte_source.ts";
import { AudioError, type Coding, type PcmSound } from "./pcm.ts";

/** A header has a dozen chunks; thousands are made to keep somebody busy. */
const MAX_CHUNKS = 10_000;

/** How samples are written, of one coding. */
type Written = Pick<PcmSound, "coding" | "sampleBytes" | "littleEndian">;

const big = (coding: Coding, sampleBytes: number): Written => ({
  coding,
  sampleBytes,
  littleEndian: false,
});

/** The compression types of AIFF-C; those of `NONE` go by the number of bits. */
const AIFC_CODINGS: Record<string, Written> = {
  sowt: { coding: "int", sampleBytes: 2, littleEndian: true },
  fl32: big("float", 4),
  FL32: big("float", 4),
  fl64: big("float", 8),
  FL64: big("float", 8),
  alaw: big("alaw", 1),
  ALAW: big("alaw", 1),
  ulaw: big("mulaw", 1),
  ULAW: big("mulaw", 1),
  "raw ": big("unsigned", 1),
  in24: big("int", 3),
  in32: big("int", 4),
};

/** Sun's encodings, by their number. */
const AU_CODINGS: Record<number, Written> = {
  1: big("mulaw", 1),
  2: big("int", 1),
  3: big("int", 2),
  4: big("int", 3),
  5: big("int", 4),
  6: big("float", 4),
  7: big("float", 8),
  27: big("alaw", 1),
};

const UNKNOWN_SIZE = 0xffffffff;

/**
 * Finds the samples of a file that is none of WAV's kinds.
 *
 * @param magic Its first four bytes.
 * @param name What errors call it, usually its path.
 * @returns `undefined` where it is none of these.
 * @throws {AudioError} Where the container is broken or the coding is not one that is read here.
 */
export function parseOther(source: ByteSource, magic: string, name: string): PcmSound | undefined {
  if (magic === "FORM") return parseAiff(source, name);
  if (magic === ".snd") return parseAu(source, name);
  if (magic === "caff") return parseCaf(source, name);
  return undefined;
}

function viewAt(source: ByteSource, start: number, length: number, name: string): DataView {
  const bytes = source.read(start, length);
  if (bytes.length < length) {
    throw new AudioError(`Expected ${length} bytes at ${start} but found the end of ${name}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

function text(view: DataView, start: number, length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(view.getUint8(start + i))).join("");
}

function unknown(kind: string, coding: string, name: string): AudioError {
  return new AudioError(
    `Expected integers, floats, A-law or µ-law in the ${kind} file but found ${coding} in ${name}`,
  );
}

/** The samples up to where the header says, or to the end of the file. */
function lengthWithin(source: ByteSource, start: number, size: number, name: string): number {
  const rest = Math.max(0, source.size - start);
  if (size >= UNKNOWN_SIZE || size === rest + 1) return rest;
  if (size <= rest) return size;
  throw new AudioError(
    `Expected ${size} bytes of samples but found ${rest} in ${name}: the file is cut short`,
  );
}

/** An 80-bit float of the 68881 and of Apple's SANE, as a number. */
function extended(view: DataView, start: number): number {
  const exponent = view.getUint16(start) & 0x7fff;
  const mantissa = view.getUint32(start + 2) * 2 ** 32 + view.getUint32(start + 6);
  return mantissa * 2 ** (exponent - 16383 - 63);
}

function parseAiff(source: ByteSource, name: string): PcmSound {
  const kind = text(viewAt(source, 8, 4, name), 0, 4);
  if (kind !== "AIFF" && kind !== "AIFC") {
    throw new AudioError(`Expected an AIFF file but found ${JSON.stringify(kind)} in ${name}`);
  }
  let common: { channels: number; rate: number; written: Written } | undefined;
  let data: { start: number; length: number } | undefined;
  let at = 12;
  for (let count = 0; at + 8 <= source.size && count < MAX_CHUNKS; count++) {
    const head = viewAt(source, at, 8, name);
    const id = text(head, 0, 4), size = head.getUint32(4), start = at + 8;
    if (id === "COMM" && common === undefined) {
      const view = viewAt(source, start, kind === "AIFC" ? 22 : 18, name);
      const bits = view.getUint16(6);
      const coding = kind === "AIFC" ? text(view, 18, 4) : "NONE";
      const written = coding === "NONE" || coding === "twos"
        ? big("int", Math.ceil(bits / 8))
        : AIFC_CODINGS[coding];
      if (written === undefined) throw unknown("AIFF", JSON.stringify(coding), name);
      common = { channels: view.getUint16(0), rate: extended(view, 8), written };
    } else if (id === "SSND" && data === undefined) {
      const offset = viewAt(source, start, 8, name).getUint32(0);
      const first = start + 8 + offset;
      data = { start: first, length: lengthWithin(source, first, size - 8 - offset, name) };
    }
    at = start + size + size % 2;
  }
  if (common === undefined || data === undefined) {
    throw new AudioError(
      `Expected a whole AIFF file but found none of its ${
        common ? "samples" : "format"
      } in ${name}`,
    );
  }
  const { channels, rate, written } = common;
  return { container: "AIFF", channels, sampleRate: Math.round(rate), ...written, ...data };
}

function parseAu(source: ByteSource, name: string): PcmSound {
  const view = viewAt(source, 0, 24, name);
  const [start, size, encoding, sampleRate, channels] = [4, 8, 12, 16, 20].map((at) =>
    view.getUint32(at)
  );
  const written = AU_CODINGS[encoding];
  if (written === undefined) throw unknown("AU", `encoding ${encoding}`, name);
  const length = lengthWithin(source, start, size, name);
  return { container: "AU", channels, sampleRate, ...written, start, length };
}

function parseCaf(source: ByteSource, name: string): PcmSound {
  let format: (Written & { channels: number; sampleRate: number }) | undefined;
  let at = 8;
  for (let count = 0; at + 12 <= source.size && count < MAX_CHUNKS; count++) {
    const head = viewAt(source, at, 12, name);
    const id = text(head, 0, 4), size = Number(head.getBigInt64(4)), start = at + 12;
    if (id === "desc" && format === undefined) {
      const view = viewAt(source, start, 32, name);
      const coding = text(view, 8, 4), flags = view.getUint32(12), bits = view.getUint32(28);
      const littleEndian = (flags & 2) !== 0;
      const written = coding === "lpcm"
        ? {
          coding: flags & 1 ? "float" as const : "int" as const,
          sampleBytes: Math.ceil(bits / 8),
        }
        : { alaw: big("alaw", 1), ulaw: big("mulaw", 1) }[coding];
      if (written === undefined) throw unknown("CAF", JSON.stringify(coding), name);
      const channels = view.getUint32(24);
      format = { ...written, littleEndian, channels, sampleRate: view.getFloat64(0) };
    } else if (id === "data" && format !== undefined) {
      // An edit count comes before the samples; a size of −1 means up to the end.
      const first = start + 4;
      const length = lengthWithin(source, first, size < 0 ? UNKNOWN_SIZE : size - 4, name);
      return { container: "CAF", ...format, start: first, length };
    }
    if (size < 0) break;
    at = start + size;
  }
  throw new AudioError(
    `Expected a whole CAF file but found none of its ${format ? "samples" : "format"} in ${name}`,
  );
}
