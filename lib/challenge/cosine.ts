/**
 * Scales a vector to length 1, in place. A vector of zeros stays as it is, so that its cosine with
 * everything is 0.
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

/** How many rows {@linkcode dotProducts} is fastest for: they share each load of an item. */
export const DOT_ROWS = 4;

/**
 * Dot products of up to {@linkcode DOT_ROWS} rows with every column vector, summed in double
 * precision.
 *
 * @param rows Vectors [shape=(r, d)].
 * @param columns Vectors [shape=(c, d)].
 * @returns Dot products [shape=(r, c)].
 */
export function dotProducts(rows: Float32Array[], columns: Float32Array[]): Float64Array[] {
  const out = rows.map(() => new Float64Array(columns.length));
  const [a0, a1 = a0, a2 = a0, a3 = a0] = rows;
  // Two columns at a time: eight sums stay in registers while six loads feed them.
  for (let c = 0; c < columns.length; c += 2) {
    const x = columns[c], y = columns[Math.min(c + 1, columns.length - 1)];
    let x0 = 0, x1 = 0, x2 = 0, x3 = 0, y0 = 0, y1 = 0, y2 = 0, y3 = 0;
    for (let k = 0; k < x.length; k++) {
      const xk = x[k], yk = y[k];
      const r0 = a0[k], r1 = a1[k], r2 = a2[k], r3 = a3[k];
      x0 += r0 * xk;
      x1 += r1 * xk;
      x2 += r2 * xk;
      x3 += r3 * xk;
      y0 += r0 * yk;
      y1 += r1 * yk;
      y2 += r2 * yk;
      y3 += r3 * yk;
    }
    const xs = [x0, x1, x2, x3], ys = [y0, y1, y2, y3];
    out.forEach((row, r) => {
      row[c] = xs[r];
      if (c + 1 < row.length) row[c + 1] = ys[r];
    });
  }
  return out;
}
