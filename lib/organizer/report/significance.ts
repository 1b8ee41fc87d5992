import { seededRandom } from "../../challenge/statistics.ts";

const PERMUTATIONS = 10_000;

/** Signs are thrown for eight queries at a time: a byte. */
const QUERIES_IN_BYTE = 8;
/** Sums that differ by no more are equal: they are of the same values, added up in another order. */
const EQUAL = 1e-9;

/** The throws of {@linkcode signedSums}, for as many queries as were asked for last. */
let throws: { bytes: number; seed: number; of: Uint8Array } | undefined;

function throwsFor(queries: number, seed: number): { bytes: number; of: Uint8Array } {
  const bytes = Math.ceil(queries / QUERIES_IN_BYTE);
  if (throws?.bytes !== bytes || throws.seed !== seed) {
    const random = seededRandom(seed);
    const of = Uint8Array.from({ length: PERMUTATIONS * bytes }, () => Math.floor(256 * random()));
    throws = { bytes, seed, of };
  }
  return throws;
}

/**
 * For each of 10,000 throws of as many coins as there are queries: the sum of a system's values, with
 * the sign that its query's coin shows. The same coins are thrown for all systems, so that the sum of
 * the differences of two is the difference of their sums: the work grows with the systems, not with
 * their pairs.
 *
 * @param values One a query.
 * @returns [shape=(10000,)]
 */
export function signedSums(values: number[], seed = 1): Float64Array {
  const { bytes, of } = throwsFor(values.length, seed);
  const signed = new Float64Array(bytes * 256);
  for (let byte = 0; byte < bytes; byte++) {
    const part = values.slice(byte * QUERIES_IN_BYTE, (byte + 1) * QUERIES_IN_BYTE);
    for (let coins = 0; coins < 256; coins++) {
      signed[256 * byte + coins] = part.reduce(
        (sum, value, bit) => coins >> bit & 1 ? sum + value : sum - value,
        0,
      );
    }
  }
  const sums = new Float64Array(PERMUTATIONS);
  for (let k = 0; k < PERMUTATIONS; k++) {
    let sum = 0;
    for (let byte = 0; byte < bytes; byte++) sum += signed[256 * byte + of[k * bytes + byte]];
    sums[k] = sum;
  }
  return sums;
}

/**
 * The p value of a paired permutation test (R. A. Fisher; E. W. Noreen, "Computer-intensive methods
 * for testing hypotheses", 1989): how often the difference of the means is at least as large where
 * each query's two values are swapped by a coin, with 10,000 throws and the one seen counted in.
 *
 * @param seen The sum of the differences of two systems' values, over all queries.
 * @param a,b Their {@linkcode signedSums}.
 */
export function permutationTest(seen: number, a: Float64Array, b: Float64Array): number {
  const least = Math.abs(seen) - EQUAL;
  let asLarge = 1;
  for (let k = 0; k < a.length; k++) if (Math.abs(a[k] - b[k]) >= least) asLarge++;
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
