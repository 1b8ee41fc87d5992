import { mean } from "../../challenge/evaluation.ts";
import type { Similarities } from "../../challenge/model.ts";

/**
 * Brings the scores of one query by one system to mean 0 and deviation 1 over the items, so that they
 * can be added to another system's: they depend on no other query. Zeros where all are alike.
 */
export function standardize(scores: ArrayLike<number>): Float64Array {
  return scaleByFirst(Float64Array.from(scores), scores.length);
}

/**
 * Brings the scores of one query to deviation 1 over the first `count`, which the others are views of.
 * Zeros where those are all alike.
 */
export function scaleByFirst(scores: Float64Array, count: number): Float64Array {
  // Sums of floats depend on their order: sorted, they are the same in whatever order the items come.
  const first = Array.from(scores.slice(0, count).sort());
  const center = mean(first);
  const deviation = Math.sqrt(mean(first.map((value) => (value - center) ** 2)));
  return scores.map((value) => deviation < 1e-9 ? 0 : (value - center) / deviation);
}

/** Adds `weight` times `scores` to `sum`, in place. */
export function addWeighted(sum: Float64Array, scores: Float64Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] += weight * scores[i];
}

/**
 * Fuses two systems' scores: each standardised for each query by itself, then added.
 *
 * @param weight What the second system counts, where the first counts 1.
 */
export function fuse(first: Similarities, second: Similarities, weight: number): Similarities {
  return mapRows(first, (row, query, items) => {
    const out = standardize(row);
    addWeighted(out, standardize(items.map((item) => second[query][item])), weight);
    return out;
  });
}

/** How sharply scores are turned into probabilities; 1 is a deviation of theirs. */
const TEMPERATURE = 0.5;
const ROUNDS = 3;

/**
 * Corrects scores for items that are near to many queries (hubs), by what the queries of this call say
 * of each: scores become probabilities that are scaled, in turn, to equal sums for all items and to
 * equal sums for all queries (R. Sinkhorn, "A relationship between arbitrary positive matrices and
 * doubly stochastic matrices", 1964). Few queries know little of an item: of q queries, the items'
 * scaling counts 1 − 1/q, so that one query alone keeps its order.
 *
 * @returns Logarithms of the scaled probabilities.
 */
export function scaleOverQueries(scores: Similarities): Similarities {
  const rows = Object.values(scores).map((row) =>
    standardize(Object.values(row)).map((value) => value / TEMPERATURE)
  );
  const trust = 1 - 1 / rows.length;
  for (let round = 0; round < ROUNDS && rows.length > 0; round++) {
    const sums = rows[0].map((_, i) => logSumExp(rows.map((row) => row[i])));
    for (const row of rows) {
      row.forEach((_, i) => row[i] -= trust * sums[i]);
      const sum = logSumExp([...row]);
      row.forEach((_, i) => row[i] -= sum);
    }
  }
  let index = 0;
  return mapRows(scores, () => rows[index++]);
}

function logSumExp(values: number[]): number {
  const peak = values.reduce((peak, value) => Math.max(peak, value), -Infinity);
  return peak + Math.log(values.reduce((sum, value) => sum + Math.exp(value - peak), 0));
}

function mapRows(
  scores: Similarities,
  change: (row: number[], query: string, items: string[]) => Float64Array,
): Similarities {
  return Object.fromEntries(
    Object.entries(scores).map(([query, row]) => {
      const items = Object.keys(row);
      const changed = change(Object.values(row), query, items);
      return [query, Object.fromEntries(items.map((item, i) => [item, changed[i]]))];
    }),
  );
}
