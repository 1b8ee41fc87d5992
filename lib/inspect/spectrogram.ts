import { readAudio } from "../audio/read_audio.ts";
import type { Matrix } from "../audio/mel_bank.ts";
import { resample } from "../audio/resample.ts";
import { melSpectrogram, powerToDb } from "../audio/spectra.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { encodePng } from "../ui/png.ts";
import { asImage } from "./picture.ts";

/** How a spectrogram is drawn. */
export interface SpectrogramOptions {
  /** What stands above it. */
  title?: string;
  /** Width of the picture in points of the screen; 460 unless given. */
  width?: number;
  /** Height; 150 unless given. */
  height?: number;
  /** Seconds that the width stands for; the sound's own length unless given. */
  seconds?: number;
}

/** Mel bands of a picture, and the highest frequency in it. */
const BANDS = 96, F_MAX = 8000;
const N_FFT = 1024, HOP = 256, RATE = 16000;
/** The range of the colours, in dB below the loudest. */
const RANGE = 70;
/** Room for the axes, left and below. */
const LEFT = 44, BELOW = 30, ABOVE = 6, HEADING = 14;
/** Frequencies that are named. */
const TICKS = [100, 500, 1000, 2000, 4000, 8000];
/** How many colours {@linkcode PALETTE} has. */
export const PALETTE_COLORS = 64;

/**
 * A log-mel spectrogram with its axes, as an SVG picture that needs nothing else.
 *
 * @param sound The path of a recording, or samples with their rate.
 * @param options How it is drawn.
 * @returns The text of the picture; {@linkcode showSpectrogram} shows it.
 * @throws {AudioError} Where the file can't be read.
 * @throws {RangeError} Where the sound is empty.
 *
 * @example
 * ```ts
 * import { spectrogram } from "qvim";
 *
 * const samples = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5));
 * const svg = await spectrogram({ samples, sampleRate: 8000 }, { title: "a tone" });
 * if (!svg.startsWith("<svg")) throw new Error("no picture");
 * ```
 */
export async function spectrogram(
  sound: string | MonoAudio,
  options: SpectrogramOptions = {},
): Promise<string> {
  const audio = typeof sound === "string" ? await readAudio(sound) : sound;
  return drawSpectrogram(audio, { ...options, showTitle: true });
}

/**
 * What a picture is painted of, as librosa computes it.
 *
 * @param samples The sound at 16 kHz [shape=(n,)].
 * @returns Decibels by band and frame, no lower than 70 below the loudest [shape=(96, frames)].
 */
export function pictureDecibels(samples: Float32Array): Matrix {
  const options = { nFft: N_FFT, hopLength: HOP, nMels: BANDS, fMax: F_MAX };
  return powerToDb(melSpectrogram(samples, RATE, options), { topDb: RANGE });
}

/** As {@linkcode spectrogram}, of what is in memory; the title may stand beside it already. */
export function drawSpectrogram(
  { samples, sampleRate }: MonoAudio,
  { title, width = 460, height = 150, seconds, showTitle = false }: SpectrogramOptions & {
    showTitle?: boolean;
  } = {},
): string {
  if (samples.length === 0) throw new RangeError("Expected a sound to draw but found no samples");
  const mel = pictureDecibels(resample(samples, sampleRate, RATE));
  const peak = mel.data.reduce((peak, value) => Math.max(peak, value), -Infinity);
  // As many columns as there are points: what is longer is joined by its loudest frame.
  const columns = Math.min(mel.columns, width);
  const pixels = new Uint8Array(BANDS * columns);
  for (let band = 0; band < BANDS; band++) {
    for (let x = 0; x < columns; x++) {
      const first = Math.floor(x * mel.columns / columns);
      const last = Math.max(first + 1, Math.floor((x + 1) * mel.columns / columns));
      let loudest = -Infinity;
      for (let t = first; t < last; t++) {
        loudest = Math.max(loudest, mel.data[band * mel.columns + t]);
      }
      const level = Math.max(0, 1 + (loudest - peak) / RANGE);
      pixels[(BANDS - 1 - band) * columns + x] = Math.round(level * (PALETTE_COLORS - 1));
    }
  }
  const png = encodePng(pixels, columns, BANDS, PALETTE).toBase64();
  const length = samples.length / sampleRate, shown = Math.max(seconds ?? length, length);
  const heading = showTitle && title !== undefined;
  const top = heading ? ABOVE + HEADING : ABOVE;
  const inner = { w: width - LEFT - 8, h: height - BELOW - top };
  const bottom = top + inner.h;
  const y = (hz: number) => bottom - inner.h * toMel(hz) / toMel(F_MAX);
  const ticks = timeTicks(shown).map((time) => {
    const x = LEFT + inner.w * time / shown;
    return `<path stroke="currentColor" d="M${x.toFixed(1)} ${bottom}v4"/><text x="${
      x.toFixed(1)
    }" y="${bottom + 15}" text-anchor="middle">${Number(time.toFixed(2))}</text>`;
  });
  const bands = TICKS.map((hz) =>
    `<path stroke="currentColor" d="M${LEFT - 4} ${y(hz).toFixed(1)}h4"/><text x="${LEFT - 6}" y="${
      (y(hz) + 3.5).toFixed(1)
    }" text-anchor="end">${hz >= 1000 ? `${hz / 1000}k` : hz}</text>`
  );
  const name = heading
    ? `<text x="${LEFT}" y="12" font-weight="600">${escapeHtml(title)}</text>`
    : "";
  const label = title === undefined ? "Spectrogram" : `Spectrogram of ${title}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeHtml(label)}, 0 to ${shown.toFixed(1)} s, ` +
    `0 to ${
      F_MAX / 1000
    } kHz" font-family="system-ui, sans-serif" font-size="10" fill="currentColor" ` +
    `stroke="none"><image href="data:image/png;base64,${png}" x="${LEFT}" y="${top}" width="${
      (inner.w * length / shown).toFixed(1)
    }" height="${inner.h}" preserveAspectRatio="none"/>` +
    `${bands.join("")}${ticks.join("")}${name}<text x="${LEFT + inner.w}" y="${
      bottom + 27
    }" text-anchor="end">time / s</text>` +
    `<text x="2" y="${bottom + 27}">frequency / Hz</text></svg>`;
}

/**
 * Shows a spectrogram below the running cell; see {@linkcode spectrogram}.
 *
 * @param sound The path of a recording, or samples with their rate.
 * @param options How it is drawn.
 *
 * @example
 * ```ts ignore
 * await showSpectrogram(queryFiles["siren_1.wav"]);
 * ```
 */
export async function showSpectrogram(
  sound: string | MonoAudio,
  options: SpectrogramOptions = {},
): Promise<void> {
  const svg = await spectrogram(sound, options);
  await display({ "text/plain": options.title ?? "A spectrogram", "text/html": asImage(svg) });
}

/** Slaney's mel scale, which the bands are of. */
function toMel(hz: number): number {
  return hz < 1000 ? hz * 3 / 200 : 15 + 27 * Math.log(hz / 1000) / Math.log(6.4);
}

function timeTicks(seconds: number): number[] {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300].find((step) => seconds / step <= 7) ?? 600;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
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
