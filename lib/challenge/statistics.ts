import { mean } from "./evaluation.ts";

/**
 * A generator of pseudo-random numbers in 0 … 1, the same for the same seed everywhere: mulberry32
 * (T. Ettinger), a 32-bit state that is more than enough for resampling.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const RESAMPLES = 2000;

/**
 * The 95 % percentile bootstrap interval of a mean (B. Efron, R. Tibshirani, "An introduction to the
 * bootstrap", 1993, ch. 13), with 2,000 resamples.
 *
 * @param values One value a query.
 * @param seed The same seed gives the same interval.
 */
export function bootstrapInterval(values: number[], seed = 1): [low: number, high: number] {
  const random = seededRandom(seed);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)];
    return sum / values.length;
  }).sort();
  return [means[Math.round(0.025 * (RESAMPLES - 1))], means[Math.round(0.975 * (RESAMPLES - 1))]];
}

/** The mean of `valueOf` over each group, the smallest first. */
export function meansByGroup<T>(
  values: T[],
  keyOf: (value: T) => string,
  valueOf: (value: T) => number,
): { key: string; mean: number; count: number }[] {
  return [...Map.groupBy(values, keyOf)]
    .map(([key, members]) => ({ key, mean: mean(members.map(valueOf)), count: members.length }))
    .sort((a, b) => a.mean - b.mean);
}

/**
 * The cumulative rank curve: the share of queries whose item is found up to each rank. A tied item
 * counts from the middle of its tie on.
 *
 * @param ranks The rank of each query's item, from 1.
 * @param items How many items were ranked.
 * @returns `[rank, share]` for each rank from 1 to `items`.
 *
 * @example
 * ```ts
 * import { rankCurve } from "./statistics.ts";
 *
 * rankCurve([1, 1, 3], 3); // [[1, 2 / 3], [2, 2 / 3], [3, 1]]
 * ```
 */
export function rankCurve(ranks: number[], items: number): [rank: number, share: number][] {
  const found = new Uint32Array(items + 1);
  for (const rank of ranks) found[Math.ceil(rank)]++;
  let sum = 0;
  return Array.from({ length: items }, (_, i) => [i + 1, (sum += found[i + 1]) / ranks.length]);
}
