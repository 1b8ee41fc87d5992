import type { Allocate } from "./buffers.ts";
import {
  applyBank,
  type Matrix,
  melFilterBank,
  type MelOptions,
  type MelScale,
} from "./mel_bank.ts";
import { stft } from "./spectra.ts";

/** How a log-mel spectrogram is made. */
export interface LogMelSettings {
  sampleRate: number;
  nFft: number;
  /** `nFft` unless given. */
  winLength?: number;
  hopLength: number;
  nMels: number;
  fMin: number;
  /** Half the sample rate unless given. */
  fMax?: number;
  melScale: MelScale;
  norm: MelOptions["norm"];
  /** Seconds; as long as the sound is unless given. */
  duration?: number;
  /** How shorter sounds become as long. */
  padding: "zeros" | "repeat";
  /** `whisper`: the common logarithm, eight at most below its peak, (x + 4) / 4. */
  logarithm: "db" | "ln" | "whisper";
  offset: number;
  mean: number;
  std: number;
  /** Whether the last frame is left out. */
  dropsLast: boolean;
  /** Whether frames come before bands in the network's input, and how many dimensions that has. */
  isTimeFirst: boolean;
  rank: number;
}

const TORCH_AUDIO: LogMelSettings = {
  sampleRate: 16000,
  nFft: 400,
  hopLength: 200,
  nMels: 128,
  fMin: 0,
  melScale: "htk",
  norm: "none",
  padding: "zeros",
  logarithm: "db",
  offset: 1e-6,
  mean: 0,
  std: 1,
  dropsLast: false,
  isTimeFirst: false,
  rank: 4,
};

/**
 * The usual settings:
 * - `log-mel`: torchaudio's defaults of `MelSpectrogram` and `AmplitudeToDB`;
 * - `clap`: `ClapFeatureExtractor` of transformers for `laion/clap-htsat-unfused` (Y. Wu et al.,
 *   "Large-scale contrastive language-audio pretraining with feature fusion and keyword-to-caption
 *   augmentation", ICASSP 2023); of longer sounds it takes a random part, here the first;
 * - `whisper`: `log_mel_spectrogram` of openai/whisper (A. Radford et al., "Robust speech recognition
 *   via large-scale weak supervision", ICML 2023).
 */
export const LOG_MELS: Record<"log-mel" | "clap" | "whisper", LogMelSettings> = {
  "log-mel": TORCH_AUDIO,
  "clap": {
    ...TORCH_AUDIO,
    sampleRate: 48000,
    nFft: 1024,
    hopLength: 480,
    nMels: 64,
    fMin: 50,
    fMax: 14000,
    melScale: "slaney",
    norm: "slaney",
    duration: 10,
    padding: "repeat",
    isTimeFirst: true,
  },
  "whisper": {
    ...TORCH_AUDIO,
    hopLength: 160,
    nMels: 80,
    melScale: "slaney",
    norm: "slaney",
    duration: 30,
    logarithm: "whisper",
    dropsLast: true,
    rank: 3,
  },
};

/** The least power that decibels are taken of. */
const LEAST_POWER = 1e-10;

/** Log-mel spectrograms of centred, mirrored frames under a periodic Hann window. */
export class LogMelSpectrogram {
  readonly settings: LogMelSettings;
  /** How many samples are heard unless said otherwise. */
  readonly length?: number;
  readonly #bank: Matrix;

  /** @throws {RangeError} Where a setting makes no spectrogram. */
  constructor(settings: LogMelSettings) {
    this.settings = settings;
    const { sampleRate, duration, nFft, logarithm, std } = settings;
    if (!["db", "ln", "whisper"].includes(logarithm)) {
      throw new RangeError(`Expected logarithm to be db or ln but found ${logarithm}`);
    }
    if (!(Math.abs(std) > 0)) throw new RangeError(`Expected std not to be 0 but found ${std}`);
    // So many frames make so many samples, whatever their number: `samplesFor` relies on it.
    if (nFft % 2 === 1) throw new RangeError(`Expected nFft to be even but found ${nFft}`);
    this.#bank = melFilterBank(sampleRate, nFft, settings);
    this.length = duration === undefined ? undefined : Math.round(duration * sampleRate);
    // It says at once which setting makes no frames.
    this.#power(new Float32Array(nFft));
  }

  /** How many samples make so many frames. */
  samplesFor(frames: number): number {
    return (this.settings.dropsLast ? frames : frames - 1) * this.settings.hopLength;
  }

  /**
   * @param samples One channel at the sample rate.
   * @param shaped How many samples they are padded to, as many as there are unless given; how many
   * frames are wanted at most; whether the result is frame by frame, not band by band.
   */
  compute(
    samples: Float32Array,
    shaped: { length?: number; frames?: number; isTimeFirst: boolean },
    allocate: Allocate,
  ): Matrix {
    const { length = samples.length, isTimeFirst } = shaped;
    const { nMels, nFft, mean, std } = this.settings;
    // Half a window is mirrored at either end.
    const mel = applyBank(this.#bank, this.#power(this.#fill(samples, Math.max(length, nFft))));
    const made = mel.columns - (this.settings.dropsLast ? 1 : 0);
    const frames = Math.min(made, shaped.frames ?? made);
    const log = this.#logarithm(mel.data, mel.columns, frames);
    const data = allocate(nMels * frames);
    for (let band = 0; band < nMels; band++) {
      for (let t = 0; t < frames; t++) {
        const value = (log[band * mel.columns + t] - mean) / std;
        data[isTimeFirst ? t * nMels + band : band * frames + t] = value;
      }
    }
    return isTimeFirst
      ? { data, rows: frames, columns: nMels }
      : { data, rows: nMels, columns: frames };
  }

  #power(samples: Float32Array): Matrix {
    return stft(samples, { ...this.settings, padMode: "reflect" });
  }

  #fill(samples: Float32Array, length: number): Float32Array {
    if (samples.length >= length) return samples;
    const filled = new Float32Array(length);
    const repeats = this.settings.padding === "repeat" && samples.length > 0;
    const times = repeats ? Math.floor(length / samples.length) : 1;
    for (let i = 0; i < times; i++) filled.set(samples, i * samples.length);
    return filled;
  }

  #logarithm(power: Float32Array, columns: number, frames: number): Float32Array {
    const { logarithm, offset } = this.settings;
    if (logarithm === "ln") return power.map((value) => Math.log(value + offset));
    const log = power.map((value) => Math.log10(Math.max(LEAST_POWER, value)));
    if (logarithm === "db") return log.map((value) => 10 * value);
    let peak = -Infinity;
    log.forEach((value, i) => {
      if (i % columns < frames) peak = Math.max(peak, value);
    });
    return log.map((value) => (Math.max(value, peak - 8) + 4) / 4);
  }
}
