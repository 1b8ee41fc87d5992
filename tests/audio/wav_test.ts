import assert from "node:assert/strict";
import wavefile from "wavefile";
import { decodeWav, readWav, WavError } from "../../lib/audio/wav.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";

interface Parts {
  format: number;
  bits: number;
  channels?: number;
  sampleRate?: number;
  data: Uint8Array;
  /** The format's extension, after cbSize. */
  extension?: number[];
  declaredSize?: number;
  /** A chunk before the format. */
  before?: Uint8Array;
}

/** Builds a WAV file by hand, chunk by chunk. */
function wav(parts: Parts): Uint8Array {
  const { format, bits, channels = 1, sampleRate = 8000, data, extension, before } = parts;
  const frame = channels * bits / 8;
  const fmt = [
    ...u16(format),
    ...u16(channels),
    ...u32(sampleRate),
    ...u32(sampleRate * frame),
    ...u16(frame),
    ...u16(bits),
    ...(extension ? [...u16(extension.length), ...extension] : []),
  ];
  const body = [
    ...ascii("WAVE"),
    ...(before ?? []),
    ...ascii("fmt "),
    ...u32(fmt.length),
    ...fmt,
    ...ascii("data"),
    ...u32(parts.declaredSize ?? data.length),
    ...data,
  ];
  return new Uint8Array([...ascii("RIFF"), ...u32(body.length), ...body]);
}

const ascii = (text: string) => [...new TextEncoder().encode(text)];
const u16 = (value: number) => [value & 255, value >> 8 & 255];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The sub-format GUID of WAVE_FORMAT_EXTENSIBLE. */
const guid = (format: number) => [
  ...u16(format),
  0,
  0,
  0,
  0,
  0x10,
  0,
  0x80,
  0,
  0,
  0xaa,
  0,
  0x38,
  0x9b,
  0x71,
];

const CASES: [string, Parts, number[]][] = [
  ["8 bit, unsigned", { format: 1, bits: 8, data: new Uint8Array([0, 64, 128, 255]) }, [
    -1,
    -0.5,
    0,
    127 / 128,
  ]],
  [
    "16 bit",
    { format: 1, bits: 16, data: bytesOf(new Int16Array([-32768, 16384, 1])) },
    [-1, 0.5, 1 / 32768],
  ],
  [
    "24 bit",
    { format: 1, bits: 24, data: new Uint8Array([0, 0, 0x80, 0, 0, 0x40, 0xff, 0xff, 0xff]) },
    [-1, 0.5, -1 / 8388608],
  ],
  [
    "32 bit integers",
    { format: 1, bits: 32, data: bytesOf(new Int32Array([-(2 ** 31), 2 ** 30])) },
    [-1, 0.5],
  ],
  [
    "32 bit floats",
    { format: 3, bits: 32, data: bytesOf(new Float32Array([-1.5, 0.25])) },
    [-1.5, 0.25],
  ],
  [
    "64 bit floats",
    { format: 3, bits: 64, data: bytesOf(new Float64Array([-0.75, 2])) },
    [-0.75, 2],
  ],
  [
    "A-law",
    { format: 6, bits: 8, data: new Uint8Array([0xd5, 0x55, 0xaa, 0x2a]) },
    [8 / 32768, -8 / 32768, 32256 / 32768, -32256 / 32768],
  ],
  [
    "µ-law",
    { format: 7, bits: 8, data: new Uint8Array([0xff, 0x7f, 0x80, 0x00]) },
    [0, 0, 32124 / 32768, -32124 / 32768],
  ],
  ["three channels, mixed by their mean", {
    format: 1,
    bits: 16,
    channels: 3,
    data: bytesOf(new Int16Array([3000, 6000, -3000, 300, 0, 0])),
  }, [2000 / 32768, 100 / 32768]],
  ["WAVE_FORMAT_EXTENSIBLE around 24 bit", {
    format: 0xfffe,
    bits: 24,
    data: new Uint8Array([0, 0, 0x40]),
    extension: [...u16(24), ...u32(4), ...guid(1)],
  }, [0.5]],
  ["WAVE_FORMAT_EXTENSIBLE around floats", {
    format: 0xfffe,
    bits: 32,
    data: bytesOf(new Float32Array([0.125])),
    extension: [...u16(32), ...u32(4), ...guid(3)],
  }, [0.125]],
  ["a size that the writer never filled in", {
    format: 1,
    bits: 16,
    data: bytesOf(new Int16Array([16384])),
    declaredSize: 0xffffffff,
  }, [0.5]],
  ["a further chunk of odd length before the format", {
    format: 1,
    bits: 16,
    data: bytesOf(new Int16Array([16384])),
    before: new Uint8Array([...ascii("note"), ...u32(3), 1, 2, 3, 0]),
  }, [0.5]],
];

