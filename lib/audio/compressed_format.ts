/** What compressed files are, told by how they begin. */
import { foundAt, standIn } from "../io/beginning.ts";
import { latin1 } from "../io/bytes.ts";
import type { ByteSource } from "./byte_source.ts";
import { AudioError, type CompressedPart, conversion } from "./pcm.ts";

/** The compressed formats that are read. */
export type Compressed = "FLAC" | "MP3" | OggFormat;
/** Those of them that lie in Ogg files. */
export type OggFormat = "Ogg FLAC" | "Ogg Vorbis" | "Ogg Opus";

/** How the first page of a stream in an Ogg file begins, by its coding. */
export const OGG_MARKS: Record<OggFormat, string> = {
  "Ogg Opus": "OpusHead",
  "Ogg Vorbis": "\x01vorbis",
  "Ogg FLAC": "\x7fFLAC",
};

/** What is told by a name though it is not read: its beginning, from a place on. */
const UNREAD: [at: number, bytes: string, name: string][] = [
  [4, "ftyp", "an MPEG-4 file (M4A, AAC, MP4)"],
  [0, "\x1aE\xdf\xa3", "a Matroska or WebM file"],
  [0, "0&\xb2u", "a Windows Media file"],
  [0, "\xff\xf1", "an AAC file"],
  [0, "\xff\xf9", "an AAC file"],
  [0, "\x0bw", "an AC-3 file"],
  [0, "#!AMR", "an AMR file"],
  [0, "\x7f\xfe\x80\x01", "a DTS file"],
  [0, "\xfe\x7f\x01\x80", "a DTS file"],
  [0, "\0\0\x01\xba", "an MPEG program stream"],
  [0, "FLV", "a Flash video"],
  [0, "FWS", "a Flash file"],
  [0, "CWS", "a Flash file"],
  [0, ".RMF", "a RealMedia file"],
  [0, ".ra\xfd", "a RealAudio file"],
  [0, "nut/multimedia", "a NUT file"],
  [0, "\xb7\xd8\0 7I", "a recording of Windows' television"],
  [0, "\xc0\xde\xc2", "a Codec 2 file"],
  [0, "MMMD", "a Yamaha SMAF file"],
  [0, "STRM", "a Nintendo stream"],
  [0, "ea3\x03", "a Sony OpenMG file"],
  [0, "EA3\x01", "a Sony OpenMG file"],
  [0, "tBaK", "a TAK file"],
  [0, "OFR ", "an OptimFROG file"],
  [0, "ajkg", "a Shorten file"],
  [0, "DSD ", "a DSD file"],
  [0, "FRM8", "a DSD file"],
  [0, "MThd", "a MIDI file"],
  [0, "wvpk", "a WavPack file"],
  [0, "TTA1", "a TTA file"],
  [0, "MAC ", "a Monkey's Audio file"],
  [0, "MP+", "a Musepack file"],
  [0, "MPCK", "a Musepack file"],
  [0, "PK\x03\x04", "a ZIP file"],
  [0, "NIST", "a NIST SPHERE file"],
  [0, "Creative Voice", "a Creative Voice file"],
  [0, ".SoX", "a file of sox's own format"],
  [0, "XoS.", "a file of sox's own format"],
  [0, "d\xa3", "an IRCAM file"],
  [0, "2BIT", "an AVR file"],
  [0, " paf", "an Ensoniq PARIS file"],
  [0, "fap ", "an Ensoniq PARIS file"],
  [0, "PVF1", "a Portable Voice file"],
  [0, "MATLAB", "a MATLAB file"],
  [0, "ALawSoundFile", "a Psion file"],
  [0, "SOUND SAMPLE DATA", "a SampleVision file"],
  [0, "LM8953", "a Yamaha TX-16W file"],
  [0, "\xf0~", "a MIDI sample dump"],
  [0, "7\0\0\x10m\0\0\x10", "a Psion record"],
  [0, "Extended Instrument", "a FastTracker instrument"],
  [0, "OggS", "an Ogg file of another coding than Vorbis, Opus and FLAC"],
];

/** Where in its head Opus says how its channels are mapped, and the way that no decoder here knows. */
const FAMILY = 18, MATRIX_FAMILY = 3;
/** Bytes of the beginning that formats are told by. */
const HEAD_BYTES = 4096;
/** Some programs put a tag before the one that is there; nobody has so many. */
const MOST_TAGS = 16;
/** Bytes of a tag of ID3's first version, which stands at the end. */
const END_TAG = 128;
/** Bytes of the footer of APE's tags, which is not counted where it stands as a header as well. */
const APE_FOOTER = 32, APE_HAS_HEADER = 2 ** 31;

/**
 * Finds what a decoder can read in a file.
 *
 * @param name What errors call it, usually its path.
 * @throws {AudioError} Where there is no decoder for what it holds: the message says what it is, and
 * how to convert it.
 */
