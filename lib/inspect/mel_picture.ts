import type { Matrix } from "../audio/mel_bank.ts";
import { resample } from "../audio/resample.ts";
import { melSpectrogram, powerToDb } from "../audio/spectra.ts";
import { encodePng } from "../ui/png.ts";
import type { SoundSource } from "../audio/sound_source.ts";

/** Mel bands of a picture. */
const BANDS = 96;
/** The highest frequency in a picture, in Hz. */
export const F_MAX = 8000;
const N_FFT = 1024, HOP = 256, RATE = 16_000;
/** The range of the colours, in dB below the loudest. */
const RANGE = 70;
/** Frames that are computed at a time, one minute, and those before and behind that they need. */
const BLOCK = 60 * RATE / HOP, MARGIN = 50;

/** The level of nothing at all, in dB. */
const SILENT = powerToDb({ data: new Float32Array(1), rows: 1, columns: 1 }).data[0];

/** How many colours {@linkcode PALETTE} has. */
export const PALETTE_COLORS = 64;

/**
 * What a picture is painted of, as librosa computes it: a log-mel spectrogram of the sound at 16 kHz,
 * a minute at a time, so that an hour takes no more memory.
 *
 * @param sound A sound, of any length but 0.
 * @param most How many columns there is room for; where there are more frames, each column has the
 * loudest of its own.
 * @returns Decibels by band and column, no lower than 70 below the loudest [shape=(96, columns)]; what
 * it yields before is the share that is done.
 */
export function* pictureDecibels(
  sound: SoundSource,
  most = Infinity,
): Generator<number, Matrix> {
  const { sampleRate, frames } = sound;
  if (frames === 0) throw new RangeError("Expected a sound to draw but found no samples");
  const total = 1 + Math.floor(Math.ceil(frames * RATE / sampleRate) / HOP);
  const columns = Math.min(total, most);
  const data = new Float32Array(BANDS * columns);
  for (let first = 0; first < total; first += BLOCK) {
    const end = Math.min(total, first + BLOCK), lead = Math.min(first, MARGIN);
    const sampleAt = (frame: number) => Math.round(frame * HOP / RATE * sampleRate);
    const from = sampleAt(first - lead);
    const samples = sound.read(from, sampleAt(end + MARGIN) - from);
    const bad = samples.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RangeError(
        `Expected finite samples to draw but found ${samples[bad]} at ${from + bad}`,
      );
    }
    const mel = melSpectrogram(resample(samples, sampleRate, RATE), RATE, {
      ...{ nFft: N_FFT, hopLength: HOP, nMels: BANDS, fMax: F_MAX },
    });
    for (let frame = first; frame < end; frame++) {
      const column = Math.floor(frame * columns / total);
      for (let band = 0; band < BANDS; band++) {
        const at = band * columns + column;
        data[at] = Math.max(data[at], mel.data[band * mel.columns + frame - first + lead]);
      }
    }
    yield end / total;
  }
  return powerToDb({ data, rows: BANDS, columns }, { topDb: RANGE });
}

/** The same, at once. */
export function pictureDecibelsSync(sound: SoundSource, most?: number): Matrix {
  const steps = pictureDecibels(sound, most);
  while (true) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The picture as a PNG file in Base64, the lowest band below. */
export function paint({ data, columns }: Matrix): string {
  const peak = data.reduce((peak, value) => Math.max(peak, value), -Infinity);
  const pixels = new Uint8Array(BANDS * columns);
  for (let band = 0; band < BANDS; band++) {
    for (let x = 0; x < columns; x++) {
      // Of silence all is as loud as the loudest, which is nothing.
      const level = peak <= SILENT ? 0 : Math.max(0, 1 + (data[band * columns + x] - peak) / RANGE);
      pixels[(BANDS - 1 - band) * columns + x] = Math.round(level * (PALETTE_COLORS - 1));
    }
  }
  return encodePng(pixels, columns, BANDS, PALETTE).toBase64();
}

/** From near black over violet and orange to near white, lighter step by step. */
export const PALETTE = Uint8Array.from(
  Array.from({ length: PALETTE_COLORS }, (_, i) => {
    const t = i / (PALETTE_COLORS - 1);
    return [
      255 * Math.min(1, 1.6 * t ** 0.9),
      255 * Math.max(0, 1.25 * t ** 2.2 - 0.06),
      255 * Math.min(1, 0.12 + 0.9 * Math.sin(Math.PI * Math.min(1, 1.25 * t)) * (1 - t) + t ** 6),
    ].map((value) => Math.round(Math.max(0, Math.min(255, value))));
  }).flat(),
);
