/**
 * Dynamic time warping (H. Sakoe, S. Chiba, "Dynamic programming algorithm optimization for spoken
 * word recognition", 1978) of two sequences of one length, within a band around the diagonal.
 *
 * @param a,b Frame by frame [shape=(frames · width,)].
 * @param weights What the difference of each value counts [shape=(width,)].
 * @param band How many frames the path may leave the diagonal by.
 * @returns The mean weighted distance of the frames along the best path.
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
  let previous = new Float64Array(frames + 1).fill(Infinity);
  let current = new Float64Array(frames + 1).fill(Infinity);
  previous[0] = 0;
  for (let i = 0; i < frames; i++) {
    current.fill(Infinity);
    const first = Math.max(0, i - band), last = Math.min(frames - 1, i + band);
    for (let j = first; j <= last; j++) {
      let distance = 0;
      for (let c = 0; c < width; c++) {
        distance += weights[c] * Math.abs(a[i * width + c] - b[j * width + c]);
      }
      // A step along the diagonal covers a frame of each, and counts for both.
      const straight = previous[j] + 2 * distance;
      const across = Math.min(previous[j + 1], current[j]) + distance;
      current[j + 1] = Math.min(straight, across);
    }
    [previous, current] = [current, previous];
  }
  return previous[frames] / (2 * frames);
}
