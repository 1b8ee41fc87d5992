import assert from "node:assert/strict";
import { join } from "node:path";
import { openAudio, readAudio } from "../../lib/audio/read_audio.ts";
import { AudioError, decodeWav, readWav, WavError } from "../../lib/audio/wav.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { FIXTURES, withFolder } from "../support.ts";
import {
  aiff,
  ascii,
  au,
  caf,
  chunk,
  flac,
  fmt,
  HALF,
  LIST,
  riff,
  STREAMS,
  VALID,
} from "./odd_files.ts";

const SOUNDS = join(FIXTURES, "sounds");

for (const [what, bytes, expected] of VALID) {
  Deno.test(`decodeWav() reads ${what}`, () => {
    assert.deepEqual([...decodeWav(bytes, "x.wav").samples], expected);
  });
}

const floats = (...values: number[]) => [...new Uint8Array(Float32Array.from(values).buffer)];
const INVALID: [string, Uint8Array, RegExp][] = [
  ["two data chunks", riff([fmt(1, 16), chunk("data", HALF), chunk("data", HALF)]), /found two in/],
  ["NaN", riff([fmt(3, 32), chunk("data", floats(0, NaN))]), /found NaN at sample 1 in x\.wav/],
  ["infinity", riff([fmt(3, 32), chunk("data", floats(-Infinity))]), /found -Infinity at sample 0/],
  [
    "a float64 that overflows",
    riff([fmt(3, 64), chunk("data", [...new Uint8Array(Float64Array.of(1e300).buffer)])]),
    /found Infinity at sample 0/,
  ],
  ["an empty data chunk before others", riff([fmt(1, 16), chunk("data", []), LIST]), /found none/],
  ["chunks without end", riff(Array(20_000).fill(chunk("junk", []))), /at most 10000 chunks/],
  ["no format", riff([chunk("data", HALF)]), /no format before its samples/],
  ["no samples", riff([fmt(1, 16), LIST]), /has no samples/],
  [
    "AAC",
    riff([fmt(0xff, 16), chunk("data", HALF)]),
    /format 255 of 16 bit \(AAC\) in x\.wav; convert/,
  ],
  [
    "GSM of two channels",
    riff([fmt(0x31, 0, 65, 2), chunk("data", Array(65).fill(0))]),
    /1 channel/,
  ],
  ["GSM of half a block", riff([fmt(0x31, 0, 65), chunk("data", HALF)]), /found none/],
  ["MP3, which readAudio() decodes", riff([fmt(0x55, 0, 1), chunk("data", HALF)]), /found MP3/],
];

for (const [what, bytes, message] of INVALID) {
  Deno.test(`decodeWav() refuses ${what}`, () => {
    assert.throws(() => decodeWav(bytes, "x.wav"), (error: Error) => {
      assert.ok(error instanceof WavError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

for (const [what, bytes] of STREAMS) {
  Deno.test(`readAudio() reads ${what}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "x");
      Deno.writeFileSync(path, Uint8Array.from(bytes));
      const { samples, sampleRate } = await readAudio(path);
      assert.deepEqual([...samples, sampleRate], [0.5, 8000]);
    }));
}

const BROKEN: [string, number[], RegExp][] = [
  ["an AIFF file of no samples", aiff(46, 0), /1 or more samples but found none/],
  ["an AIFF file that is cut short", aiff(100, 60), /found 2 in .*cut short/],
  ["an AU file whose samples are its header", au(2, 4), /behind the header .* found them at 4/],
  ["a CAF file of fewer than no samples", caf([0, 0, 0, 0, 0, 0, 0, 1]), /found none/],
  ["a CAF file of wide packets", caf(Array(8).fill(255), 4), /16 bit in packets of 4 bytes/],
];
for (const [what, bytes, message] of BROKEN) {
  Deno.test(`readAudio() refuses ${what}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "x");
      Deno.writeFileSync(path, Uint8Array.from(bytes));
      await assert.rejects(readAudio(path), (error: Error) => {
        assert.ok(error instanceof AudioError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }));
}

Deno.test("readAudio() reads FLAC to its end, also where that is a frame of silence of a few bytes", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.flac");
    for (const end of [0, 77]) {
      const frames: [number, number][] = [[4096, 8192], [4096, -4096], [272, end]];
      Deno.writeFileSync(path, flac(frames));
      const { samples, sampleRate } = await readAudio(path);
      assert.deepEqual([samples.length, sampleRate], [8464, 44100]);
      assert.deepEqual(
        [0, 4095, 4096, 8191, 8192, 8463].map((i) => Math.round(samples[i] * 32768)),
        [
          ...[8192, 8192, -4096, -4096],
          ...[end, end],
        ],
      );
      // Tags may lie behind it, an APE tag with a header of its own or without.
      const id3 = [...ascii("TAG"), ...Array(125).fill(65)];
      const item = [1, 0, 0, 0, 0, 0, 0, 0, ...ascii("Title"), 0, 65];
      const bound = (flags: number) => [
        ...[...ascii("APETAGEX"), 0xd0, 7, 0, 0, item.length + 32, 0, 0, 0, 1, 0, 0, 0],
        ...[0, 0, 0, flags, ...Array(8).fill(0)],
      ];
      const both = [...bound(0xa0), ...item, ...bound(0x80)];
      for (const tags of [id3, both, [...item, ...bound(0), ...id3]]) {
        Deno.writeFileSync(path, Uint8Array.of(...flac(frames), ...tags));
        assert.deepEqual((await readAudio(path)).samples, samples);
      }
      // Without its last frame it is broken as before.
      Deno.writeFileSync(path, flac(frames).subarray(0, -13));
      await assert.rejects(readAudio(path), /it holds 8192 of its 8464 samples$/);
    }
  }));

Deno.test("readAudio() passes over tags of ID3, also where several lie behind each other", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    const tag = [...ascii("ID3"), 3, 0, 0, 0, 0, 1, 0, ...Array(128).fill(65)];
    for (const name of ["a.mp3", "a.flac"]) {
      const bytes = Deno.readFileSync(join(SOUNDS, name));
      const { samples } = await readAudio(join(SOUNDS, name));
      for (const count of [1, 2, 15]) {
        Deno.writeFileSync(path, Uint8Array.of(...Array(count).fill(tag).flat(), ...bytes));
        assert.deepEqual((await readAudio(path)).samples, samples);
      }
    }
    // Nothing but tags is no sound, and looked at in no time.
    Deno.writeFileSync(path, Uint8Array.from(Array(5000).fill(tag).flat()));
    await assert.rejects(readAudio(path), { name: "AudioError" });
  }));

Deno.test("readAudio() passes over a tag behind MP3 that looks like sound", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.mp3"), original = join(SOUNDS, "a.mp3");
    const bytes = Deno.readFileSync(original), { samples } = await readAudio(original);
    // A frame of another rate, again and again, as a picture's bytes may have it.
    const frame = [0xff, 0xf3, 0x14, 0xc4, ...Array(44).fill(0)];
    const value = Array(200).fill(frame).flat();
    const size = value.length + 32;
    const footer = [...ascii("APETAGEX"), 0xd0, 7, 0, 0, size & 255, size >> 8, 0, 0];
    footer.push(1, ...Array(15).fill(0));
    Deno.writeFileSync(path, Uint8Array.of(...bytes, ...value, ...footer));
    assert.deepEqual((await readAudio(path)).samples, samples);
  }));

