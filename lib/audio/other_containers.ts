/** Other containers of plain samples: AIFF and AIFF-C, Sun's AU, Apple's CAF. */
import type { ByteSource } from "./byte_source.ts";
import { GSM_BLOCKS } from "./gsm.ts";
import {
  AudioError,
  blocksOf,
  type Coding,
  type CompressedPart,
  conversion,
  type PcmSound,
} from "./pcm.ts";

/** A header has a dozen chunks; thousands are made to keep somebody busy. */
const MAX_CHUNKS = 10_000;

/** How samples are written, of one coding. */
type Written = Pick<PcmSound, "coding" | "sampleBytes" | "littleEndian">;

const big = (coding: Coding, sampleBytes = 0): Written => ({
  coding,
  sampleBytes,
  littleEndian: false,
});
const little = (coding: Coding, sampleBytes = 0): Written => ({
  ...big(coding, sampleBytes),
  littleEndian: true,
});

/** The compression types of AIFF-C that say how many bytes a sample has. */
const AIFC_CODINGS: Record<string, Written> = {
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
  "42ni": little("int", 3),
  "42n1": little("int", 3),
  "23ni": little("int", 4),
  "23n1": little("int", 4),
  ima4: big("quicktime-ima"),
  "GSM ": big("gsm"),
};

/** The codings of CAF that are named, and not described by flags. */
const CAF_CODINGS: Record<string, Written> = {
  alaw: big("alaw", 1),
  ulaw: big("mulaw", 1),
  ima4: big("quicktime-ima"),
  agsm: big("gsm"),
  "ms\0\x02": big("ms-adpcm"),
  "ms\0\x11": big("ima-adpcm"),
  "ms\0\x31": big("gsm-wav"),
};
/** MPEG audio of any layer. */
const CAF_MPEG = [".mp1", ".mp2", ".mp3"];

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

/** What other encodings of Sun's are called, for messages. */
const OTHER_AU_CODINGS: Record<number, string> = {
  23: "G.721 ADPCM",
  24: "G.722",
  25: "G.723 ADPCM of 3 bit",
  26: "G.723 ADPCM of 5 bit",
};
const AU_HEADER = 24;

/**
 * Sizes from here on are what streaming writers leave when they could not go back to fill in the true
 * one: 0xffffffff, or a little less than 0x7f000000, in whole samples.
 */
const UNKNOWN_SIZE = 0x7eff0000;

/**
 * Finds the samples of a file that is none of WAV's kinds.
 *
 * @param magic Its first four bytes.
 * @param name What errors call it, usually its path.
 * @returns `undefined` where it is none of these.
 * @throws {AudioError} Where the container is broken or the coding is not one that is read here.
 */
export function parseOther(
  source: ByteSource,
  magic: string,
  name: string,
): PcmSound | CompressedPart | undefined {
  if (magic === "FORM") return parseAiff(source, name);
  // The second of each pair is what DEC's machines wrote.
  if (magic === ".snd" || magic === ".sd\0") return parseAu(source, false, name);
  if (magic === "dns." || magic === "\0ds.") return parseAu(source, true, name);
  if (magic === "caff") return parseCaf(source, name);
  return isGsm(source) ? rawGsm(source) : undefined;
}

/** Frames without a container are told by the half byte that each begins with. */
const GSM_MARK = 0xd, GSM_FRAMES = 8, GSM_RATE = 8000;

function isGsm(source: ByteSource): boolean {
  const { bytes } = GSM_BLOCKS.gsm;
  if (source.size % bytes !== 0 || source.size < bytes * GSM_FRAMES) return false;
  const start = source.read(0, bytes * GSM_FRAMES);
  return Array.from({ length: GSM_FRAMES }, (_, i) => start[i * bytes] >> 4)
    .every((mark) => mark === GSM_MARK);
}

function rawGsm(source: ByteSource): PcmSound {
  const written = { ...big("gsm"), ...blocksOf("gsm", 0, 1, "") };
  const place = { start: 0, length: source.size };
  return { container: "GSM", channels: 1, sampleRate: GSM_RATE, ...written, ...place };
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
    `Expected integers, floats, A-law, µ-law, ADPCM or GSM in the ${kind} file but found ` +
      `${coding} in ${name}; ${conversion(name)}`,
  );
}