export function findCompressed(
  source: ByteSource,
  name: string,
): Omit<CompressedPart, "format"> & { format: Compressed } {
  const { size } = source, start = afterTags(source);
  const head = readHead(source, start), format = compressedFormat(head, size - start);
  if (format === undefined) throw unreadable(readHead(source, 0), name);
  if (format === "Ogg Opus" && isBehindMatrix(head)) {
    throw new AudioError(
      "Expected Ogg Opus with a stream for each channel but found ambisonics behind a matrix " +
        `(channel mapping family ${MATRIX_FAMILY}) in ${name}`,
    );
  }
  // The decoder of FLAC takes what lies behind the last frame for a part of it, that of MP3 a picture
  // in a tag for sound.
  const isFrames = format === "FLAC" || format === "MP3";
  const end = isFrames ? Math.max(start, beforeTags(source)) : size;
  return { format, start, length: end - start };
}

/** Whether the channels of Opus are no streams of it but made of them (RFC 8486, section 3.2). */
function isBehindMatrix(head: string): boolean {
  return head.charCodeAt(head.indexOf(OGG_MARKS["Ogg Opus"]) + FAMILY) === MATRIX_FAMILY;
}

/** Where the sound ends before tags of ID3's first version and of APE, which may stand in a row. */
function beforeTags(source: ByteSource): number {
  const { size } = source;
  const isId3 = readHead(source, Math.max(0, size - END_TAG)).startsWith("TAG");
  const end = isId3 ? size - END_TAG : size;
  const footer = readHead(source, Math.max(0, end - APE_FOOTER));
  if (!footer.startsWith("APETAGEX")) return end;
  const number = (at: number) =>
    [3, 2, 1, 0].reduce((sum, i) => 256 * sum + footer.charCodeAt(at + i), 0);
  const [length, flags] = [number(12), number(20)];
  return end - length - (flags >= APE_HAS_HEADER ? APE_FOOTER : 0);
}

/** Where the sound begins behind tags of ID3, which other formats than MP3 may have as well. */
function afterTags(source: ByteSource): number {
  let start = 0;
  for (let count = 0; count < MOST_TAGS; count++) {
    const length = tagLength(readHead(source, start));
    if (length === 0) break;
    start += length;
  }
  return start;
}

/** How long a tag of ID3 is, or 0 where there is none. */
function tagLength(head: string): number {
  if (!head.startsWith("ID3") || head.length < 10) return 0;
  const [a, b, c, d] = [6, 7, 8, 9].map((at) => head.charCodeAt(at) & 0x7f);
  const footer = head.charCodeAt(5) & 0x10 ? 10 : 0;
  return 10 + (a << 21 | b << 14 | c << 7 | d) + footer;
}

function readHead(source: ByteSource, start: number): string {
  return latin1(source.read(start, HEAD_BYTES));
}

function compressedFormat(head: string, size: number): Compressed | undefined {
  if (head.startsWith("fLaC")) return "FLAC";
  if (head.startsWith("OggS")) {
    // Of several sounds at once the first is meant.
    const places = (Object.entries(OGG_MARKS) as [OggFormat, string][])
      .map(([format, mark]): [OggFormat, number] => [format, head.indexOf(mark)])
      .filter(([, at]) => at >= 0).sort(([, a], [, b]) => a - b);
    return places[0]?.[0];
  }
  return isMpeg(head, size) ? "MP3" : undefined;
}

/** Bits a millisecond by their index, for version 1 and the others, from layer 1 on. */
// deno-fmt-ignore
const MPEG_RATES = [
  [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
];
const MPEG_SAMPLE_RATES = [44100, 48000, 32000];

/** How long a frame of MPEG audio is by its header, or 0 where there is none (ISO 11172-3, 13818-3). */
function mpegFrame(head: string, at: number): number {
  const [a, b, c] = [at, at + 1, at + 2].map((i) => head.charCodeAt(i));
  const version = b >> 3 & 3, layer = 4 - (b >> 1 & 3);
  const rate = c >> 4, sampleRate = MPEG_SAMPLE_RATES[c >> 2 & 3];
  const isHeader = a === 0xff && (b & 0xe0) === 0xe0 && version !== 1 && layer !== 4;
  if (!isHeader || rate === 0 || rate === 15 || sampleRate === undefined) return 0;
  const bits = 1000 * MPEG_RATES[version === 3 ? 0 : 1][layer - 1][rate - 1];
  const hertz = sampleRate / [4, 1, 2, 1][version];
  const padding = c >> 1 & 1;
  if (layer === 1) return 4 * (Math.floor(12 * bits / hertz) + padding);
  return Math.floor((layer === 3 && version !== 3 ? 72 : 144) * bits / hertz) + padding;
}

/** Whether MPEG audio begins here: a frame, and another behind it; zeros may come before. */
function isMpeg(head: string, size: number): boolean {
  const start = head.search(/[^\0]/);
  const length = start < 0 ? 0 : mpegFrame(head, start);
  const next = start + length;
  return length > 0 && (next >= Math.min(size, head.length - 2) || mpegFrame(head, next) > 0);
}

function unreadable(head: string, path: string): AudioError {
  const known = UNREAD.find(([at, bytes]) => head.startsWith(bytes, at))?.[2];
  const found = known ?? foundAt(head);
  // What is not known by name may still be a sound.
  const perhaps = known === undefined ? "if another program plays it, " : "";
  const advice = standIn(head) === undefined ? `; ${perhaps}${conversion(path)}` : "";
  return new AudioError(
    `Expected a recording (WAV, FLAC, Ogg, Opus, MP3, AIFF, AU, CAF) but found ${found} in ` +
      `${path}${advice}`,
  );
}
