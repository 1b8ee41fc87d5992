import { checkChoice, type Matrix } from "./mel_bank.ts";

/** How two sequences are aligned. */
export interface DtwOptions {
  /** What tells two frames apart: their distance, or 1 − their cosine; `euclidean` unless given. */
  metric?: "euclidean" | "cosine";
  /**
   * Half the width of the band around the diagonal that the path stays in, as a share of the shorter
   * sequence, 0 … 1 (H. Sakoe, S. Chiba, 1978); the path may go anywhere unless given.
   */
  bandRad?: number;
}

/** How two sequences fit each other. */
export interface Alignment {
  /** The distances along the best path, summed. */
  cost: number;
  /** That path, from the first frames to the last: a frame of the one, a frame of the other. */
  path: [number, number][];
}

/** The steps of a path, in the order that is preferred where they cost the same. */
const STEPS = [[1, 1], [0, 1], [1, 0]];

/**
 * Aligns two sequences by dynamic time warping: the path from their first frames to their last that
 * costs least, where each step goes on by a frame in the one, in the other, or in both. Steps, band and
 * ties are those of `librosa.sequence.dtw` (its path runs from the end to the start).
 *
 * @param a One sequence, for instance of {@linkcode mfcc} [shape=(d, n)].
 * @param b The other [shape=(d, m)].
 * @param options What is compared, and how far the path may stray.
 * @returns The cost and the path.
 * @throws {RangeError} Where there are no frames, their sizes differ, or the band leaves no path.
 *
 * @example
 * ```ts
 * import { dtw } from "qvim";
 *
 * const early = { data: Float32Array.of(0, 1, 0, 0), rows: 1, columns: 4 };
 * const late = { data: Float32Array.of(0, 0, 1, 0), rows: 1, columns: 4 };
 * const { cost, path } = dtw(early, late);
 * if (cost !== 0 || path.length !== 5) throw new Error(`${cost}: ${path.join(" ")}`);
 * ```
 */
export function dtw(a: Matrix, b: Matrix, options: DtwOptions = {}): Alignment {
  const { metric = "euclidean", bandRad } = options;
  const n = a.columns, m = b.columns;
  if (a.rows !== b.rows || n === 0 || m === 0) {
    throw new RangeError(
      `Expected two sequences of frames of one size but found [${a.rows}, ${n}] and ` +
        `[${b.rows}, ${m}]`,
    );
  }
  checkChoice("metric", metric, ["euclidean", "cosine"]);
  const distance = metric === "cosine" ? cosineDistance : euclideanDistance;
  const left = framesOf(a), right = framesOf(b);
  const { below, above } = band(bandRad, n, m);
  const taken = new Uint8Array(n * m);
  let previous = new Float64Array(m).fill(Infinity), current = previous.slice();
  for (let i = 0; i < n; i++) {
    current.fill(Infinity);
    for (let j = Math.max(0, i - below); j <= Math.min(m - 1, i + above); j++) {
      const costs = i === 0 && j === 0
        ? [0]
        : [previous[j - 1], current[j - 1], previous[j]].map((cost) => cost ?? Infinity);
      let best = 0;
      costs.forEach((cost, step) => best = cost < costs[best] ? step : best);
      taken[i * m + j] = best;
      current[j] = costs[best] + distance(left[i], right[j]);
    }
    [previous, current] = [current, previous];
  }
  const cost = previous[m - 1];
  if (!Number.isFinite(cost)) {
    throw new RangeError(
      `Expected bandRad to leave a path but found ${bandRad} for ${n} and ${m} frames`,
    );
  }
  const path: Alignment["path"] = [[n - 1, m - 1]];
  for (let i = n - 1, j = m - 1; i > 0 || j > 0; path.push([i, j])) {
    const [di, dj] = STEPS[taken[i * m + j]];
    i -= di;
    j -= dj;
  }
  return { cost, path: path.reverse() };
}

/** How many frames the second sequence may be behind the first, or ahead of it. */
function band(share: number | undefined, n: number, m: number): { below: number; above: number } {
  if (share === undefined) return { below: Infinity, above: Infinity };
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`Expected bandRad to be from 0 to 1 but found ${share}`);
  }
  const exact = share * Math.min(n, m), floor = Math.floor(exact);
  // NumPy rounds halves to even.
  const radius = exact - floor === 0.5 ? floor + floor % 2 : Math.round(exact);
  return { below: radius - 1 + Math.max(0, n - m), above: radius - 1 + Math.max(0, m - n) };
}

/** The columns of a matrix, each by itself. */
function framesOf({ data, rows, columns }: Matrix): Float64Array[] {
  return Array.from(
    { length: columns },
    (_, t) => Float64Array.from({ length: rows }, (_, row) => data[row * columns + t]),
  );
}

function euclideanDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/** 1 where one of the two is all zeros. */
function cosineDistance(a: Float64Array, b: Float64Array): number {
  let product = 0, left = 0, right = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    left += a[i] * a[i];
    right += b[i] * b[i];
  }
  return left > 0 && right > 0 ? 1 - product / Math.sqrt(left * right) : 1;
}