for (const [what, parts, expected] of CASES) {
  Deno.test(`decodeWav() reads ${what}`, () => {
    const { samples, sampleRate } = decodeWav(wav(parts), "x.wav");
    assert.equal(sampleRate, 8000);
    assert.deepEqual([...samples], [...Float32Array.from(expected)]);
  });
}

Deno.test("decodeWav() reads what wavefile writes, big-endian files included", () => {
  for (const container of ["RIFF", "RIFX"]) {
    const file = new wavefile.WaveFile();
    file.fromScratch(1, 44100, "24", [0, 4194304, -8388608], { container });
    const { samples, sampleRate } = decodeWav(file.toBuffer(), "x.wav");
    assert.equal(sampleRate, 44100);
    assert.deepEqual([...samples], [0, 0.5, -1], container);
  }
});

const BAD: [string, Uint8Array, RegExp][] = [
  [
    "an empty file",
    new Uint8Array(),
    /Expected a RIFF\/WAVE file but found an empty file in a\.wav/,
  ],
  [
    "another format",
    new Uint8Array(ascii("OggS....")),
    /Expected a RIFF\/WAVE file but found "OggS"/,
  ],
  [
    "a file cut short",
    wav({ format: 1, bits: 16, data: new Uint8Array(10), declaredSize: 100 }),
    /Expected 100 bytes of samples but found 10 in a\.wav: the file is cut short/,
  ],
  [
    "a header cut short",
    wav({ format: 1, bits: 16, data: new Uint8Array(10) }).slice(0, 30),
    /a\.wav/,
  ],
  [
    "an unknown codec",
    wav({ format: 0x161, bits: 16, data: new Uint8Array(10) }),
    /Expected PCM, .* but found format 353 of 16 bit \(Windows Media\) in a\.wav; convert it: /,
  ],
  [
    "a sample rate of zero",
    wav({ format: 1, bits: 16, sampleRate: 0, data: new Uint8Array(4) }),
    /Expected a sample rate from 1 to 1000000 Hz but found 0 in a\.wav/,
  ],
  [
    "a sample rate that nothing records at",
    wav({ format: 1, bits: 16, sampleRate: 4294967295, data: new Uint8Array(4) }),
    /Expected a sample rate from 1 to 1000000 Hz but found 4294967295 in a\.wav/,
  ],
  [
    "no samples",
    wav({ format: 1, bits: 16, data: new Uint8Array() }),
    /Expected 1 or more samples but found none in a\.wav/,
  ],
  [
    "no channels",
    wav({ format: 1, bits: 16, channels: 0, data: new Uint8Array(4) }),
    /Expected 1 or more channels but found 0 in a\.wav/,
  ],
];

for (const [what, bytes, message] of BAD) {
  Deno.test(`decodeWav() throws WavError on ${what}`, () => {
    assert.throws(() => decodeWav(bytes, "a.wav"), (error: Error) => {
      assert.ok(error instanceof WavError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("decodeWav() ends in samples or a WavError, whatever bytes are changed", () => {
  const random = seededRandom(7);
  const good = wav({ format: 1, bits: 16, channels: 2, data: new Uint8Array(64) });
  let failures = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = good.slice(0, random() < 0.3 ? Math.floor(random() * good.length) : good.length);
    for (let i = 0; i < 3 && bytes.length > 0; i++) {
      bytes[Math.floor(random() * Math.min(48, bytes.length))] = Math.floor(random() * 256);
    }
    try {
      assert.ok(decodeWav(bytes, "fuzz.wav").samples.length > 0);
    } catch (error) {
      assert.ok(error instanceof WavError, String(error));
      failures++;
    }
  }
  assert.ok(failures > 100 && failures < 2000);
});

Deno.test("readWav() names a file that is not there", () => {
  assert.throws(() => readWav("/nowhere/x.wav"), /nowhere/);
});
