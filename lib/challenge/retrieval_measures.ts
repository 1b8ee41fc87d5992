import type { QueryScores } from "./similarities.ts";
import { SimilaritiesError } from "./similarities.ts";

/** The figures of information retrieval, each a mean over the queries, as MTEB's leaderboard has them. */
export interface RetrievalMeasures {
  /** How many queries counted. */
  queries: number;
  /** Normalised discounted cumulative gain of the first ten. */
  ndcgAt10: number;
  /** Mean average precision of the first ten. */
  mapAt10: number;
  /** The share of what is relevant that is found in the first place. */
  recallAt1: number;
  /** The same of the first five. */
  recallAt5: number;
  /** The same of the first ten. */
  recallAt10: number;
  /** The reciprocal rank of the first that is relevant, 0 behind the tenth. */
  mrrAt10: number;
}

/**
 * Computes the figures that MTEB computes (`mteb` 2.26, with trec_eval's measures): gains of 1, the
 * logarithm of base 2 of the place plus one as the discount, average precision and recall over all
 * that is relevant. Of equal scores the item with the later name comes first.
 *
 * @param scores The scores of each query, as they come.
 * @param relevant Query → the items that are right; queries without any are left out.
 * @throws {SimilaritiesError} Where a query has no scores, or there are no queries.
 *
 * @example
 * ```ts
 * import { retrievalMeasures } from "qvim";
 *
 * const scores = { "q.wav": { "a.wav": 0.2, "b.wav": 0.9 } };
 * const right = new Map([["q.wav", new Set(["a.wav"])]]);
 * const { mrrAt10, recallAt1 } = await retrievalMeasures(Object.entries(scores), right);
 * if (mrrAt10 !== 0.5 || recallAt1 !== 0) throw new Error(`${mrrAt10}`);
 * ```
 */
export async function retrievalMeasures(
  scores:
    | AsyncIterable<[query: string, row: QueryScores]>
    | Iterable<[query: string, row: QueryScores]>,
  relevant: Map<string, Set<string>>,
): Promise<RetrievalMeasures> {
  const sums = { ndcgAt10: 0, mapAt10: 0, recallAt1: 0, recallAt5: 0, recallAt10: 0, mrrAt10: 0 };
  const missing = new Set([...relevant].filter(([, items]) => items.size > 0).map(([q]) => q));
  const queries = missing.size;
  if (queries === 0) {
    throw new SimilaritiesError("Expected queries with something right to find but found none");
  }
  for await (const [query, row] of scores) {
    const right = relevant.get(query);
    if (right === undefined || !missing.delete(query)) continue;
    const places = placesOf(row, right);
    const found = (cut: number) => places.filter((place) => place <= cut).length;
    let ideal = 0;
    for (let place = 1; place <= Math.min(10, right.size); place++) ideal += gainAt(place);
    const first = places.filter((place) => place <= 10);
    sums.ndcgAt10 += first.reduce((sum, place) => sum + gainAt(place), 0) / ideal;
    sums.mapAt10 += first.reduce((sum, place, i) => sum + (i + 1) / place, 0) / right.size;
    sums.recallAt1 += found(1) / right.size;
    sums.recallAt5 += found(5) / right.size;
    sums.recallAt10 += found(10) / right.size;
    sums.mrrAt10 += first.length > 0 ? 1 / first[0] : 0;
  }
  if (missing.size > 0) {
    const [query] = missing;
    throw new SimilaritiesError(`Expected scores for the query ${query} but found none`);
  }
  const means = Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [name, sum / queries]),
  ) as Omit<RetrievalMeasures, "queries">;
  return { queries, ...means };
}

const gainAt = (place: number) => 1 / Math.log2(place + 1);

/** The places of what is right, from 1, rising. */
function placesOf(row: QueryScores, right: Set<string>): number[] {
  const ranked = Object.entries(row).sort(([a, x], [b, y]) => y - x || (a < b ? 1 : -1));
  return ranked.flatMap(([item], i) => right.has(item) ? [i + 1] : []);
}
