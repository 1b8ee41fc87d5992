/** Pictures of sounds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import type { Matrix } from "../../lib/audio/mel_bank.ts";
import { inMemory } from "../../lib/audio/sound_source.ts";
import { resample } from "../../lib/audio/resample.ts";
import { melSpectrogram, powerToDb } from "../../lib/audio/spectra.ts";
import { readWav } from "../../lib/audio/wav.ts";
import { pictureDecibelsSync } from "../../lib/inspect/mel_picture.ts";
import { spectrogram } from "../../lib/inspect/spectrogram.ts";
import { encodePng } from "../../lib/ui/png.ts";
import { FIXTURES, PROJECT } from "../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");

Deno.test("spectrogram() draws a tone where it is, with axes and units", async () => {
  const samples = Float32Array.from(
    { length: 16_000 },
    (_, i) => Math.sin(2 * Math.PI * 1000 * i / 16_000),
  );
  const svg = await spectrogram({ samples, sampleRate: 16_000 }, { title: "<a>" });
  assert.match(svg, /aria-label="Spectrogram of &lt;a&gt;, 0 to 1\.0 s, 0 to 8 kHz"/);
  assert.match(svg, /time \/ s<\/text><text[^>]*>frequency \/ Hz/);
  const png = Uint8Array.fromBase64(svg.match(/base64,([^"]+)/)![1]);
  const view = new DataView(png.buffer);
  const width = view.getUint32(16), height = view.getUint32(20);
  assert.equal(height, 96);
  const text = new TextDecoder("latin1").decode(png);
  const at = text.indexOf("IDAT");
  const lines = inflateSync(png.subarray(at + 4, at + 4 + view.getUint32(at - 4)));
  const column = Array.from(
    { length: height },
    (_, y) => lines[y * (width + 1) + 1 + (width >> 1)],
  );
  // 1000 Hz is 15 of the 45.2 mel up to 8 kHz, counted from below.
  const loudest = height - 1 - column.indexOf(Math.max(...column));
  assert.ok(Math.abs(loudest - 96 * 15 / 45.2) < 2.5, `${loudest}`);
  await assert.rejects(
    spectrogram({ samples: new Float32Array(), sampleRate: 8000 }),
    /no samples/,
  );
});

Deno.test("silence is painted as nothing, not as if all of it were loud", async () => {
  const palette = async (samples: Float32Array<ArrayBuffer>) => {
    const svg = await spectrogram({ samples, sampleRate: 16_000 });
    const png = Uint8Array.fromBase64(svg.match(/base64,([^"]+)/)![1]);
    const text = new TextDecoder("latin1").decode(png), at = text.indexOf("IDAT");
    const width = new DataView(png.buffer).getUint32(16);
    const size = new DataView(png.buffer).getUint32(at - 4);
    const lines = inflateSync(png.subarray(at + 4, at + 4 + size));
    return [...new Set([...lines].filter((_, i) => i % (width + 1) !== 0))].sort((a, b) => a - b);
  };
  assert.deepEqual(await palette(new Float32Array(16_000)), [0]);
  // The faintest sound is drawn from its own loudest part on.
  const faint = Float32Array.from({ length: 16_000 }, (_, i) => 1e-4 * Math.sin(i / 3));
  assert.equal((await palette(faint)).at(-1), 63);
});

Deno.test("pictures are painted of the decibels that librosa gives", () => {
  const { samples } = readWav(join(DATA, "Items", "bark", "bark_1.wav"));
  const sound = inMemory({ samples, sampleRate: 16_000 });
  const { data, rows, columns } = pictureDecibelsSync(sound);
  const { picture: { shape, values } } = JSON.parse(
    Deno.readTextFileSync(join(FIXTURES, "spectra.json")),
  );
  assert.deepEqual([rows, columns], shape);
  const step = Math.ceil(data.length / values.length);
  values.forEach((value: number, i: number) =>
    assert.ok(Math.abs(data[i * step] - value) < 1e-3, `${i * step}: ${data[i * step]}, ${value}`)
  );
});

Deno.test("a picture of a long sound is that of all of it, joined by the loudest", () => {
  const sampleRate = 8000, length = 130 * sampleRate;
  const samples = Float32Array.from(
    { length },
    (_, i) => Math.sin(i * (0.2 + i / length)) * (i % 4000) / 4000,
  );
  const sound = inMemory({ samples, sampleRate });
  const whole = melSpectrogram(resample(samples, sampleRate, 16_000), 16_000, {
    ...{ nFft: 1024, hopLength: 256, nMels: 96, fMax: 8000 },
  });
  const close = (found: Matrix, power: Float32Array) => {
    const { data } = powerToDb({ ...found, data: power }, { topDb: 70 });
    const furthest = data.reduce((far, x, i) => Math.max(far, Math.abs(x - found.data[i])), 0);
    assert.ok(furthest < 0.01, `${furthest} dB`);
  };
  const all = pictureDecibelsSync(sound);
  assert.deepEqual([all.rows, all.columns], [whole.rows, whole.columns]);
  close(all, whole.data);
  const joined = new Float32Array(96 * 400);
  whole.data.forEach((value, i) => {
    const band = Math.floor(i / whole.columns), frame = i % whole.columns;
    const at = band * 400 + Math.floor(frame * 400 / whole.columns);
    joined[at] = Math.max(joined[at], value);
  });
  close(pictureDecibelsSync(sound, 400), joined);
});

Deno.test("spectrogram() says what it can't draw, and names the times of sounds of any length", async () => {
  const tone = (length: number) => ({
    samples: Float32Array.from({ length }, (_, i) => Math.sin(i / 2)),
    sampleRate: 8000,
  });
  const cases: [() => Promise<string>, RegExp][] = [
    [
      () => spectrogram("/gone.wav"),
      /^ListenError: Expected a recording at \/gone\.wav but found no file$/,
    ],
    [() => spectrogram(FIXTURES), /^ListenError: Expected a recording at .* but found a folder$/],
    [() => spectrogram(undefined as never), /\{ samples, sampleRate \} but found undefined$/],
    [() => spectrogram(new Float32Array(9) as never), /but found samples without their rate$/],
    [
      () => spectrogram({ ...tone(9), sampleRate: 0 }),
      /but found \{ samples: .* sampleRate: 0 \}$/,
    ],
    [() => spectrogram({ ...tone(9), sampleRate: 1e-9 }), /sampleRate: 1e-9 \}$/],
    [
      () => spectrogram({ samples: Float32Array.of(0, NaN), sampleRate: 8000 }),
      /Expected finite samples to draw but found NaN at 1$/,
    ],
    [() => spectrogram(tone(800), { width: 1e9 }), /width to be a whole number from 100 to 4000/],
    [() => spectrogram(tone(800), { seconds: -1 }), /seconds to be more than 0 but found -1/],
  ];
  for (const [act, message] of cases) await assert.rejects(act, message);
  const times = async (length: number, options = {}) =>
    (await spectrogram(tone(length), options)).matchAll(/text-anchor="middle">([^<]+)</g)
      .map(([, time]) => time).toArray();
  assert.deepEqual(await times(80), ["0", "0.002", "0.004", "0.006", "0.008", "0.01"]);
  const day = await times(800, { seconds: 86_400 });
  assert.deepEqual(day.slice(0, 2), ["0", "14400"]);
  assert.equal(day.length, 7);
});

Deno.test("encodePng() writes the points that it is given", () => {
  const png = encodePng(Uint8Array.of(0, 1, 1, 0), 2, 2, Uint8Array.of(0, 0, 0, 255, 255, 255));
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const at = new TextDecoder("latin1").decode(png).indexOf("IDAT");
  const size = new DataView(png.buffer).getUint32(at - 4);
  assert.deepEqual([...inflateSync(png.subarray(at + 4, at + 4 + size))], [0, 0, 1, 0, 1, 0]);
});
