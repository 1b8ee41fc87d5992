/** Odd WAV files, and what becomes of files whose bytes are changed. */
import { seededRandom } from "../../lib/challenge/statistics.ts";

/** Pieces of WAV files, byte by byte. */
export const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));
export const u16 = (value: number) => [value & 255, value >> 8 & 255];
export const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
export const u64 = (
  value: number,
) => [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];

export const chunk = (id: string, content: number[], size = content.length) => [
  ...ascii(id),
  ...u32(size),
  ...content,
  ...(content.length % 2 ? [0] : []),
];
export const fmt = (code: number, bits: number, blockBytes = bits / 8, channels = 1) =>
  chunk("fmt ", [
    ...u16(code),
    ...u16(channels),
    ...u32(8000),
    ...u32(8000 * blockBytes),
    ...u16(blockBytes),
    ...u16(bits),
  ]);
/** A file of chunks. */
export const riff = (chunks: number[][], magic = "RIFF", size?: number) => {
  const body = [...ascii("WAVE"), ...chunks.flat()];
  return new Uint8Array([...ascii(magic), ...u32(size ?? body.length), ...body]);
};
/** A sample of half the full scale. */
export const HALF = u16(16384);
export const LIST = chunk("LIST", ascii("INFOICRD\x05\0\0\x002020\0\0"));

/** Odd files that are valid all the same, with their samples. */
export const VALID: [string, Uint8Array, number[]][] = [
  ["two LIST chunks behind the samples", riff([fmt(1, 16), chunk("data", HALF), LIST, LIST]), [.5]],
  ["two LIST chunks before them", riff([LIST, LIST, fmt(1, 16), chunk("data", HALF)]), [.5]],
  ...[0x7ffff000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff].map((size) =>
    [
      `a streaming size of ${size}`,
      riff([fmt(1, 16), chunk("data", HALF, size)], "RIFF", size),
      [.5],
    ] as [string, Uint8Array, number[]]
  ),
  ["a size of one byte too many", riff([fmt(1, 16), chunk("data", HALF, 3)]), [.5]],
  ["a stream that says 0", riff([fmt(1, 16), chunk("data", HALF, 0)], "RIFF", 0), [.5]],
  ["an odd count of 8-bit samples", riff([fmt(1, 8), chunk("data", [192, 64, 128]), LIST]), [
    .5,
    -.5,
    0,
  ]],
  [
    "an odd chunk without its padding",
    riff([[...ascii("note"), ...u32(1), 7], fmt(1, 16)].concat([
      chunk("data", HALF),
    ])),
    [.5],
  ],
  [
    "RF64 with a chunk behind the samples",
    riff(
      [
        chunk("ds64", [...u64(100), ...u64(2), ...u64(1), ...u32(0)]),
        fmt(1, 16),
        chunk("data", HALF, 0xffffffff),
        LIST,
      ],
      "RF64",
      0xffffffff,
    ),
    [.5],
  ],
  ["12 bits in two bytes", riff([fmt(1, 12, 2), chunk("data", u16(0x4000))]), [.5]],
  ["20 bits in three bytes", riff([fmt(1, 20, 3), chunk("data", [0, 0, 0x40])]), [.5]],
  [
    "chunks that claim absurd counts",
    riff([
      chunk("cue ", u32(0xffffffff)),
      chunk("smpl", [...u32(0), ...Array(24).fill(255), ...u32(0xffffffff)]),
      chunk("bext", Array(20).fill(255)),
      chunk("iXML", Array(9).fill(255)),
      fmt(1, 16),
      chunk("data", HALF),
    ]),
    [.5],
  ],
];

/** Valid WAV files in which a few bytes were changed, as many as are asked for. */
export function mutations(count: number, seed: number): Generator<Uint8Array<ArrayBuffer>> {
  return mutationsOf(VALID.map(([, bytes]) => bytes), count, seed, false);
}

/** What the sizes and counts of a header are changed to. */
const ABSURD = [0xffffffff, 0x7fffffff, 0x80000000, 0x40000000, 0, 1].map(u32);
/** Headers lie within so many bytes; samples that are changed are but other samples. */
const HEADER = 250;

/**
 * Files in which a few bytes of the header were changed, each time of one of these.
 *
 * @param isRough Whether whole numbers are changed as well, and some files cut short.
 */
