/** The last two rows of costs; kept, since alignments are many and short. */
let rows = [new Float64Array(0), new Float64Array(0)];

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
  if (rows[0].length < frames + 2) rows = [0, 1].map(() => new Float64Array(2 * frames + 2));
  let [previous, current] = rows;
  previous.fill(Infinity);
  previous[0] = 0;
  for (let i = 0; i < frames; i++) {
    const first = Math.max(0, i - band), last = Math.min(frames - 1, i + band);
    let left = Infinity, corner = previous[first];
    current[first] = Infinity;
    for (let j = first; j <= last; j++) {
      let distance = 0;
      for (let c = 0, x = i * width, y = j * width; c < width; c++, x++, y++) {
        distance += weights[c] * Math.abs(a[x] - b[y]);
      }
      const above = previous[j + 1], across = (above < left ? above : left) + distance;
      // A step along the diagonal covers a frame of each, and counts for both.
      const straight = corner + 2 * distance;
      left = straight < across ? straight : across;
      current[j + 1] = left;
      corner = above;
    }
    // The next row's band goes one further.
    current[last + 2] = Infinity;
    [previous, current] = [current, previous];
  }
  return previous[frames] / (2 * frames);
}
