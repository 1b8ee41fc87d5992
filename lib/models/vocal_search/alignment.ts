/** The last two rows of costs, and one of distances; kept, since alignments are many and short. */
let rows = [new Float64Array(0), new Float64Array(0), new Float64Array(0)];

/**
 * Dynamic time warping (H. Sakoe, S. Chiba, "Dynamic programming algorithm optimization for spoken
 * word recognition", 1978) of two sequences of one length, within a band around the diagonal, as
 * `VocalSearch` compares courses; {@linkcode dtw} takes sequences of any lengths and gives the path.
 *
 * @param a,b Frame by frame [shape=(frames · width,)].
 * @param weights What the difference of each value counts [shape=(width,)].
 * @param band How many frames the path may leave the diagonal by.
 * @returns The mean weighted distance of the frames along the best path.
 * @throws {RangeError} Where the sequences are not of one length, or not of whole frames, or the band is
 * no whole number.
 *
 * @example
 * ```ts
 * import { alignmentCost } from "qvim";
 *
 * const early = Float32Array.of(0, 1, 0, 0), late = Float32Array.of(0, 0, 1, 0);
 * const apart = alignmentCost(early, late, Float32Array.of(1), 0);
 * if (alignmentCost(early, late, Float32Array.of(1), 1) >= apart) throw new Error("no warping");
 * ```
 */
export function alignmentCost(
  a: Float32Array,
  b: Float32Array,
  weights: Float32Array,
  band: number,
): number {
  const width = weights.length;
  const frames = a.length / width;
  if (b.length !== a.length || !Number.isInteger(frames) || frames === 0) {
    throw new RangeError(
      `Expected two sequences of as many frames of ${width} values but found ${a.length} and ` +
        `${b.length} values`,
    );
  }
  if (!(Number.isInteger(band) && band >= 0)) {
    throw new RangeError(`Expected band to be a whole number of frames but found ${band}`);
  }
  if (rows[0].length < frames + 2) rows = rows.map(() => new Float64Array(2 * frames + 2));
  let [previous, current] = rows;
  const distances = rows[2], compare = width === 4 ? fourApart : apart;
  previous.fill(Infinity);
  previous[0] = 0;
  for (let i = 0; i < frames; i++) {
    const first = Math.max(0, i - band), last = Math.min(frames - 1, i + band);
    compare(a, b, weights, i, first, last);
    let left = Infinity, corner = previous[first];
    current[first] = Infinity;
    for (let j = first; j <= last; j++) {
      const distance = distances[j], above = previous[j + 1];
      // A step along the diagonal covers a frame of each, and counts for both.
      left = Math.min(corner + 2 * distance, Math.min(above, left) + distance);
      current[j + 1] = left;
      corner = above;
    }
    // The next row's band goes one further.
    current[last + 2] = Infinity;
    [previous, current] = [current, previous];
  }
  return previous[frames] / (2 * frames);
}

/** Writes the distances of frame `i` of `a` to those of `b` from `first` to `last`. */
type Compare = (
  a: Float32Array,
  b: Float32Array,
  weights: Float32Array,
  i: number,
  first: number,
  last: number,
) => void;

/** Whatever the width. */
const apart: Compare = (a, b, weights, i, first, last) => {
  const distances = rows[2], width = weights.length;
  distances.fill(0, first, last + 1);
  weights.forEach((weight, c) => {
    const value = a[i * width + c];
    for (let j = first, y = first * width + c; j <= last; j++, y += width) {
      distances[j] += weight * Math.abs(value - b[y]);
    }
  });
};

/** For frames of four values, as contours have, in two thirds of the time. */
const fourApart: Compare = (a, b, weights, i, first, last) => {
  const distances = rows[2];
  const w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
  const a0 = a[4 * i], a1 = a[4 * i + 1], a2 = a[4 * i + 2], a3 = a[4 * i + 3];
  for (let j = first, y = 4 * first; j <= last; j++, y += 4) {
    distances[j] = w0 * Math.abs(a0 - b[y]) + w1 * Math.abs(a1 - b[y + 1]) +
      w2 * Math.abs(a2 - b[y + 2]) + w3 * Math.abs(a3 - b[y + 3]);
  }
};
