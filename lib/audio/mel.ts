import { RealFft } from "./fft.ts";

/** The settings of a {@linkcode LogMel}; the defaults are those of EfficientAT at inference. */
export interface LogMelOptions {
  /** Sample rate in Hz. */
  sampleRate?: number;
  /** Length of the Fourier transform in samples. */
  nFft?: number;
  /** Length of the window in samples; it stands in the middle of the frame. */
  winLength?: number;
  /** Samples from one frame to the next. */
  hopLength?: number;
  /** How many mel bands. */
  nMels?: number;
  /** Where the lowest band begins, in Hz. */
  fMin?: number;
  /** Where the highest band ends, in Hz. */
  fMax?: number;
  /** Seconds that clips are cut or padded with zeros to. */
  duration?: number;
}

/** The settings of EfficientAT's front end. */
export const EFFICIENT_AT: Required<LogMelOptions> = {
  sampleRate: 32000,
  nFft: 1024,
  winLength: 800,
  hopLength: 320,
  nMels: 128,
  fMin: 0,
  fMax: 15000,
  duration: 10,
};

const PRE_EMPHASIS = 0.97;
const LOG_OFFSET = 1e-5;

/** A mel filter: its lowest bin, and its weights from there up. */
interface MelFilter {
  first: number;
  weights: Float32Array;
}

/**
 * The log-mel spectrogram of EfficientAT at inference (F. Schmid, K. Koutini, G. Widmer, ICASSP 2023;
 * `AugmentMelSTFT`): pre-emphasis y[n] = x[n+1] − 0.97 x[n], power of a centred STFT with reflection
 * and a symmetric Hann window, the mel bank of Kaldi, log(x + 1e-5), (x + 4.5) / 5.
 */
export class LogMel {
  readonly options: Required<LogMelOptions>;
  /** Frames of a spectrogram. */
  readonly frames: number;
  readonly #fft: RealFft;
  readonly #window: Float32Array;
  readonly #filters: MelFilter[];

  constructor(options: LogMelOptions = {}) {
    this.options = { ...EFFICIENT_AT, ...options };
    const { nFft, winLength, hopLength, duration, sampleRate } = this.options;
    // Pre-emphasis takes one sample away.
    this.frames = 1 + Math.floor((Math.round(duration * sampleRate) - 1) / hopLength);
    this.#fft = new RealFft(nFft);
    this.#window = new Float32Array(nFft);
    const left = Math.floor((nFft - winLength) / 2);
    for (let i = 0; i < winLength; i++) {
      this.#window[left + i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / (winLength - 1));
    }
    this.#filters = kaldiMelBank(this.options);
  }

  /**
   * @param samples One channel at the sample rate; cut or padded with zeros to the duration.
   * @returns Band by band [shape=(nMels, frames)].
   */
  compute(samples: Float32Array): Float32Array {
    const { nFft, hopLength, nMels, duration, sampleRate } = this.options;
    const emphasized = preEmphasize(samples, Math.round(duration * sampleRate));
    const padded = reflect(emphasized, nFft / 2);
    const out = new Float32Array(nMels * this.frames);
    const power = new Float32Array(nFft / 2 + 1);
    const window = this.#window, frames = this.frames;
    const left = Math.floor((nFft - this.options.winLength) / 2);
    const right = left + this.options.winLength;
    for (let frame = 0; frame < frames; frame++) {
      const start = frame * hopLength;
      const input = this.#fft.input;
      for (let i = left; i < right; i++) input[i] = padded[start + i] * window[i];
      const packed = this.#fft.transform();
      power[0] = packed[0] * packed[0];
      power[nFft / 2] = packed[1] * packed[1];
      for (let bin = 1; bin < nFft / 2; bin++) {
        const re = packed[2 * bin], im = packed[2 * bin + 1];
        power[bin] = re * re + im * im;
      }
      for (let band = 0; band < nMels; band++) {
        const { first, weights } = this.#filters[band];
        let even = 0, odd = 0, i = 0;
        for (; i + 1 < weights.length; i += 2) {
          even += weights[i] * power[first + i];
          odd += weights[i + 1] * power[first + i + 1];
        }
        if (i < weights.length) even += weights[i] * power[first + i];
        out[band * frames + frame] = (Math.log(even + odd + LOG_OFFSET) + 4.5) / 5;
      }
    }
    return out;
  }
}

/** y[n] = x[n+1] − 0.97 x[n] over a clip of `length` samples: one sample fewer. */
function preEmphasize(samples: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length - 1);
  const count = Math.min(samples.length, length);
  for (let i = 0; i < count - 1; i++) out[i] = samples[i + 1] - PRE_EMPHASIS * samples[i];
  if (count > 0 && count < length) out[count - 1] = -PRE_EMPHASIS * samples[count - 1];
  return out;
}

/** Adds `size` samples on both sides, mirrored around the first and the last one. */
function reflect(samples: Float32Array, size: number): Float32Array {
  const out = new Float32Array(samples.length + 2 * size);
  out.set(samples, size);
  for (let i = 1; i <= size; i++) {
    out[size - i] = samples[i];
    out[size + samples.length - 1 + i] = samples[samples.length - 1 - i];
  }
  return out;
}

/**
 * The mel bank of Kaldi as torchaudio's `get_mel_banks` makes it: triangles over mel(f) =
 * 1127 ln(1 + f / 700), without the Nyquist bin.
 */
function kaldiMelBank(options: Required<LogMelOptions>): MelFilter[] {
  const { sampleRate, nFft, nMels, fMin, fMax } = options;
  const mel = (frequency: number) => 1127 * Math.log(1 + frequency / 700);
  const low = mel(fMin);
  const step = (mel(fMax) - low) / (nMels + 1);
  return Array.from({ length: nMels }, (_, band) => {
    const left = low + band * step, center = left + step, right = center + step;
    const weights = Array.from({ length: nFft / 2 }, (_, bin) => {
      const at = mel(bin * sampleRate / nFft);
      return Math.max(0, Math.min((at - left) / step, (right - at) / step));
    });
    const first = Math.max(0, weights.findIndex((weight) => weight > 0));
    const last = weights.findLastIndex((weight) => weight > 0);
    return { first, weights: Float32Array.from(weights.slice(first, last + 1)) };
  });
}
