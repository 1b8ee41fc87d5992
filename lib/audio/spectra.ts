/**
 * What one looks at and computes with: short-time spectra, mel bands, cepstra. Names, shapes, centring
 * and padding are librosa's (B. McFee et al., "librosa: Audio and music signal analysis in Python",
 * SciPy 2015), whose results these equal.
 */
import { PowerSpectrum } from "./exact_fft.ts";
import { applyBank, checkWhole, type Matrix, melFilterBank, type MelOptions } from "./mel_bank.ts";

const DEFAULT_N_FFT = 2048;
/** From one value of a feature to the next, in samples. */
const FEATURE_HOP = 512;

/** How a signal is cut into frames. */
export interface StftOptions {
  /** Length of the Fourier transform in samples; 2048 unless given. */
  nFft?: number;
  /** Samples from one frame to the next; a quarter of the window, for features 512, unless given. */
  hopLength?: number;
  /** Length of the Hann window, in the middle of the frame; `nFft` unless given. */
  winLength?: number;
  /** Whether frames lie around their times, so that the first half of the first one is padding; true unless given. */
  center?: boolean;
  /**
   * What lies beyond the ends of a signal whose frames are centred: zeros (`constant`, unless given), the
   * signal mirrored around its last sample (`reflect`) or behind it (`symmetric`), or that sample (`edge`).
   */
  padMode?: PadMode;
}

/** What lies beyond the ends of a signal, by NumPy's names. */
export type PadMode = "constant" | "edge" | "reflect" | "symmetric";

/** For an index before a signal's first sample, or behind its last one, whose value is taken. */
const MIRRORS: Record<PadMode, (i: number, n: number) => number> = {
  constant: () => -1,
  edge: (i, n) => i < 0 ? 0 : n - 1,
  reflect: (i, n) => i < 0 ? -i : 2 * n - 2 - i,
  symmetric: (i, n) => i < 0 ? -1 - i : 2 * n - 1 - i,
};

/** The signal with half a frame at either end, where frames are centred. */
function pad(samples: Float32Array, half: number, mode: PadMode): Float32Array {
  const mirror = MIRRORS[mode], n = samples.length;
  if (mirror === undefined) {
    const modes = Object.keys(MIRRORS).join(", ");
    throw new RangeError(`Expected padMode to be one of ${modes} but found ${mode}`);
  }
  const least = { constant: 0, edge: 1, reflect: half + 1, symmetric: half }[mode];
  if (n < least) {
    throw new RangeError(`Expected ${least} samples or more to pad by ${mode} but found ${n}`);
  }
  const padded = new Float32Array(n + 2 * half);
  padded.set(samples, half);
  for (let i = 1; i <= half && mode !== "constant"; i++) {
    padded[half - i] = samples[mirror(-i, n)];
    padded[half + n - 1 + i] = samples[mirror(n - 1 + i, n)];
  }
  return padded;
}

/**
 * The power of the short-time Fourier transform, |X|²: frames under a periodic Hann window.
 *
 * @param samples The signal [shape=(n,)].
 * @param options How it is cut into frames.
 * @returns Power by frequency and frame [shape=(1 + floor(nFft / 2), frames)]; centred frames of an even
 * `nFft` are 1 + floor(n / hopLength).
 * @throws {RangeError} Where an option makes no frames.
 *
 * @example
 * ```ts
 * import { stft } from "qvim";
 *
 * const tone = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(2 * Math.PI * i / 32));
 * const { rows, columns } = stft(tone, { nFft: 1024 });
 * if (rows !== 513 || columns !== 17) throw new Error(`${rows} × ${columns}`);
 * ```
 */
