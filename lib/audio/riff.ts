/** WAV files in all their containers: RIFF, RIFX, RF64, BW64, and Sony's Wave64. */
import type { ByteSource } from "./byte_source.ts";
import {
  AudioError,
  blocksOf,
  type Coding,
  type CompressedPart,
  conversion,
  type PcmSound,
} from "./pcm.ts";

const FORMAT_EXTENSIBLE = 0xfffe;

/** The codings of WAV files, by the number in their `fmt ` chunk. */
const CODINGS = new Map<number, Coding>([
  [1, "int"],
  [2, "ms-adpcm"],
  [3, "float"],
  [6, "alaw"],
  [7, "mulaw"],
  [0x11, "ima-adpcm"],
  [0x31, "gsm-wav"],
]);
const BITS_OF_LAWS = 8;

/** Codings whose samples are what another kind of file holds. */
const COMPRESSED = new Map<number, CompressedPart["format"]>([
  [0x50, "MP3"],
  [0x55, "MP3"],
  [0xf1ac, "FLAC"],
]);
const FLAC_MARK = [...new TextEncoder().encode("fLaC")];
/** The head of a block that is the last one before the frames, and describes the stream. */
const FLAC_BLOCK = [0x80, 0, 0, 34];

/** What other codings are called, for messages. */
const OTHER_CODINGS = new Map<number, string>([
  [0x20, "Yamaha ADPCM"],
  [0x38, "NMS ADPCM"],
  [0x40, "G.721 ADPCM"],
  [0x45, "G.726 ADPCM"],
  [0x64, "G.726 ADPCM"],
  [0xff, "AAC"],
  [0x161, "Windows Media"],
  [0x28f, "G.722"],
  [0x2000, "AC-3"],
  [0x5346, "Flash ADPCM"],
  [0x566f, "Vorbis"],
  [0x674f, "Ogg Vorbis"],
  [0xa109, "Speex"],
]);

/**
 * Sizes from here on are what streaming writers leave when they could not go back to fill in the true
 * one: 0xffffffff, 0x80000000, or a little less than 0x7ffff000, in whole samples.
 */
const UNKNOWN_SIZE = 0x7fff0000;
/** A header has a dozen chunks; thousands are made to keep somebody busy. */
const MAX_CHUNKS = 10_000;

/** How a container writes its chunks. */
interface Layout {
  name: string;
  littleEndian: boolean;
  /** Bytes of a chunk's name, and of its size. */
  idBytes: 4 | 16;
  sizeBytes: 4 | 8;
  /** Chunks begin at multiples of this. */
  align: 2 | 8;
  /** Where the first chunk begins. */
  first: number;
}

const LAYOUTS: Record<string, Layout> = {
  RIFF: { name: "RIFF", littleEndian: true, idBytes: 4, sizeBytes: 4, align: 2, first: 12 },
  RIFX: { name: "RIFX", littleEndian: false, idBytes: 4, sizeBytes: 4, align: 2, first: 12 },
  RF64: { name: "RF64", littleEndian: true, idBytes: 4, sizeBytes: 4, align: 2, first: 12 },
  BW64: { name: "BW64", littleEndian: true, idBytes: 4, sizeBytes: 4, align: 2, first: 12 },
  riff: { name: "Wave64", littleEndian: true, idBytes: 16, sizeBytes: 8, align: 8, first: 40 },
};

/** Whether a file begins as one of these does. */
export function isRiff(magic: string): boolean {
  return magic in LAYOUTS;
}

/** A part of a container. */
export interface Chunk {
  id: string;
  /** Where its content begins. */
  start: number;
  /** What it says of its own size. */
  size: number;
}

/** The chunks of a WAV file, one after another; none where it is of another kind. */
export function* chunksOf(source: ByteSource, name: string): Generator<Chunk> {
  const layout = LAYOUTS[text(source, 0, 4)];
  if (layout !== undefined && isWave(source, layout)) yield* chunks(source, layout, name);
}

/** Whether sound is what a file with that beginning holds: Wave64 holds nothing else. */
function isWave(source: ByteSource, { idBytes }: Layout): boolean {
  return idBytes !== 4 || text(source, 8, 4) === "WAVE";
}

/** The chunks of a file, one after another; what does not fit into the file ends the walk. */
function* chunks(source: ByteSource, layout: Layout, name: string): Generator<Chunk> {
  const { idBytes, sizeBytes, align, littleEndian } = layout;
  const head = idBytes + sizeBytes;
  let at = layout.first;
  for (let count = 0; at + head <= source.size; count++) {
    if (count === MAX_CHUNKS) {
      throw new AudioError(`Expected at most ${MAX_CHUNKS} chunks but found more in ${name}`);
    }
    const bytes = source.read(at, head);
    if (bytes.length < head) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const id = String.fromCharCode(...bytes.subarray(0, 4));
    const raw = sizeBytes === 4
      ? view.getUint32(idBytes, littleEndian)
      : Number(view.getBigUint64(idBytes, littleEndian));
    // Wave64 counts a chunk's own head.
    const size = sizeBytes === 4 ? raw : raw - head;
    if (size < 0) return;
    yield { id, start: at + head, size };
    const end = at + head + size;
    at = Math.ceil(end / align) * align;
    // Some writers leave the padding out.
    if (at !== end && align === 2 && !isId(source.read(at, 4)) && isId(source.read(end, 4))) {
      at = end;
    }
  }
}

