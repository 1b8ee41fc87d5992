import { type Allocate, fresh } from "./buffers.ts";
import { RealFft } from "./fft.ts";
import { bankRows, melFilterBank } from "./mel_bank.ts";
import type { HeapArray } from "./heap_array.ts";
import { BYTES, Kernels, ROUNDS, type Row, ROW_UNIT, WeightedSums } from "./kernels/kernels.ts";

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
/** The logarithm is shifted, then scaled. */
const SHIFT = 4.5;
const SCALE = 1 / 5;

/**
 * The log-mel spectrogram of EfficientAT at inference (F. Schmid, K. Koutini, G. Widmer, ICASSP 2023;
 * `AugmentMelSTFT`): pre-emphasis y[n] = x[n+1] − 0.97 x[n], power of a centred STFT with reflection
 * and a symmetric Hann window, the mel bank of Kaldi, log(x + 1e-5), (x + 4.5) / 5.
 *
 * @example
 * ```ts
 * import { LogMel } from "qvim";
 *
 * const logMel = new LogMel({ duration: 1 });
 * const spectrogram = logMel.compute(new Float32Array(32000));
 * if (spectrogram.length !== 128 * logMel.frames) throw new Error(`${spectrogram.length}`);
 * ```
 */
export class LogMel {
  /** The settings, the defaults filled in. */
  readonly options: Required<LogMelOptions>;
  /** Frames of a spectrogram. */
  readonly frames: number;
  readonly #length: number;
  readonly #fft: RealFft;
  readonly #kernels = new Kernels();
  readonly #samples: HeapArray;
  readonly #padded: HeapArray;
  readonly #window: HeapArray;
  readonly #windowed: HeapArray;
  readonly #spectra: HeapArray;
  readonly #power: HeapArray;
  readonly #bank: WeightedSums;
  /** Band by band, in rows with room for the last frames' companions. */
  readonly #mel: HeapArray;
  readonly #rowLength: number;