export function stft(samples: Float32Array, options: StftOptions = {}): Matrix {
  const { nFft = DEFAULT_N_FFT, center = true, padMode = "constant" } = options;
  const { winLength = nFft } = options;
  const { hopLength = Math.max(1, winLength >> 2) } = options;
  checkWhole("nFft", nFft, 2);
  checkWhole("hopLength", hopLength);
  checkWhole("winLength", winLength);
  if (winLength > nFft) {
    throw new RangeError(`Expected winLength to be at most nFft, ${nFft}, but found ${winLength}`);
  }
  const signal = center ? pad(samples, nFft >> 1, padMode) : samples;
  if (signal.length < nFft) {
    throw new RangeError(
      `Expected a frame of nFft, ${nFft} samples, or more but found ${samples.length}`,
    );
  }
  const spectrum = new PowerSpectrum(nFft);
  const rows = (nFft >> 1) + 1, columns = 1 + Math.floor((signal.length - nFft) / hopLength);
  const data = new Float32Array(rows * columns);
  const left = (nFft - winLength) >> 1;
  const window = Float64Array.from(
    { length: nFft },
    (_, i) =>
      i < left || i >= left + winLength
        ? 0
        : 0.5 - 0.5 * Math.cos(2 * Math.PI * (i - left) / winLength),
  );
  const frame = new Float64Array(nFft), power = new Float64Array(rows);
  for (let column = 0; column < columns; column++) {
    const start = column * hopLength;
    for (let i = 0; i < nFft; i++) frame[i] = signal[start + i] * window[i];
    spectrum.compute(frame, power);
    for (let bin = 0; bin < rows; bin++) data[bin * columns + column] = power[bin];
  }
  return { data, rows, columns };
}

function featureFrames(samples: Float32Array, options: StftOptions): Matrix {
  return stft(samples, { ...options, hopLength: options.hopLength ?? FEATURE_HOP });
}

/**
 * The mel spectrogram: the power of the short-time Fourier transform through a mel bank.
 *
 * @param samples The signal [shape=(n,)].
 * @param sampleRate In Hz.
 * @param options Frames and bands.
 * @returns Power by band and frame [shape=(nMels, frames)].
 * @throws {RangeError} As {@linkcode stft} and {@linkcode melFilterBank}.
 *
 * @example
 * ```ts
 * import { melSpectrogram, powerToDb } from "qvim";
 *
 * const decibels = powerToDb(melSpectrogram(new Float32Array(8000).fill(0.1), 8000, { nMels: 64 }));
 * if (decibels.rows !== 64) throw new Error("shape");
 * ```
 */
export function melSpectrogram(
  samples: Float32Array,
  sampleRate: number,
  options: StftOptions & MelOptions = {},
): Matrix {
  const power = featureFrames(samples, options);
  return applyBank(melFilterBank(sampleRate, options.nFft ?? DEFAULT_N_FFT, options), power);
}

/** What decibels are taken of, and how far down. */
export interface DecibelOptions {
  /** The power that is 0 dB: a number, or `"max"` for the loudest; 1 unless given. */
  ref?: number | "max";
  /** No power counts as less than this; 1e-10 unless given. */
  aMin?: number;
  /** How many dB below the loudest are kept, Infinity for all; 80 unless given. */
  topDb?: number;
}

/**
 * Power in decibels, 10 log₁₀.
 *
 * @param power Power, for instance of {@linkcode melSpectrogram}.
 * @param options Reference and range.
 * @returns Decibels, of the same shape.
 * @throws {RangeError} Where `aMin` or `ref` is not above 0, or `topDb` is below it.
 *
 * @example
 * ```ts
 * import { powerToDb } from "qvim";
 *
 * const { data } = powerToDb({ data: Float32Array.of(100, 1e-20), rows: 1, columns: 2 });
 * if (data[0] !== 20 || data[1] !== -60) throw new Error(data.join());
 * ```
 */
export function powerToDb(power: Matrix, options: DecibelOptions = {}): Matrix {
  const { ref = 1, aMin = 1e-10, topDb = 80 } = options;
  if (!(aMin > 0)) throw new RangeError(`Expected aMin to be above 0 but found ${aMin}`);
  if (!(topDb >= 0)) throw new RangeError(`Expected topDb to be 0 or more but found ${topDb}`);
  const loudest = power.data.reduce((peak, value) => Math.max(peak, value), 0);
  const reference = ref === "max" ? loudest : ref;
  if (ref !== "max" && !(ref > 0)) {
    throw new RangeError(`Expected ref to be "max" or a power above 0 but found ${ref}`);
  }
  const decibels = (value: number) => 10 * Math.log10(Math.max(aMin, value));
  const zero = decibels(reference), floor = decibels(loudest) - zero - topDb;
  return { ...power, data: power.data.map((value) => Math.max(floor, decibels(value) - zero)) };
}

