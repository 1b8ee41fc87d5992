import { mean } from "../challenge/evaluation.ts";
import type { Similarities } from "../challenge/model.ts";

/**
 * Brings the scores of one query by one system to mean 0 and deviation 1 over the items, so that they
 * can be added to another system's: they depend on no other query. Zeros where all are alike.
 */
export function standardize(scores: ArrayLike<number>): Float64Array {
  const values = Array.from(scores);
  const center = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
  return Float64Array.from(
    values,
    (value) => deviation < 1e-9 ? 0 : (value - center) / deviation,
  );
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

/**
 * Corrects scores for items that are near to many queries (hubs), by what the queries of this call
 * say of each: the scores are made probabilities over the items for each query and over the queries
 * for each item, and the two are multiplied (dual softmax; X. Cheng et al., "Improving video-text
 * retrieval by multi-stream corpus alignment and dual softmax loss", 2021). In logarithms.
 */
export function scaleOverQueries(scores: Similarities): Similarities {
  const queries = Object.keys(scores);
  if (queries.length === 0) return scores;
  const rows = queries.map((query) => standardize(Object.values(scores[query])));
  const hubness = rows[0].map((_, i) => logSumExp(rows.map((row) => row[i])));
  return mapRows(scores, (_row, query) => {
    const row = rows[queries.indexOf(query)];
    return row.map((value, i) => 2 * value - hubness[i]);
  });
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
