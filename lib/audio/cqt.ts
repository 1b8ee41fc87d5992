import { ChirpZ } from "./chirp_z.ts";
import { fastFftSize, RealFft } from "./fft.ts";
import { checkWhole } from "./mel_bank.ts";

/** The shape of a {@linkcode ConstantQ} transform. */
export interface ConstantQOptions {
  /** The sample rate in Hz. */
  sampleRate: number;
  /** The length of the signals in samples: a multiple of 32 whose other factors are 2, 3, 5. */
  length: number;
  /** The lowest centre frequency in Hz. */
  fMin: number;
  /** No centre frequency lies above this, in Hz. */
  fMax: number;
  /** Bins per octave. */
  binsPerOctave: number;
}

interface Band {
  /** The filter's lowest DFT bin. */
  first: number;
  /** The filter, from its lowest bin up. */
  filter: Float32Array;
  /** The inverse transform; narrow filters share shorter ones. */
  inverse: ChirpZ;
}

/** Filters narrower than this many DFT bins are widened to it. */
const MIN_FILTER_LENGTH = 4;

/**
 * The magnitude of the constant-Q transform by non-stationary Gabor frames, with full rasterisation
 * (every band has as many frames as the widest one needs), sine normalisation and Hann filters:
 * G. A. Velasco, N. Holighaus, M. Dörfler, T. Grill, "Constructing an invertible constant-Q
 * transform with non-stationary Gabor frames", DAFx-11; C. Schörkhuber, A. Klapuri, N. Holighaus,
 * M. Dörfler, "A Matlab toolbox for efficient perfect reconstruction time-frequency transforms with
 * log-frequency resolution", AES 2014.
 *
 * The toolbox's global phase mode moves each band's bins round by a whole number; that turns phases
 * only, so it does not appear here. Sine normalisation is one factor for all bands under full
 * rasterisation: 2 · frames / length.
 *
 * @example
 * ```ts
 * import { ConstantQ } from "qvim";
 *
 * const options = { sampleRate: 8000, length: 9600, fMin: 55, fMax: 2093, binsPerOctave: 12 };
 * const transform = new ConstantQ(options);
 * const tone = Float32Array.from({ length: 9600 }, (_, i) => Math.sin(2 * Math.PI * 440 * i / 8000));
 * const { frames, bins } = transform;
 * if (transform.magnitudes(tone).length !== frames * bins) throw new Error(`${frames} × ${bins}`);
 * ```
 */
export class ConstantQ {
  /** How many bands there are. */
  readonly bins: number;
  /** How many frames each band has. */
  readonly frames: number;
  /** The bands' centre frequencies in Hz, lowest first [shape=(bins,)]. */
  readonly frequencies: number[];
  readonly #bands: Band[];
  readonly #fft: RealFft;
  readonly #length: number;
  readonly #windowed: Float32Array;

  /**
   * Makes the plan for signals of one length.
   *
   * @param options Rate, length and range.
   * @throws {RangeError} Where they make no bins, or the length is none that is transformed.
   */
  constructor(options: ConstantQOptions) {
    const { sampleRate, length, fMin, fMax, binsPerOctave } = options;
    checkWhole("sampleRate", sampleRate);
    checkWhole("length", length);
    checkWhole("binsPerOctave", binsPerOctave);
    if (!(fMin > 0 && fMin <= fMax && fMin < sampleRate / 2)) {
      throw new RangeError(
        `Expected 0 < fMin ≤ fMax and fMin below ${
          sampleRate / 2
        } Hz but found ${fMin} and ${fMax}`,
      );
    }
    const q = 2 ** (1 / binsPerOctave) - 2 ** (-1 / binsPerOctave);
    const nyquist = sampleRate / 2;
    const count = Math.floor(binsPerOctave * Math.log2(Math.min(fMax, nyquist) / fMin)) + 1;
    this.frequencies = Array.from({ length: count }, (_, k) => fMin * 2 ** (k / binsPerOctave))
      .filter((frequency) => frequency * (1 + q / 2) <= nyquist);
    const resolution = sampleRate / length;
    const widths = this.frequencies.map((frequency) =>
      Math.max(MIN_FILTER_LENGTH, roundHalfEven(q * frequency / resolution))
    );
    this.bins = widths.length;
    this.frames = widths.at(-1)!;
    const inverses = new Map<number, ChirpZ>();
    this.#bands = widths.map((width, k) => {
      const size = fastFftSize(width + this.frames - 1);
      if (!inverses.has(size)) {
        inverses.set(
          size,
          new ChirpZ({
            inputs: Math.min(this.frames, size - this.frames + 1),
            outputs: this.frames,
            modulus: 2 * this.frames,
            sign: 1,
          }),
        );
      }
      return {
        first: Math.floor(this.frequencies[k] / resolution) - Math.floor(width / 2),
        filter: hannFilter(width),
        inverse: inverses.get(size)!,
      };
    });
    this.#length = length;
    this.#windowed = new Float32Array(2 * this.frames);
    this.#fft = new RealFft(length);
  }

  /**
   * The magnitudes of a signal.
   *
   * @param signal At most `length` samples; a shorter one is padded with zeros.
   * @returns Magnitudes, band by band [shape=(bins, frames)].
   * @throws {RangeError} Where the signal is longer.
   */
  magnitudes(signal: Float32Array): Float32Array {
    if (signal.length > this.#length) {
      throw new RangeError(
        `Expected at most ${this.#length} samples, the length of the plan, but found ${signal.length}`,
      );
    }
    const out = new Float32Array(this.bins * this.frames);
    const spectrum = this.#fft.forward(signal);
    const scale = 2 / this.#length;
    const windowed = this.#windowed;
    this.#bands.forEach(({ first, filter, inverse }, band) => {
      windowed.fill(0);
      for (let i = 0; i < filter.length; i++) {
        windowed[2 * i] = spectrum[2 * (first + i)] * filter[i];
        windowed[2 * i + 1] = spectrum[2 * (first + i) + 1] * filter[i];
      }
      inverse.load(windowed);
      inverse.magnitudes(out, band * this.frames, scale);
    });
    return out;
  }
}

/** A Hann window of `n` bins around its middle bin, ⌊n / 2⌋; an even one begins with a zero. */
function hannFilter(n: number): Float32Array {
  return Float32Array.from(
    { length: n },
    (_, i) => 0.5 + 0.5 * Math.cos(2 * Math.PI * (i - Math.floor(n / 2)) / n),
  );
}

/** Rounds as NumPy does: a half goes to the even neighbour. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  return x - floor === 0.5 ? floor + floor % 2 : Math.round(x);
}
