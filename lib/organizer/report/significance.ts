import { seededRandom } from "../../challenge/statistics.ts";

const PERMUTATIONS = 10_000;

/**
 * The p value of a paired permutation test (R. A. Fisher; E. W. Noreen, "Computer-intensive methods
 * for testing hypotheses", 1989): how often the difference of the means is at least as large where
 * each query's two values are swapped by a coin, with 10,000 throws and the one seen counted in.
 *
 * @param a,b One value a query, of the same queries.
 */
export function permutationTest(a: number[], b: number[], seed = 1): number {
  const differences = a.map((value, i) => value - b[i]).filter((value) => value !== 0);
  const seen = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const random = seededRandom(seed);
  let asLarge = 1;
  for (let k = 0; k < PERMUTATIONS; k++) {
    let sum = 0;
    for (const value of differences) sum += random() < 0.5 ? value : -value;
    if (Math.abs(sum) >= seen - 1e-12) asLarge++;
  }
  return asLarge / (PERMUTATIONS + 1);
}

/**
 * Holm's correction of p values for their number (S. Holm, "A simple sequentially rejective multiple
 * test procedure", 1979).
 *
 * @returns The corrected values, in the order of the given ones.
 */
export function holm(values: number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
  const out = new Array<number>(values.length);
  let least = 0;
  order.forEach((index, k) => {
    least = Math.max(least, Math.min(1, (values.length - k) * values[index]));
    out[index] = least;
  });
  return out;
}
