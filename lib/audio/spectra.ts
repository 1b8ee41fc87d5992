/**
 * What one looks at and computes with: short-time spectra, mel bands, cepstra. Names, shapes, centring
 * and padding are librosa's (B. McFee et al., "librosa: Audio and music signal analysis in Python",
 * SciPy 2015), whose results these equal.
 */
import { PowerSpectrum } from "./exact_fft.ts";
import { applyBank, checkWhole, type Matrix, melFilterBank, type MelOptions } from "./mel_bank.ts";

/** How a signal is cut into frames. */
export interface StftOptions {
  /** Length of the Fourier transform in samples, an even number; 2048 unless given. */
  nFft?: number;
  /** Samples from one frame to the next; a quarter of `nFft` unless given. */
  hopLength?: number;
  /** Length of the Hann window, in the middle of the frame; `nFft` unless given. */
  winLength?: number;
  /** What lies beyond the ends: zeros, or the signal mirrored at its ends; `constant` unless given. */
  padMode?: "constant" | "reflect";
}

/**
 * The power of the short-time Fourier transform, |X|²: centred frames, zeros beyond the ends
 * or the signal mirrored, a periodic Hann window.
 *
 * @param samples The signal [shape=(n,)].
 * @param options How it is cut into frames.
 * @returns Power by frequency and frame [shape=(1 + nFft / 2, 1 + floor(n / hopLength))].
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
  const { nFft = 2048 } = options;
  const { hopLength = nFft >> 2, winLength = nFft } = options;
  checkWhole("nFft", nFft, 2);
  if (nFft % 2 === 1) throw new RangeError(`Expected nFft to be even but found ${nFft}`);
  checkWhole("hopLength", hopLength);
  checkWhole("winLength", winLength);
  if (winLength > nFft) {
    throw new RangeError(`Expected winLength to be at most nFft, ${nFft}, but found ${winLength}`);
  }
  const mirrored = options.padMode === "reflect", n = samples.length;
  if (mirrored && n <= nFft / 2) {
    throw new RangeError(`Expected more than ${nFft / 2} samples to mirror but found ${n}`);
  }
  const at = (i: number) => mirrored ? samples[i < 0 ? -i : i < n ? i : 2 * n - 2 - i] : samples[i];
  const spectrum = new PowerSpectrum(nFft);
  const rows = nFft / 2 + 1, columns = 1 + Math.floor(samples.length / hopLength);
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
    const start = column * hopLength - nFft / 2;
    for (let i = 0; i < nFft; i++) frame[i] = (at(start + i) ?? 0) * window[i];
    spectrum.compute(frame, power);
    for (let bin = 0; bin < rows; bin++) data[bin * columns + column] = power[bin];
  }
  return { data, rows, columns };
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
  const power = stft(samples, options);
  return applyBank(melFilterBank(sampleRate, 2 * (power.rows - 1), options), power);
}

/**
 * Power in decibels, 10 log₁₀, no lower than so far below the loudest.
 *
 * @param power Power, for instance of {@linkcode melSpectrogram}.
 * @param topDb The range in dB that is kept; 80 unless given.
 * @returns Decibels above a power of 1.
 *
 * @example
 * ```ts
 * import { powerToDb } from "qvim";
 *
 * const { data } = powerToDb({ data: Float32Array.of(100, 1e-20), rows: 1, columns: 2 });
 * if (data[0] !== 20 || data[1] !== -60) throw new Error(data.join());
 * ```
 */
export function powerToDb(power: Matrix, topDb = 80): Matrix {
  const data = power.data.map((value) => 10 * Math.log10(Math.max(1e-10, value)));
  const floor = data.reduce((peak, value) => Math.max(peak, value), -Infinity) - topDb;
  return { ...power, data: data.map((value) => Math.max(floor, value)) };
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
  const { data, rows, columns } = stft(samples, options);
  const step = sampleRate / (2 * (rows - 1));
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
  const { data, rows, columns } = stft(samples, options);
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