/**
 * Mel-frequency cepstral coefficients: the orthonormal DCT-II of a mel spectrogram in decibels
 * (S. Davis, P. Mermelstein, IEEE ASSP 28(4), 1980).
 *
 * @param samples The signal [shape=(n,)].
 * @param sampleRate In Hz.
 * @param options Frames and bands; `nMfcc` coefficients, 20 unless given.
 * @returns Coefficients by frame [shape=(nMfcc, frames)].
 * @throws {RangeError} Where more coefficients are asked for than there are bands.
 *
 * @example
 * ```ts
 * import { mfcc } from "qvim";
 *
 * if (mfcc(new Float32Array(4000).fill(0.2), 8000, { nMfcc: 13 }).rows !== 13) throw new Error("13");
 * ```
 */
export function mfcc(
  samples: Float32Array,
  sampleRate: number,
  options: StftOptions & MelOptions & { nMfcc?: number } = {},
): Matrix {
  const { nMfcc = 20 } = options;
  const mel = powerToDb(melSpectrogram(samples, sampleRate, options));
  checkWhole("nMfcc", nMfcc);
  if (nMfcc > mel.rows) {
    throw new RangeError(`Expected nMfcc to be at most nMels, ${mel.rows}, but found ${nMfcc}`);
  }
  const { rows, columns } = mel;
  const data = new Float32Array(nMfcc * columns);
  for (let k = 0; k < nMfcc; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / rows);
    for (let t = 0; t < columns; t++) {
      let sum = 0;
      for (let n = 0; n < rows; n++) {
        sum += mel.data[n * columns + t] * Math.cos(Math.PI * k * (2 * n + 1) / (2 * rows));
      }
      data[k * columns + t] = sum * scale;
    }
  }
  return { data, rows: nMfcc, columns };
}

/**
 * The spectral centroid: the mean of the frequencies, weighted by their magnitudes.
 *
 * @param samples The signal [shape=(n,)].
 * @param sampleRate In Hz.
 * @param options How it is cut into frames.
 * @returns Hz for each frame, 0 for silence [shape=(frames,)].
 * @throws {RangeError} Where the rate is none, or an option makes no frames.
 *
 * @example
 * ```ts
 * import { spectralCentroid } from "qvim";
 *
 * const tone = Float32Array.from({ length: 8192 }, (_, i) => Math.sin(2 * Math.PI * 1000 * i / 8000));
 * const middle = spectralCentroid(tone, 8000)[8];
 * if (Math.abs(middle - 1000) > 5) throw new Error(`${middle}`);
 * ```
 */
export function spectralCentroid(
  samples: Float32Array,
  sampleRate: number,
  options: StftOptions = {},
): Float32Array {
  if (!(sampleRate > 0 && sampleRate < Infinity)) {
    throw new RangeError(`Expected sampleRate to be above 0 Hz but found ${sampleRate}`);
  }
  const { data, rows, columns } = featureFrames(samples, options);
  const step = sampleRate / (options.nFft ?? DEFAULT_N_FFT);
  return Float32Array.from({ length: columns }, (_, t) => {
    let sum = 0, weighted = 0;
    for (let bin = 0; bin < rows; bin++) {
      const magnitude = Math.sqrt(data[bin * columns + t]);
      sum += magnitude;
      weighted += magnitude * bin * step;
    }
    return sum > 0 ? weighted / sum : 0;
  });
}

/**
 * The spectral flatness: the geometric mean of the power over its arithmetic mean, 1 for noise and
 * near 0 for a tone (A. Gray, J. Markel, IEEE ASSP 22(3), 1974).
 *
 * @param samples The signal [shape=(n,)].
 * @param options How it is cut into frames.
 * @returns A number in 0 … 1 for each frame [shape=(frames,)].
 *
 * @example
 * ```ts
 * import { spectralFlatness } from "qvim";
 *
 * if (spectralFlatness(new Float32Array(4096))[0] < 0.999) throw new Error("silence is flat");
 * ```
 */
export function spectralFlatness(samples: Float32Array, options: StftOptions = {}): Float32Array {
  const { data, rows, columns } = featureFrames(samples, options);
  return Float32Array.from({ length: columns }, (_, t) => {
    let sum = 0, logs = 0;
    for (let bin = 0; bin < rows; bin++) {
      const power = Math.max(1e-10, data[bin * columns + t]);
      sum += power;
      logs += Math.log(power);
    }
    return Math.exp(logs / rows) / (sum / rows);
  });
}