/** The samples up to where the header says, or to the end of the file. */
function lengthWithin(source: ByteSource, start: number, size: number, name: string): number {
  const rest = Math.max(0, source.size - start);
  if (size > rest && (size >= UNKNOWN_SIZE || size === rest + 1)) return rest;
  if (size <= rest) return Math.max(0, size);
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
    throw new AudioError(
      `Expected an AIFF file but found ${JSON.stringify(kind)} in ${name}; ${conversion(name)}`,
    );
  }
  // A stream that was never finished says 0, there and of its samples.
  const isStream = viewAt(source, 4, 4, name).getUint32(0) === 0;
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
      const sampleBytes = Math.ceil(bits / 8);
      const written = coding === "NONE" || coding === "twos"
        ? big("int", sampleBytes)
        : coding === "sowt"
        ? little("int", sampleBytes)
        : own(AIFC_CODINGS, coding);
      if (written === undefined) throw unknown("AIFF", JSON.stringify(coding), name);
      common = { channels: view.getUint16(0), rate: extended(view, 8), written };
    } else if (id === "SSND" && data === undefined) {
      const offset = viewAt(source, start, 8, name).getUint32(0);
      const first = start + 8 + offset;
      const length = isStream && size < 8 ? Infinity : size - 8 - offset;
      data = { start: first, length: lengthWithin(source, first, length, name) };
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
  const blocks = blocksOf(written.coding, 0, channels, name);
  const sampleRate = Math.round(rate);
  return { container: "AIFF", channels, sampleRate, ...written, ...blocks, ...data };
}

/** @param littleEndian As the machines wrote it that had this order, under the name read backwards. */
function parseAu(source: ByteSource, littleEndian: boolean, name: string): PcmSound {
  const view = viewAt(source, 0, AU_HEADER, name);
  const [start, size, encoding, sampleRate, channels] = [4, 8, 12, 16, 20].map((at) =>
    view.getUint32(at, littleEndian)
  );
  const written = own(AU_CODINGS, encoding);
  if (written === undefined) {
    const called = OTHER_AU_CODINGS[encoding];
    throw unknown("AU", called ?? `encoding ${encoding}`, name);
  }
  if (start < AU_HEADER) {
    throw new AudioError(
      `Expected samples behind the header of ${AU_HEADER} bytes but found them at ${start} in ${name}`,
    );
  }
  const length = lengthWithin(source, start, size, name);
  return { container: "AU", channels, sampleRate, ...written, littleEndian, start, length };
}

/** What a table says of a key that a file made up. */
function own<T>(table: Record<string, T>, key: string | number): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

type CafFormat = Written & Partial<PcmSound> & { channels: number; sampleRate: number };

function readCafFormat(view: DataView, name: string): CafFormat | "MP3" {
  const coding = text(view, 8, 4);
  if (CAF_MPEG.includes(coding)) return "MP3";
  const [flags, packetBytes, , channels, bits] = [12, 16, 20, 24, 28].map((at) =>
    view.getUint32(at)
  );
  const sampleRate = view.getFloat64(0);
  if (coding === "lpcm") {
    const sampleBytes = Math.ceil(bits / 8);
    if (packetBytes !== sampleBytes * channels) {
      throw unknown("CAF", `${bits} bit in packets of ${packetBytes} bytes`, name);
    }
    const written = (flags & 2 ? little : big)(flags & 1 ? "float" : "int", sampleBytes);
    return { ...written, channels, sampleRate };
  }
  const written = own(CAF_CODINGS, coding);
  if (written === undefined) throw unknown("CAF", JSON.stringify(coding), name);
  return {
    ...written,
    ...blocksOf(written.coding, packetBytes, channels, name),
    channels,
    sampleRate,
  };
}

function parseCaf(source: ByteSource, name: string): PcmSound | CompressedPart {
  let format: CafFormat | "MP3" | undefined;
  let at = 8;
  for (let count = 0; at + 12 <= source.size && count < MAX_CHUNKS; count++) {
    const head = viewAt(source, at, 12, name);
    const id = text(head, 0, 4), size = Number(head.getBigInt64(4)), start = at + 12;
    if (id === "desc" && format === undefined) {
      format = readCafFormat(viewAt(source, start, 32, name), name);
    } else if (id === "data" && format !== undefined) {
      // An edit count comes before the samples; a size of −1 means up to the end.
      const first = start + 4;
      const length = lengthWithin(source, first, size < 0 ? Infinity : size - 4, name);
      if (format === "MP3") return { format, start: first, length };
      return { container: "CAF", ...format, start: first, length };
    }
    if (size < 0) break;
    at = start + size;
  }
  throw new AudioError(
    `Expected a whole CAF file but found none of its ${format ? "samples" : "format"} in ${name}`,
  );
}
