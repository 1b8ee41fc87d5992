import { RealFft } from "./fft.ts";

/**
 * The power spectra of real frames in double precision: where soft bins are summed over a whole
 * spectrum, the rounding of single precision shows. Slower than {@linkcode RealFft}, which it leaves
 * lengths to that are no power of 2.
 */
export class PowerSpectrum {
  readonly #n: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #single?: RealFft;

  /** @param n The length of a frame. */
  constructor(n: number) {
    this.#n = n;
    const isPower = (n & (n - 1)) === 0;
    if (!isPower) this.#single = new RealFft(n);
    this.#re = new Float64Array(n);
    this.#im = new Float64Array(n);
    const angles = Float64Array.from({ length: n / 2 }, (_, k) => -2 * Math.PI * k / n);
    this.#cos = angles.map(Math.cos);
    this.#sin = angles.map(Math.sin);
  }

  /**
   * @param frame [shape=(n,)].
   * @param out Where |X|² goes [shape=(1 + n / 2,)].
   */
  compute(frame: Float64Array, out: Float64Array): void {
    const n = this.#n;
    if (this.#single !== undefined) {
      const packed = this.#single.forward(Float32Array.from(frame));
      out[0] = packed[0] ** 2;
      out[n / 2] = packed[1] ** 2;
      for (let k = 1; k < n / 2; k++) out[k] = packed[2 * k] ** 2 + packed[2 * k + 1] ** 2;
      return;
    }
    this.#transform(frame);
    for (let k = 0; k <= n / 2; k++) out[k] = this.#re[k] ** 2 + this.#im[k] ** 2;
  }

  /** J. Cooley, J. Tukey, 1965: radix 2, in place. */
  #transform(frame: Float64Array): void {
    const n = this.#n, re = this.#re, im = this.#im;
    for (let i = 0, j = 0; i < n; i++) {
      re[j] = frame[i];
      im[j] = 0;
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