/** Whether four bytes can be the name of a chunk: printable ASCII. */
function isId(bytes: Uint8Array): boolean {
  return bytes.length === 4 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

interface Format {
  channels: number;
  sampleRate: number;
  blockBytes: number;
  bits: number;
  code: number;
  /** What the coding adds to it. */
  extension: Uint8Array;
}

/** The most that is read of a format. */
const MAX_FORMAT = 64;

function readFormat(source: ByteSource, { start, size }: Chunk, layout: Layout): Format | null {
  const bytes = source.read(start, Math.min(size, MAX_FORMAT)).slice();
  if (bytes.length < 14) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (offset: number) =>
    offset + 2 <= bytes.length ? view.getUint16(offset, layout.littleEndian) : 0;
  let code = u16(0);
  if (code === FORMAT_EXTENSIBLE && bytes.length >= 26) code = u16(24);
  return {
    code,
    channels: u16(2),
    sampleRate: view.getUint32(4, layout.littleEndian),
    blockBytes: u16(12),
    bits: u16(14),
    extension: bytes.subarray(18),
  };
}

/**
 * Finds the samples of a WAV file.
 *
 * @param name What errors call it, usually its path.
 * @throws {AudioError} Where the container is broken or the coding is not one that is read here.
 */
export function parseRiff(
  source: ByteSource,
  magic: string,
  name: string,
): PcmSound | CompressedPart {
  const layout = LAYOUTS[magic];
  if (!isWave(source, layout)) {
    throw new AudioError(
      `Expected a RIFF/WAVE file but found ${JSON.stringify(text(source, 8, 4))} in ${name}; ` +
        conversion(name),
    );
  }
  let format: Format | null = null, data: Chunk | undefined, longSize: number | undefined;
  for (const chunk of chunks(source, layout, name)) {
    if (chunk.id === "fmt " && data === undefined) format = readFormat(source, chunk, layout);
    else if (chunk.id === "ds64" && longSize === undefined) longSize = readLongSize(source, chunk);
    else if (chunk.id === "data") {
      if (data !== undefined) {
        throw new AudioError(`Expected one data chunk but found two in ${name}`);
      }
      const isLong = chunk.size === 0xffffffff && longSize !== undefined;
      data = { ...chunk, size: isLong ? longSize! : chunk.size };
      if (format === null) break;
      data.size = dataSize(data, source, layout, name);
      // What follows is only looked at where the size can be told from it.
      if (data.start + data.size >= source.size || isLong) break;
    }
  }
  if (format === null) {
    throw new AudioError(
      `Expected a whole RIFF/WAVE file but found a broken one in ${name}: ` +
        `it has no format before its samples`,
    );
  }
  if (data === undefined) {
    throw new AudioError(
      `Expected a whole RIFF/WAVE file but found a broken one in ${name}: it has no samples`,
    );
  }
  return soundOf(format, data, layout, name);
}

function text(source: ByteSource, start: number, length: number): string {
  return String.fromCharCode(...source.read(start, length));
}

/** The size of the samples that RF64 keeps elsewhere: its own field has only 32 bits. */
function readLongSize(source: ByteSource, { start }: Chunk): number | undefined {
  const bytes = source.read(start + 8, 8);
  if (bytes.length < 8) return undefined;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}

/** How many bytes of samples there are: as many as the chunk says, or up to the end of the file. */
function dataSize(data: Chunk, source: ByteSource, layout: Layout, name: string): number {
  const rest = Math.max(0, source.size - data.start);
  // Some writers count a byte too many.
  if (data.size === rest + 1) return rest;
  if (data.size >= UNKNOWN_SIZE && data.size > rest) return rest;
  // A stream that was never finished may also say 0, there and of the whole file.
  if (data.size === 0 && layout.sizeBytes === 4) {
    const whole = wholeSize(source, layout);
    return whole === 0 || whole >= UNKNOWN_SIZE ? rest : 0;
  }
  if (data.size <= rest) return data.size;
  throw new AudioError(
    `Expected ${data.size} bytes of samples but found ${rest} in ${name}: the file is cut short`,
  );
}

/** What the file says of its own size. */
function wholeSize(source: ByteSource, { littleEndian }: Layout): number {
  const bytes = source.read(4, 4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, littleEndian);
}

function soundOf(
  format: Format,
  data: Chunk,
  layout: Layout,
  name: string,
): PcmSound | CompressedPart {
  const { code, channels, sampleRate, bits, blockBytes, extension } = format;
  const compressed = COMPRESSED.get(code);
  if (compressed !== undefined) {
    const part = { format: compressed, start: data.start, length: data.size };
    if (compressed === "MP3") return part;
    return { ...part, head: Uint8Array.of(...FLAC_MARK, ...FLAC_BLOCK, ...extension.slice(0, 34)) };
  }
  let coding = CODINGS.get(code);
  if (coding === undefined || (bits === 0 && coding === "int")) {
    const called = OTHER_CODINGS.get(code);
    throw new AudioError(
      `Expected PCM, float, A-law, µ-law, ADPCM, GSM, MP3 or FLAC but found format ${code} of ` +
        `${bits} bit${called === undefined ? "" : ` (${called})`} in ${name}; ${conversion(name)}`,
    );
  }
  let sampleBytes = Math.ceil(bits / 8);
  if (coding === "int") {
    // 12 or 20 bits stand at the upper end of the bytes that a sample takes.
    const slot = channels > 0 ? blockBytes / channels : 0;
    if (Number.isInteger(slot) && slot > sampleBytes && slot <= 4) sampleBytes = slot;
    if (sampleBytes === 1) coding = "unsigned";
  } else if (coding === "alaw" || coding === "mulaw") {
    sampleBytes = BITS_OF_LAWS / 8;
  }
  const sound: PcmSound = {
    container: layout.name,
    sampleRate,
    channels,
    coding,
    sampleBytes,
    littleEndian: layout.littleEndian,
    start: data.start,
    length: data.size,
  };
  return { ...sound, ...blocksOf(coding, blockBytes, channels, name) };
}