  /**
   * Makes the plan for clips of one length.
   *
   * @param options What differs from EfficientAT's settings.
   * @throws {RangeError} Where the settings make no spectrogram: the message names the one at fault.
   */
  constructor(options: LogMelOptions = {}) {
    this.options = { ...EFFICIENT_AT, ...options };
    checkOptions(this.options);
    const { nFft, winLength, hopLength, nMels, duration, sampleRate } = this.options;
    this.#length = Math.round(duration * sampleRate);
    // Pre-emphasis takes one sample away.
    this.frames = 1 + Math.floor((this.#length - 1) / hopLength);
    this.#fft = new RealFft(nFft, ROUNDS);
    this.#bank = new WeightedSums(this.#kernels, kaldiMelBank(this.options));
    this.#window = this.#kernels.floats(nFft);
    this.#samples = this.#kernels.floats(this.#length);
    this.#padded = this.#kernels.floats(this.#length - 1 + nFft);
    this.#windowed = this.#kernels.floats(ROUNDS * nFft);
    this.#spectra = this.#kernels.floats(ROUNDS * nFft);
    this.#power = this.#kernels.floats(ROUNDS * nFft / 2 + ROW_UNIT);
    this.#rowLength = ROUNDS * Math.ceil(this.frames / ROUNDS);
    this.#mel = this.#kernels.floats(nMels * this.#rowLength);
    const window = this.#window.view, left = Math.floor((nFft - winLength) / 2);
    for (let i = 0; i < winLength; i++) {
      window[left + i] = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / (winLength - 1));
    }
  }

  /**
   * The spectrogram of a clip.
   *
   * @param samples One channel at the sample rate; cut or padded with zeros to the duration.
   * @param allocate Makes the array for the result; a fresh one unless given.
   * @returns Band by band [shape=(nMels, frames)].
   */
  compute(samples: Float32Array, allocate: Allocate = fresh): Float32Array<ArrayBuffer> {
    const { frames } = this, { nFft, nMels } = this.options, rowLength = this.#rowLength;
    this.#emphasize(samples.subarray(0, this.#length));
    for (let frame = 0; frame < frames; frame += ROUNDS) {
      this.#transform(frame);
      const out = this.#mel.pointer + BYTES * frame;
      this.#bank.run(this.#power.pointer, nFft / 2, out, rowLength, 1);
    }
    const mel = this.#mel.view;
    this.#kernels.run.logarithm(this.#mel.pointer, mel.length, LOG_OFFSET, SHIFT, SCALE);
    const out = allocate(nMels * frames);
    for (let band = 0; band < nMels; band++) {
      out.set(mel.subarray(band * rowLength, band * rowLength + frames), band * frames);
    }
    return out;
  }

  /** The power spectra of the frames that go through the bank together. */
  #transform(first: number): void {
    const { nFft, hopLength } = this.options;
    const { run } = this.#kernels;
    for (let i = 0; i < ROUNDS && first + i < this.frames; i++) {
      const at = this.#padded.pointer + BYTES * (first + i) * hopLength;
      run.multiply(this.#windowed.pointer + BYTES * i * nFft, at, this.#window.pointer, nFft);
    }
    this.#fft.input.set(this.#windowed.view);
    this.#spectra.view.set(this.#fft.transform());
    // The first pairs hold 0 Hz and the Nyquist frequency, where no filter lets anything through.
    run.power(this.#power.pointer, this.#spectra.pointer, ROUNDS * nFft / 2);
  }

  /**
   * Pre-emphasis of a clip, y[n] = x[n+1] − 0.97 x[n], one sample fewer; then half a transform on
   * either side, mirrored around the first and the last sample.
   */
  #emphasize(samples: Float32Array): void {
    const all = this.#samples.view, padded = this.#padded.view;
    all.set(samples);
    all.fill(0, samples.length);
    const size = this.options.nFft / 2, count = this.#length - 1;
    const { pointer } = this.#padded;
    this.#kernels.run.emphasize(pointer + BYTES * size, this.#samples.pointer, count, PRE_EMPHASIS);
    for (let i = 1; i <= size; i++) {
      padded[size - i] = padded[size + i];
      padded[size + count - 1 + i] = padded[size + count - 1 - i];
    }
  }
}

function checkOptions(options: Required<LogMelOptions>): void {
  const { sampleRate, nFft, winLength, hopLength, nMels, fMin, fMax, duration } = options;
  const whole = { sampleRate, nFft, winLength, hopLength, nMels };
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Expected ${name} to be a whole number from 1 up but found ${value}`);
    }
  }
  if (winLength > nFft) {
    throw new RangeError(`Expected winLength to be at most nFft, ${nFft}, but found ${winLength}`);
  }
  if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2)) {
    throw new RangeError(
      `Expected 0 ≤ fMin < fMax ≤ ${sampleRate / 2} Hz but found ${fMin} and ${fMax}`,
    );
  }
  // Pre-emphasis takes one sample away, and half a transform is mirrored at either end.
  const shortest = nFft / 2 + 2;
  if (!(Number.isFinite(duration) && Math.round(duration * sampleRate) >= shortest)) {
    throw new RangeError(
      `Expected duration to be ${shortest / sampleRate} s or more, half a transform, but found ` +
        `${duration}`,
    );
  }
}

/** The mel bank of Kaldi as torchaudio's `get_mel_banks` makes it: without the Nyquist bin. */
function kaldiMelBank({ sampleRate, nFft, nMels, fMin, fMax }: Required<LogMelOptions>): Row[] {
  const shape = { melScale: "htk", norm: "none", straightOver: "mel" } as const;
  const bank = melFilterBank(sampleRate, nFft, { nMels, fMin, fMax, ...shape });
  for (let band = 0; band < nMels; band++) bank.data[(band + 1) * bank.columns - 1] = 0;
  return bankRows(bank);
}