export function* mutationsOf(
  originals: Uint8Array[],
  count: number,
  seed: number,
  isRough = true,
): Generator<Uint8Array<ArrayBuffer>> {
  const random = seededRandom(seed);
  for (let round = 0; round < count; round++) {
    const bytes = Uint8Array.from(originals[Math.floor(random() * originals.length)]);
    for (let i = 0; i < 1 + 3 * random(); i++) {
      const at = Math.floor(random() * Math.min(HEADER, bytes.length - 4));
      const absurd = ABSURD[Math.floor(random() * ABSURD.length)];
      if (isRough && random() < 0.5) bytes.set(random() < 0.5 ? absurd : absurd.toReversed(), at);
      else bytes[at] = random() < 0.3 ? 255 : Math.floor(random() * 256);
    }
    yield isRough && random() < 0.1 ? bytes.slice(0, Math.floor(random() * bytes.length)) : bytes;
  }
}

/** AIFF, AU and CAF files of one 16-bit sample of half the full scale, and what they claim of its size. */
const u32be = (value: number) => u32(value).toReversed();
export const aiff = (whole: number, samples: number) => [
  ...[...ascii("FORM"), ...u32be(whole), ...ascii("AIFFCOMM"), ...u32be(18), 0, 1],
  ...[...u32be(1), 0, 16, 0x40, 0x0b, 0xfa, ...Array(7).fill(0)],
  ...[...ascii("SSND"), ...u32be(samples), ...Array(8).fill(0), 0x40, 0],
];
export const au = (
  samples: number,
  start = 24,
  isLittle = false,
  magic = isLittle ? "dns." : ".snd",
) => [
  ...ascii(magic),
  ...[start, samples, 3, 8000, 1].flatMap(isLittle ? u32 : u32be),
  ...(isLittle ? [0, 0x40] : [0x40, 0]),
];
export const caf = (samples: number[], packet = 2) => [
  ...[...ascii("caff"), 0, 1, 0, 0, ...ascii("desc"), ...Array(7).fill(0), 32],
  ...[0x40, 0xbf, 0x40, 0, 0, 0, 0, 0, ...ascii("lpcm"), ...[0, packet, 1, 1, 16].flatMap(u32be)],
  ...[...ascii("data"), ...samples, 0, 0, 0, 0, 0x40, 0],
];
/** Such files that are valid, of what writers of streams leave. */
export const STREAMS: [string, number[]][] = [
  ["an AIFF file that says 0, as ffmpeg pipes it", aiff(0, 0)],
  ["an AIFF file that says 0x7f000000, as sox pipes it", aiff(0x7f000046, 0x7efffffe)],
  ["an AU file without a size", au(0xffffffff)],
  ["an AU file of the other byte order", au(2, 24, true)],
  ["an AU file as DEC wrote it", au(2, 24, true, "\0ds.")],
  ["a CAF file that says −1", caf(Array(8).fill(255))],
];

/** Blocks that a CAF file says the length of. */
export const cafBlocks = [
  ...caf(Array(8).fill(255)).slice(0, 28),
  ...[...ascii("ms\0\x02"), ...[0, 0x100, 500, 1, 0].flatMap(u32be)],
  ...[...ascii("data"), ...Array(8).fill(255), 0, 0, 0, 0, ...Array(0x200).fill(1)],
];

/** A checksum of whole bytes, the highest bit first. */
function crc(bytes: number[], polynomial: number, bits: number): number {
  const top = 1 << (bits - 1), mask = 2 ** bits - 1;
  return bytes.reduce((sum, byte) => {
    sum ^= byte << (bits - 8);
    for (let i = 0; i < 8; i++) sum = (sum & top ? sum << 1 ^ polynomial : sum << 1) & mask;
    return sum;
  }, 0);
}

/**
 * FLAC of one channel, 16 bit and 44,100 Hz, whose frames have one value each (RFC 9639): the shortest
 * that there are, 13 bytes.
 */
export function flac(frames: [length: number, value: number][]): Uint8Array<ArrayBuffer> {
  const total = frames.reduce((sum, [length]) => sum + length, 0);
  const blocks = [frames[0][0], frames[0][0]].flatMap((size) => [size >> 8, size & 255]);
  const about = [...blocks, ...Array(6).fill(0), 0x0a, 0xc4, 0x40, 0xf0];
  const count = [24, 16, 8, 0].map((shift) => total >> shift & 255);
  const written = frames.flatMap(([length, value], i) => {
    const head = [0xff, 0xf8, 0x79, 0x08, i, (length - 1) >> 8, (length - 1) & 255];
    const frame = [...head, crc(head, 0x07, 8), 0, value >> 8 & 255, value & 255];
    const sum = crc(frame, 0x8005, 16);
    return [...frame, sum >> 8, sum & 255];
  });
  const info = [...about, ...count, ...Array(16).fill(0)];
  return Uint8Array.from([...ascii("fLaC"), 0x80, 0, 0, info.length, ...info, ...written]);
}
