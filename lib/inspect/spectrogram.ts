import { setTimeout as delay } from "node:timers/promises";
import type { Matrix } from "../audio/mel_bank.ts";
import { inMemory, type SoundSource } from "../audio/sound_source.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { assertOptions, inspectShort, type Kind, TEXT, wholeNumber } from "../io/options.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { startProgress } from "../ui/progress.ts";
import { ListenError } from "./checks.ts";
import { F_MAX, paint, pictureDecibels, pictureDecibelsSync } from "./mel_picture.ts";
import { asImage } from "./picture.ts";
import { openRecording } from "./sounds.ts";

/** How a spectrogram is drawn. */
export interface SpectrogramOptions {
  /** What stands above it. */
  title?: string;
  /** Width of the picture in points of the screen, from 100 to 4000; 460 unless given. */
  width?: number;
  /** Height, from 100 to 4000; 150 unless given. */
  height?: number;
  /** Seconds that the width stands for; the sound's own length unless given. */
  seconds?: number;
}

/** Room for the axes, left and below. */
const LEFT = 44, RIGHT = 8, BELOW = 30, ABOVE = 6, HEADING = 14;
const WIDTH = 460, HEIGHT = 150;
/** Frequencies that are named. */
const TICKS = [100, 500, 1000, 2000, 4000, 8000];
/** The highest rate of samples, in Hz. */
const MOST_RATE = 1e6;
const MORE_THAN_0: Kind = {
  words: "more than 0",
  holds: (value) => Number.isFinite(value) && (value as number) > 0,
};
/** Sounds of more seconds than this take a while to draw. */
const LONG_SECONDS = 300;

/**
 * A log-mel spectrogram with its axes, as an SVG picture that needs nothing else.
 *
 * @param sound The path of a recording, or samples with their rate.
 * @param options How it is drawn.
 * @returns The text of the picture; {@linkcode showSpectrogram} shows it.
 * @throws {AudioError} Where the file can't be read.
 * @throws {ListenError} Where there is no file, or this is neither a path nor samples.
 * @throws {RangeError} Where the sound is empty or an option is out of range.
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
  checkOptions(options);
  if (typeof sound !== "string") {
    assertSamples(sound);
    return await drawAsync(inMemory(sound), options);
  }
  using opened = await openRecording(sound);
  return await drawAsync(opened, options);
}

async function drawAsync(sound: SoundSource, options: SpectrogramOptions): Promise<string> {
  const { width = WIDTH } = options;
  const seconds = sound.frames / sound.sampleRate;
  const steps = pictureDecibels(sound, width);
  const progress = seconds > LONG_SECONDS
    ? startProgress("Drawing", {
      total: Math.round(seconds),
      format: (amount) => `${amount} s`,
    })
    : undefined;
  try {
    while (true) {
      const { done, value } = steps.next();
      if (done) return toSvg(value, seconds, { ...options, showTitle: true });
      progress?.update(Math.round(value * seconds));
      await delay(0);
    }
  } finally {
    await progress?.finish();
  }
}

/** As {@linkcode spectrogram}, at once, of what is in memory, without its title: it stands beside it. */
export function drawSpectrogram(audio: MonoAudio, options: SpectrogramOptions = {}): string {
  const mel = pictureDecibelsSync(inMemory(audio), options.width ?? WIDTH);
  return toSvg(mel, audio.samples.length / audio.sampleRate, options);
}

/** Which part of a picture's width the sound's first and last moment are at, in percent. */
export function timeAxis(width: number): { from: number; to: number } {
  return { from: 100 * LEFT / width, to: 100 * (width - RIGHT) / width };
}

function toSvg(
  mel: Matrix,
  length: number,
  { title, width = WIDTH, height = HEIGHT, seconds, showTitle = false }: SpectrogramOptions & {
    showTitle?: boolean;
  },
): string {
  const png = paint(mel);
  const shown = Math.max(seconds ?? length, length);
  const heading = showTitle && title !== undefined;
  const top = heading ? ABOVE + HEADING : ABOVE;
  const inner = { w: width - LEFT - RIGHT, h: height - BELOW - top };
  const bottom = top + inner.h;
  const y = (hz: number) => bottom - inner.h * toMel(hz) / toMel(F_MAX);
  const ticks = timeTicks(shown).map((time) => {
    const x = LEFT + inner.w * time / shown;
    return `<path stroke="currentColor" d="M${x.toFixed(1)} ${bottom}v4"/><text x="${
      x.toFixed(1)
    }" y="${bottom + 15}" text-anchor="middle">${Number(time.toPrecision(3))}</text>`;
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
  const until = shown < 0.1 ? String(Number(shown.toPrecision(2))) : shown.toFixed(1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" aria-label="${escapeHtml(label)}, 0 to ${until} s, ` +
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

/** @throws {ListenError} Where these are no samples with their rate. */
function assertSamples(sound: unknown): asserts sound is MonoAudio {
  const { samples, sampleRate } = (sound ?? {}) as Partial<MonoAudio>;
  const isRate = Number.isInteger(sampleRate) && sampleRate! >= 1 && sampleRate! <= MOST_RATE;
  if (samples instanceof Float32Array && isRate) return;
  const found = sound instanceof Float32Array ? "samples without their rate" : inspectShort(sound);
  throw new ListenError(
    `Expected the path of a recording or { samples, sampleRate } but found ${found}`,
  );
}

function checkOptions(options: SpectrogramOptions): void {
  assertOptions(options, { title: TEXT }, ListenError);
  const size = wholeNumber(100, 4000);
  assertOptions(options, { width: size, height: size, seconds: MORE_THAN_0 }, RangeError);
}

/**
 * Shows a spectrogram below the running cell; see {@linkcode spectrogram}.
 *
 * @param sound The path of a recording, or samples with their rate.
 * @param options How it is drawn.
 *
 * @example
 * ```ts ignore
 * await showSpectrogram(queryFiles["siren_1_voice_2.wav"]);
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

/** Steps that people count in, in seconds. */
const STEPS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  ...[60, 120, 300, 600, 1200, 1800, 3600],
];

function timeTicks(seconds: number): number[] {
  const step = STEPS.find((step) => step >= seconds / 7) ?? 3600 * Math.ceil(seconds / 7 / 3600);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
}
