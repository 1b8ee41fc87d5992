import { RealFft } from "../../audio/fft.ts";
import { bankRows, melFilterBank } from "../../audio/mel_bank.ts";
import { resample } from "../../audio/resample.ts";
import { openAudio } from "../../audio/read_audio.ts";
import { blocksOf, inMemory, isSilent, type SoundSource } from "../../audio/sound_source.ts";
import type { MonoAudio, OpenSound } from "../../audio/wav.ts";

import { FLOOR, FRAME_SECONDS, MEL_BANDS, type SoundFrames, trim } from "./sound_frames.ts";

const SAMPLE_RATE = 16000;
const N_FFT = 1024;
const WINDOW = 640;
const HOP = FRAME_SECONDS * SAMPLE_RATE;
/** Longer sounds are listened to up to here. */
const MAX_SECONDS = 10;
/** What is read beyond that, for the resampler's filters. */
const MARGIN_SECONDS = 0.5;
/** Samples beyond this are brought down: the power of such leaves the range of single precision. */
const LARGEST = 2 ** 20;
/** The range of pitches that is looked for, in Hz. */
const PITCH: [number, number] = [70, 1000];
/** The lowest bin that counts: below 80 Hz there is little of a voice, and much of mains hum. */
const LOWEST_BIN = 5;
const MEL_RANGE: [number, number] = [60, 8000];

/** As much of a recording as is listened to, from where it begins, of any format that can be read. */
export async function readHeard(path: string): Promise<MonoAudio> {
  const beginning = await readFrom(path, MAX_SECONDS + MARGIN_SECONDS, () => 0);
  if (!isSilent(beginning.samples)) return beginning;
  // Few begin that late: these alone are decoded to their end.
  return await readFrom(path, Infinity, firstHeard);
}

/** @param seconds How much may be needed of what is compressed. */
async function readFrom(
  path: string,
  seconds: number,
  startIn: (sound: OpenSound) => number,
): Promise<MonoAudio> {
  using sound = await openAudio(path, seconds);
  const { sampleRate } = sound;
  const count = Math.ceil((MAX_SECONDS + MARGIN_SECONDS) * sampleRate);
  return { samples: sound.read(startIn(sound), count), sampleRate };
}

/**
 * Where the second begins in which something is heard first, in samples; 0 where nothing is, or within
 * what is listened to.
 */
function firstHeard(sound: SoundSource): number {
  let start = 0;
  for (const block of blocksOf(sound, sound.sampleRate)) {
    if (!isSilent(block)) return start < MAX_SECONDS * sound.sampleRate ? 0 : start;
    start += block.length;
  }
  return 0;
}

/** Bins of a frame's spectrum. */
const BINS = N_FFT / 2 + 1;
/** The periods that are looked for, in samples. */
const FIRST_LAG = SAMPLE_RATE / PITCH[1], LAST_LAG = Math.floor(SAMPLE_RATE / PITCH[0]);

