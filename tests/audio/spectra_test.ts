import assert from "node:assert/strict";
import { join } from "node:path";
import { type Matrix, melFilterBank } from "../../lib/audio/mel_bank.ts";
import {
  melSpectrogram,
  mfcc,
  powerToDb,
  spectralCentroid,
  spectralFlatness,
  stft,
} from "../../lib/audio/spectra.ts";
import { readWav } from "../../lib/audio/wav.ts";
import { FIXTURES, PROJECT } from "../support.ts";

/** What librosa gives for the same file; made by make_spectra.py. */
const EXPECTED: Record<string, { shape: number[]; values: number[] }> = JSON.parse(
  Deno.readTextFileSync(join(FIXTURES, "spectra.json")),
);
const FILE = join(PROJECT, "data", "qvim-mini", "Items", "bark", "bark_1.wav");

function assertClose(name: string, found: Matrix | Float32Array, tolerance: number) {
  const { shape, values } = EXPECTED[name];
  const data = found instanceof Float32Array ? found : found.data;
  const found_shape = found instanceof Float32Array ? [found.length] : [found.rows, found.columns];
  assert.deepEqual(found_shape, shape, name);
  // Every so many values: the fixture stays small.
  const step = Math.ceil(data.length / values.length);
  const scale = Math.max(1, ...values.map(Math.abs));
  values.forEach((value, i) => {
    const off = Math.abs(data[i * step] - value);
    assert.ok(off <= tolerance * scale, `${name}[${i * step}]: ${data[i * step]}, ${value}`);
  });
}

Deno.test("spectra equal librosa's", () => {
  const { samples, sampleRate } = readWav(FILE);
  assertClose("stft", stft(samples), 1e-4);
  assertClose("stft_short", stft(samples, { nFft: 512, hopLength: 160, winLength: 400 }), 1e-4);
  assertClose("stft_window", stft(samples, { nFft: 512, winLength: 400 }), 1e-4);
  assertClose("stft_odd", stft(samples, { nFft: 441, hopLength: 200, winLength: 401 }), 1e-4);
  assertClose("stft_not_centred", stft(samples, { nFft: 1023, center: false }), 1e-4);
  for (const padMode of ["edge", "reflect", "symmetric"] as const) {
    const options = { nFft: 1000, hopLength: 300, padMode };
    assertClose(`stft_${padMode}`, stft(samples, options), 1e-4);
  }
  assertClose("mel_slaney", melFilterBank(sampleRate, 2048), 1e-6);
  const bands = (norm: number) => melFilterBank(sampleRate, 1023, { nMels: 30, norm });
  assertClose("mel_l1", bands(1), 1e-6);
  assertClose("mel_peak", bands(Infinity), 1e-6);
  assertClose(
    "mel_htk",
    melFilterBank(sampleRate, 1024, {
      nMels: 40,
      melScale: "htk",
      norm: "none",
      fMin: 60,
      fMax: 7000,
    }),
    1e-5,
  );
  assertClose("melspectrogram", melSpectrogram(samples, sampleRate), 1e-4);
  const decibels = powerToDb(melSpectrogram(samples, sampleRate));
  const { values } = EXPECTED.power_to_db;
  const step = Math.ceil(decibels.data.length / values.length);
  values.forEach((value, i) => assert.ok(Math.abs(decibels.data[i * step] - value) < 1e-3, `${i}`));
  const belowLoudest = { ref: "max", aMin: 1e-5, topDb: Infinity } as const;
  assertClose(
    "power_to_db_max",
    powerToDb(melSpectrogram(samples, sampleRate), belowLoudest),
    1e-4,
  );
  assertClose("mfcc", mfcc(samples, sampleRate, { nMfcc: 13 }), 1e-4);
  assertClose("mfcc_short", mfcc(samples, sampleRate, { nFft: 1024 }), 1e-4);
  assertClose("centroid", spectralCentroid(samples, sampleRate), 1e-4);
  assertClose(
    "centroid_odd",
    spectralCentroid(samples, sampleRate, { nFft: 1023, center: false }),
    1e-4,
  );
  assertClose("flatness", spectralFlatness(samples), 1e-4);
});

Deno.test("spectra name the option that makes none", () => {
  const x = new Float32Array(4096);
  assert.throws(() => stft(x, { hopLength: 0 }), /Expected hopLength/);
  assert.throws(() => stft(x, { winLength: 4096 }), /Expected winLength to be at most nFft, 2048/);
  assert.throws(() => stft(x, { nFft: 4097, center: false }), /nFft, 4097 .* but found 4096/);
  assert.throws(() => stft(new Float32Array(), { padMode: "edge" }), /Expected 1 samples or more/);
  assert.throws(
    () => stft(new Float32Array(1024), { padMode: "reflect" }),
    /Expected 1025 samples or more to pad by reflect but found 1024/,
  );
  assert.throws(() => stft(x, { padMode: "wrap" as "edge" }), /Expected padMode to be one of/);
  const bark = { melScale: "bark" as "htk" };
  assert.throws(() => melFilterBank(8000, 512, bark), /Expected melScale to be htk or slaney/);
  assert.throws(
    () => spectralCentroid(x, NaN),
    /Expected sampleRate to be above 0 Hz but found NaN/,
  );
  assert.throws(() => melFilterBank(8000, 512, { norm: 0 }), /Expected norm to be slaney, none or/);
  const power = { data: x, rows: 1, columns: 4096 };
  assert.throws(() => powerToDb(power, { ref: 0 }), /Expected ref to be "max" or a power above 0/);
  assert.throws(() => powerToDb(power, { topDb: -1 }), /Expected topDb to be 0 or more/);
  assert.throws(() => melFilterBank(8000, 512, { fMax: 5000 }), /Expected 0 ≤ fMin < fMax ≤ 4000/);
  assert.throws(() => melFilterBank(8000, 512, { nMels: 0 }), /Expected nMels/);
  assert.throws(() => mfcc(x, 8000, { nMels: 10, nMfcc: 20 }), /at most nMels, 10/);
});
