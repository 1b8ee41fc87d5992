/**
 * Scales a vector to length 1, in place. A vector of zeros stays as it is, so that its cosine with
 * everything is 0.
 *
 * @example
 * ```ts
 * import { normalize } from "qvim";
 *
 * const [x, y] = normalize(Float32Array.of(3, 4));
 * if (Math.abs(x - 0.6) > 1e-6 || Math.abs(y - 0.8) > 1e-6) throw new Error(`${x}, ${y}`);
 * ```
 */
export function normalize(vector: Float32Array): Float32Array {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  if (sum > 0) {
    const scale = 1 / Math.sqrt(sum);
    for (let i = 0; i < vector.length; i++) vector[i] *= scale;
  }
  return vector;
}

/**
 * The cosine of the angle between two vectors; 0 where one is all zeros.
 *
 * @param a A vector [shape=(d,)].
 * @param b Another one of that length.
 * @throws {RangeError} Where their lengths differ.
 *
 * @example
 * ```ts
 * import { cosine } from "qvim";
 *
 * if (cosine(Float32Array.of(1, 1), Float32Array.of(2, 2)) < 0.999) throw new Error("alike");
 * ```
 */
export function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new RangeError(`Expected vectors of one length but found ${a.length} and ${b.length}`);
  }
  let product = 0, left = 0, right = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    left += a[i] * a[i];
    right += b[i] * b[i];
  }
  return left > 0 && right > 0 ? product / Math.sqrt(left * right) : 0;
}