/** Listens to sounds frame by frame. */
export class SoundAnalyzer {
  readonly #window = Float32Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / WINDOW),
  );
  readonly #spectrum = new RealFft(N_FFT);
  readonly #correlation = new RealFft(N_FFT);
  readonly #power = new Float32Array(BINS);
  readonly #octaves = Float64Array.from({ length: BINS }, (_, bin) => Math.log2(bin));
  readonly #bank = new MelBank();
  /** The window's own autocorrelation, as a part of that at lag 0. */
  readonly #windowCorrelation: Float64Array;

  constructor() {
    // Behind each frame there are zeros, which stay.
    this.#spectrum.input.fill(0);
    this.#spectrum.input.set(this.#window);
    this.#computePower();
    const correlation = this.#autocorrelation();
    this.#windowCorrelation = Float64Array.from(
      { length: LAST_LAG + 1 },
      (_, lag) => correlation[2 * lag] / correlation[0],
    );
  }

  /** @param path A sound file of any format that can be read. */
  async analyzeFile(path: string): Promise<SoundFrames> {
    return this.analyzeAudio(await readHeard(path));
  }

  /** The same of a sound in memory; of a longer one, its first ten seconds, or those from where it begins. */
  analyzeAudio(audio: MonoAudio): SoundFrames {
    const { samples, sampleRate } = audio;
    const clip = withinRange(samples.subarray(firstHeard(inMemory(audio))));
    return this.analyze(resample(clip, sampleRate, SAMPLE_RATE, MAX_SECONDS * SAMPLE_RATE));
  }

  /** @param clip One channel at 16 kHz. */
  analyze(clip: Float32Array): SoundFrames {
    const samples = surround(clip);
    const count = 1 + Math.floor((samples.length - WINDOW) / HOP);
    const frames: SoundFrames = {
      count,
      level: new Float32Array(count),
      periodicity: new Float32Array(count),
      pitch: new Float32Array(count),
      brightness: new Float32Array(count),
      mel: new Float32Array(count * MEL_BANDS),
    };
    const input = this.#spectrum.input, window = this.#window;
    for (let frame = 0, start = 0; frame < count; frame++, start += HOP) {
      for (let i = 0; i < WINDOW; i++) input[i] = samples[start + i] * window[i];
      this.#computePower();
      this.#describe(frame, frames);
      this.#bank.apply(this.#power, frames.mel, frame * MEL_BANDS);
      this.#findPitch(frame, frames);
    }
    return trim(frames);
  }

  /** The power spectrum of what lies in the transform's input. */
  #computePower(): void {
    const packed = this.#spectrum.transform(), power = this.#power;
    power[0] = packed[0] * packed[0];
    power[BINS - 1] = packed[1] * packed[1];
    for (let bin = 1, at = 2; bin < BINS - 1; bin++, at += 2) {
      power[bin] = packed[at] * packed[at] + packed[at + 1] * packed[at + 1];
    }
  }

  /**
   * The autocorrelation of what has that power spectrum, the transform of an even sequence: of lag 0 at
   * 0, of each other below N_FFT / 2 at twice its number.
   */
  #autocorrelation(): Float32Array {
    const even = this.#correlation.input, power = this.#power;
    even.set(power);
    for (let bin = 1; bin < N_FFT / 2; bin++) even[N_FFT - bin] = power[bin];
    return this.#correlation.transform();
  }

  #describe(frame: number, frames: SoundFrames): void {
    const power = this.#power, octaves = this.#octaves;
    let energy = 1e-9, weighted = 0;
    for (let bin = LOWEST_BIN; bin < BINS; bin++) {
      energy += power[bin];
      weighted += power[bin] * octaves[bin];
    }
    frames.level[frame] = 10 * Math.log10(energy);
    frames.brightness[frame] = weighted / energy;
  }

  /**
   * The autocorrelation of the windowed frame, divided by the window's own, is that of the sound
   * (P. Boersma, 1993): its highest peak is the share of what repeats.
   */
  #findPitch(frame: number, frames: SoundFrames): void {
    const correlation = this.#autocorrelation();
    const whole = correlation[0] + 1e-9;
    let best = 0, bestLag = 1;
    for (let lag = FIRST_LAG; lag <= LAST_LAG; lag++) {
      const here = correlation[2 * lag];
      if (here < correlation[2 * lag - 2] || here < correlation[2 * lag + 2]) continue;
      // A period's double correlates as well: the shorter one has to be clearly worse to lose.
      const value = here / whole / this.#windowCorrelation[lag];
      if (value > best + 0.02) [best, bestLag] = [value, lag];
    }
    frames.periodicity[frame] = Math.min(1, Math.max(0, best));
    frames.pitch[frame] = Math.log2(SAMPLE_RATE / bestLag);
  }
}

/** The filters of all bands, one behind the other: triangles over O'Shaughnessy's mel scale. */
class MelBank {
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #weights: Float32Array;

  constructor() {
    const rows = bankRows(
      melFilterBank(SAMPLE_RATE, N_FFT, {
        nMels: MEL_BANDS,
        fMin: MEL_RANGE[0],
        fMax: MEL_RANGE[1],
        melScale: "htk",
        norm: "none",
      }),
    );
    this.#starts = Int32Array.from(rows, ({ start }) => start);
    this.#ends = Int32Array.from(rows, ({ start, weights }) => start + weights.length);
    this.#weights = Float32Array.from(rows.flatMap(({ weights }) => Array.from(weights)));
  }

  /** Writes the power in each band from `at` on. */
  apply(power: Float32Array, out: Float32Array, at: number): void {
    const weights = this.#weights;
    for (let band = 0, next = 0; band < MEL_BANDS; band++) {
      let sum = 0;
      const end = this.#ends[band];
      for (let bin = this.#starts[band]; bin < end; bin++) sum += weights[next++] * power[bin];
      out[at + band] = sum;
    }
  }
}

/** The samples as they are, or at full scale where a file of floats holds numbers that are no sound's. */
function withinRange(samples: Float32Array): Float32Array {
  const peak = largestOf(samples);
  return peak > LARGEST ? samples.map((x) => x / peak) : samples;
}

/** The largest of samples, whatever their sign. */
export function largestOf(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]));
  return peak;
}

/**
 * The clip from its first to its last audible sample, with silence around: wherever in a recording a
 * sound lies, its frames are the same.
 */
function surround(clip: Float32Array): Float32Array {
  const least = largestOf(clip) * 10 ** (-FLOOR / 20);
  const audible = (x: number) => Math.abs(x) > least;
  const first = Math.max(0, clip.findIndex(audible));
  const sound = clip.subarray(first, clip.findLastIndex(audible) + 1);
  const out = new Float32Array(sound.length + 2 * (WINDOW - HOP));
  out.set(sound, WINDOW - HOP);
  return out;
}
