/** Banks of mel filters. */
import type { Row } from "./kernels/kernels.ts";

/** A matrix, row by row [shape=(rows, columns)]. */
export interface Matrix {
  /** The values, row by row. */
  data: Float32Array;
  /** How many rows: frequencies, bands or coefficients. */
  rows: number;
  /** How many columns: frames. */
  columns: number;
}

/** The mel scale: HTK's formula, or Slaney's, which is linear below 1 kHz. */
export type MelScale = "htk" | "slaney";

/** The settings of a bank of mel filters. */
export interface MelOptions {
  /** How many bands; 128 unless given. */
  nMels?: number;
  /** Where the lowest band begins, in Hz; 0 unless given. */
  fMin?: number;
  /** Where the highest band ends, in Hz; half the sample rate unless given. */
  fMax?: number;
  /** The scale; Slaney's unless given. */
  melScale?: MelScale;
  /**
   * `slaney` makes all bands of one area over Hz, `none` of one height, a number p makes their p-norms 1
   * (Infinity: their highest weights); `slaney` unless given.
   */
  norm?: "slaney" | "none" | number;
  /** Whether the sides of the triangles are straight over Hz, or, as Kaldi's, over mel; `hz` unless given. */
  straightOver?: "hz" | "mel";
}

/** @throws {RangeError} Where the value of a setting is no whole number, or too small. */
export function checkWhole(name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`Expected ${name} to be a whole number from ${least} up but found ${value}`);
}

/** @throws {RangeError} Where the value of a setting is none of those that it may have. */
export function checkChoice(name: string, value: string, choices: string[]): void {
  if (choices.includes(value)) return;
  throw new RangeError(`Expected ${name} to be ${choices.join(" or ")} but found ${value}`);
}

const SLANEY_STEP = 200 / 3, SLANEY_EDGE = 1000, SLANEY_LOG = Math.log(6.4) / 27;

function toMel(hz: number, scale: MelScale): number {
  if (scale === "htk") return 2595 * Math.log10(1 + hz / 700);
  if (hz < SLANEY_EDGE) return hz / SLANEY_STEP;
  return SLANEY_EDGE / SLANEY_STEP + Math.log(hz / SLANEY_EDGE) / SLANEY_LOG;
}

function toHz(mel: number, scale: MelScale): number {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  const edge = SLANEY_EDGE / SLANEY_STEP;
  return mel < edge ? mel * SLANEY_STEP : SLANEY_EDGE * Math.exp(SLANEY_LOG * (mel - edge));
}

/**
 * A bank of triangular filters of equal width on a mel scale (S. Stevens, J. Volkmann, E. Newman,
 * 1937; the two formulas are those of HTK and of M. Slaney's Auditory Toolbox).
 *
 * @param sampleRate In Hz.
 * @param nFft Length of the Fourier transform in samples.
 * @param options Bands, range, scale and norm.
 * @returns Weights by band and frequency [shape=(nMels, 1 + floor(nFft / 2))].
 * @throws {RangeError} Where the settings make no bank.
 *
 * @example
 * ```ts
 * import { melFilterBank } from "qvim";
 *
 * const bank = melFilterBank(16000, 512, { nMels: 40, melScale: "htk", norm: "none" });
 * if (bank.rows !== 40 || bank.columns !== 257) throw new Error("shape");
 * ```
 */
export function melFilterBank(sampleRate: number, nFft: number, options: MelOptions = {}): Matrix {
  const { nMels = 128, fMin = 0, fMax = sampleRate / 2 } = options;
  const { melScale = "slaney", norm = "slaney", straightOver = "hz" } = options;
  checkWhole("nMels", nMels);
  checkWhole("nFft", nFft, 2);
  checkChoice("melScale", melScale, ["htk", "slaney"]);
  checkChoice("straightOver", straightOver, ["hz", "mel"]);
  if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2)) {
    throw new RangeError(
      `Expected 0 ≤ fMin < fMax ≤ ${sampleRate / 2} Hz but found ${fMin} and ${fMax}`,
    );
  }
  if (norm !== "slaney" && norm !== "none" && !(typeof norm === "number" && norm > 0)) {
    throw new RangeError(`Expected norm to be slaney, none or a number above 0 but found ${norm}`);
  }
  const low = toMel(fMin, melScale), high = toMel(fMax, melScale);
  const edges = Array.from(
    { length: nMels + 2 },
    (_, i) => toHz(low + (high - low) * i / (nMels + 1), melScale),
  );
  const columns = (nFft >> 1) + 1;
  const axis = (hz: number) => straightOver === "mel" ? toMel(hz, melScale) : hz;
  const bins = Float64Array.from({ length: columns }, (_, i) => axis(i * sampleRate / nFft));
  const corners = edges.map(axis);
  const data = new Float32Array(nMels * columns);
  for (let band = 0; band < nMels; band++) {
    const [left, center, right] = corners.slice(band, band + 3);
    const scale = norm === "slaney" ? 2 / (edges[band + 2] - edges[band]) : 1;
    bins.forEach((at, bin) => {
      const weight = Math.min((at - left) / (center - left), (right - at) / (right - center));
      data[band * columns + bin] = Math.max(0, weight) * scale;
    });
    if (typeof norm === "number") {
      scaleToNorm(data.subarray(band * columns, (band + 1) * columns), norm);
    }
  }
  return { data, rows: nMels, columns };
}

/** Scales weights to a p-norm of 1, in place; zeros stay as they are. */
function scaleToNorm(weights: Float32Array, p: number): void {
  const norm = p === Infinity
    ? weights.reduce((peak, weight) => Math.max(peak, weight), 0)
    : weights.reduce((sum, weight) => sum + weight ** p, 0) ** (1 / p);
  if (norm === 0) return;
  for (let i = 0; i < weights.length; i++) weights[i] /= norm;
}

/** The rows of a bank without the zeros on either side, of which there are many; of none else, one. */
export function bankRows({ data, rows, columns }: Matrix): Row[] {
  return Array.from({ length: rows }, (_, band) => {
    const row = data.subarray(band * columns, (band + 1) * columns);
    const start = Math.max(0, row.findIndex((weight) => weight > 0));
    const last = row.findLastIndex((weight) => weight > 0);
    return { start, weights: row.slice(start, Math.max(start, last) + 1) };
  });
}

/**
 * Sums power by the filters of a bank.
 *
 * @param bank Weights [shape=(bands, frequencies)].
 * @param power [shape=(frequencies, frames)].
 * @returns [shape=(bands, frames)]
 */
export function applyBank(bank: Matrix, power: Matrix): Matrix {
  const { columns } = power;
  const data = new Float32Array(bank.rows * columns);
  const sums = new Float64Array(columns);
  for (let band = 0; band < bank.rows; band++) {
    sums.fill(0);
    for (let bin = 0; bin < bank.columns; bin++) {
      const weight = bank.data[band * bank.columns + bin];
      if (weight === 0) continue;
      for (let t = 0; t < columns; t++) sums[t] += weight * power.data[bin * columns + t];
    }
    data.set(sums, band * columns);
  }
  return { data, rows: bank.rows, columns };
}
