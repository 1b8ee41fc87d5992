/**
 * The power spectra of real frames in double precision, of any length: where soft bins are summed
 * over a whole spectrum, the rounding of single precision shows. Slower than `RealFft`.
 */
export class PowerSpectrum {
  readonly #n: number;
  readonly #fft: Fft;
  readonly #chirp?: Chirp;

  /** @param n The length of a frame. */
  constructor(n: number) {
    this.#n = n;
    const isPower = (n & (n - 1)) === 0;
    this.#fft = new Fft(isPower ? n : 2 ** Math.ceil(Math.log2(2 * n - 1)));
    if (!isPower) this.#chirp = new Chirp(n, this.#fft);
  }

  /**
   * @param frame [shape=(n,)].
   * @param out Where |X|² goes [shape=(1 + floor(n / 2),)].
   */
  compute(frame: Float64Array, out: Float64Array): void {
    const { re, im } = this.#fft;
    if (this.#chirp !== undefined) this.#chirp.transform(frame);
    else {
      re.set(frame);
      im.fill(0);
      this.#fft.transform();
    }
    for (let k = 0; k <= this.#n / 2; k++) out[k] = re[k] ** 2 + im[k] ** 2;
  }
}

/** J. Cooley, J. Tukey, 1965: radix 2, in place. */
class Fft {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  constructor(n: number) {
    this.re = new Float64Array(n);
    this.im = new Float64Array(n);
    const angles = Float64Array.from({ length: n / 2 }, (_, k) => -2 * Math.PI * k / n);
    this.#cos = angles.map(Math.cos);
    this.#sin = angles.map(Math.sin);
  }

  transform(): void {
    const { re, im } = this, n = re.length;
    for (let i = 0, j = 0; i < n; i++) {
      if (i < j) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
      let bit = n >> 1;
      for (; bit > 0 && j & bit; bit >>= 1) j ^= bit;
      j |= bit;
    }
    for (let size = 2; size <= n; size *= 2) {
      const half = size / 2, step = n / size;
      for (let start = 0; start < n; start += size) {
        for (let k = 0; k < half; k++) {
          const c = this.#cos[k * step], s = this.#sin[k * step];
          const a = start + k, b = a + half;
          const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }
}

/**
 * The transform of a length that is no power of 2 as a convolution with a chirp (L. Bluestein, "A
 * linear filtering approach to the computation of the discrete Fourier transform", 1970). What is left
 * in the plan lacks a phase for each bin, which power does not have.
 */
class Chirp {
  readonly #fft: Fft;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #filterRe: Float64Array;
  readonly #filterIm: Float64Array;

  /** @param fft Of 2 n − 1 points at least. */
  constructor(n: number, fft: Fft) {
    this.#fft = fft;
    // k² is taken modulo 2 n, where the angle repeats: large angles lose digits.
    const angles = Float64Array.from({ length: n }, (_, k) => Math.PI * ((k * k) % (2 * n)) / n);
    this.#cos = angles.map(Math.cos);
    this.#sin = angles.map(Math.sin);
    const { re, im } = fft, size = re.length;
    for (let k = 0; k < n; k++) {
      re[k] = re[(size - k) % size] = this.#cos[k];
      im[k] = im[(size - k) % size] = this.#sin[k];
    }
    fft.transform();
    this.#filterRe = re.slice();
    this.#filterIm = im.slice();
  }

  transform(frame: Float64Array): void {
    const { re, im } = this.#fft, n = frame.length, size = re.length;
    for (let k = 0; k < n; k++) {
      re[k] = frame[k] * this.#cos[k];
      im[k] = -frame[k] * this.#sin[k];
    }
    re.fill(0, n);
    im.fill(0, n);
    this.#fft.transform();
    for (let k = 0; k < size; k++) {
      const a = re[k], b = im[k];
      // The conjugate, so that the forward transform inverts.
      re[k] = (a * this.#filterRe[k] - b * this.#filterIm[k]) / size;
      im[k] = -(a * this.#filterIm[k] + b * this.#filterRe[k]) / size;
    }
    this.#fft.transform();
  }
}