Deno.test("readAudio() reads what other programs wrote as soundfile reads it", async () => {
  const { step, files }: {
    step: number;
    files: Record<string, { rate: number; tolerance: number; values: number[] }>;
  } = JSON.parse(Deno.readTextFileSync(join(SOUNDS, "expected.json")));
  assert.equal(Object.keys(files).length, 12);
  for (const [name, { rate, tolerance, values }] of Object.entries(files)) {
    const { samples, sampleRate } = await readAudio(join(SOUNDS, name));
    assert.equal(sampleRate, rate, name);
    // Of what the last packet has too much nothing; blocks of WAV are whole, as soundfile has them.
    const isOfBlocks = ["gsm.wav", "ms.wav", "ima.wav"].includes(name);
    const length = Math.min(samples.length, isOfBlocks ? 0.25 * rate : Infinity);
    assert.equal(length, 0.25 * rate, name);
    values.slice(0, Math.floor(0.25 * rate / step)).forEach((value, i) => {
      const sample = samples[i * step];
      assert.ok(Math.abs(sample - value) <= tolerance, `${name}: ${sample} at ${i * step}`);
    });
  }
});

Deno.test("openAudio() reads the same samples in parts as at once, in every plain coding", () =>
  withFolder(async (folder) => {
    const random = seededRandom(3);
    const noise = (count: number) =>
      Array.from({ length: count }, () => Math.floor(256 * random()));
    const files: [number, number, number, number][] = [
      [1, 8, 2, 2],
      [1, 16, 4, 2],
      [1, 24, 3, 1],
      [1, 32, 4, 1],
      [6, 8, 1, 1],
      [7, 8, 2, 2],
      [2, 4, 70, 2],
      [0x11, 4, 72, 2],
      [0x11, 4, 36, 1],
      [0x31, 0, 65, 1],
      [1, 64, 8, 1],
    ];
    for (const [code, bits, block, channels] of files) {
      const path = join(folder, `${code}_${bits}.wav`);
      Deno.writeFileSync(
        path,
        riff([fmt(code, bits, block, channels), chunk("data", noise(5040))]),
      );
      const whole = readWav(path).samples;
      using sound = await openAudio(path);
      assert.equal(sound.frames, whole.length);
      assert.equal(sound.channels, channels);
      for (const [start, count] of [[0, 1], [7, 100], [129, 1000], [whole.length - 5, 99]]) {
        assert.deepEqual(sound.read(start, count), whole.slice(start, start + count), path);
      }
    }
  }));

Deno.test("readAudio() says what it can't read, and how to convert it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.wav");
    const cases: [string, RegExp][] = [
      ["\0\0\0\x20ftypM4A ", /found an MPEG-4 file .* in .*x\.wav; convert it: ffmpeg -i /],
      ["\x1aE\xdf\xa3", /found a Matroska or WebM file/],
      ["\x7f\xfe\x80\x01", /found a DTS file in .*; convert it: ffmpeg/],
      ["hello", /but found "hell" in .*; if another program plays it, convert it: ffmpeg/],
      ["", /found an empty file in [^;]*$/],
    ];
    for (const [content, message] of cases) {
      Deno.writeFileSync(path, new Uint8Array(ascii(content)));
      await assert.rejects(readAudio(path), (error: Error) => {
        assert.ok(error instanceof AudioError);
        assert.match(error.message, message);
        return true;
      });
    }
    await assert.rejects(readAudio(join(folder, "none.wav")), /none\.wav/);
  }));

Deno.test({
  name: "readAudio() says that a folder is no recording, nor a device that has no end",
  // There the system opens none.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      for (const [path, found] of [[folder, "a folder"], ["/dev/zero", "a pipe or a device"]]) {
        const message = `Expected a recording but found ${found} at ${path}`;
        await assert.rejects(readAudio(path), { name: "AudioError", message });
      }
    }),
});
