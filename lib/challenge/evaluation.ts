/**
 * Scores a retrieval system as the challenge does.
 *
 * Conventions: ranks count from 1, the best first; scores are query → item → number, higher is
 * more alike; only the items of the ground truth are ranked, and further items and queries in the
 * scores are passed over. A tied item takes the mean of the gain over the positions that its tie
 * covers (F. McSherry, M. Najork, "Computing information retrieval performance measures
 * efficiently in the presence of tied scores", ECIR 2008).
 *
 * Metrics: MRR (E. Voorhees, TREC-8, 1999) and NDCG with binary relevance and a logarithmic
 * discount (K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM
 * TOIS 20(4), 2002). Class-wise, all items of the query's class are right answers, and a query's
 * reciprocal ranks are summed and divided by their best possible sum.
 */
import type { GroundTruthRow } from "./ground_truth.ts";
import { type QueryScores, SimilaritiesError } from "./similarities.ts";

/** How one query fared. */
export interface QueryResult {
  /** The id of the query. */
  query: string;
  /** The item that it imitates. */
  item: string;
  /** Its class. */
  class: string;
  /** The item's rank; the middle of its tie where it is tied. */
  rank: number;
  /** The mean of 1/rank over the tie of the item: 1/rank where there is none. */
  reciprocalRank: number;
  /** The normalised sum of the reciprocal ranks of the items of the query's class. */
  classwiseReciprocalRank: number;
  /** The normalised discounted cumulative gain of the items of the query's class. */
  classwiseNdcg: number;
  /** Whether an item that counts for this query has the score of another one. */
  tied: boolean;
}

/** The figures of a system on a data set. */
export interface Evaluation {
  /** How many queries counted. */
  queries: number;
  /** How many items were ranked. */
  items: number;
  /** The original's figure for chance: the mean of 1/r for r = 1 … items − 1. */
  mrrRandom: number;
  /** The mean of the queries' reciprocal ranks. */
  mrr: number;
  /** The mean of their class-wise reciprocal ranks. */
  classwiseMrr: number;
  /** The mean of their class-wise NDCG. */
  classwiseNdcg: number;
  /** How many queries have a tie that matters. */
  tiedQueries: number;
  /** The queries one by one, in the order of the ground truth. */
  results: QueryResult[];
}

/** What is to be found, worked out from the rows of the ground truth once. */
interface Targets {
  items: string[];
  /** Query → index of its item; a query named twice takes its last. */
  itemOf: Map<string, number>;
  /** Query → its class, from its first row. */
  classOf: Map<string, string>;
  /** Class → indices of its items; an item named twice takes its first class. */
  itemsOfClass: Map<string, number[]>;
}

/**
 * Computes all figures.
 *
 * @param scores The scores of each query, as they come; a query that comes twice takes its last.
 * @param groundTruth As `readGroundTruth` gives it.
 * @throws {SimilaritiesError} Where the ground truth names a query or an item that the scores lack.
 *
 * @example
 * ```ts
 * import { evaluate, listItems, listQueries, readGroundTruth, toPaths, TwoDft } from "qvim";
 *
 * const data = "data/qvim-mini";
 * const scores = await new TwoDft().computeSimilarities(
 *   toPaths(listItems(data)),
 *   toPaths(listQueries(data)),
 * );
 * const { mrr } = await evaluate(Object.entries(scores), readGroundTruth(data));
 * if (!(mrr > 0 && mrr < 1)) throw new Error(`${mrr}`);
 * ```
 */
export async function evaluate(
  scores:
    | AsyncIterable<[query: string, row: QueryScores]>
    | Iterable<[query: string, row: QueryScores]>,
  groundTruth: GroundTruthRow[],
): Promise<Evaluation> {
  if (groundTruth.length === 0) {
    throw new SimilaritiesError("Expected a ground truth with 1 or more queries but found none");
  }
  const targets = toTargets(groundTruth);
  const gains = new Gains(targets.items.length);
  const byQuery = new Map<string, QueryResult>();
  const others: string[] = [];
  for await (const [query, row] of scores) {
    if (targets.itemOf.has(query)) byQuery.set(query, rankQuery(query, row, targets, gains));
    else others.push(query);
  }
  const results = [...targets.itemOf.keys()].map((query) => {
    const result = byQuery.get(query);
    if (result === undefined) {
      throw new SimilaritiesError(
        `Expected scores for the query ${query} of the ground truth but found none` +
          nearly(query, others),
      );
    }
    return result;
  });
  return {
    queries: results.length,
    items: targets.items.length,
    mrrRandom: mean(targets.items.slice(1).map((_, i) => 1 / (i + 1))),
    mrr: mean(results.map((result) => result.reciprocalRank)),
    classwiseMrr: mean(results.map((result) => result.classwiseReciprocalRank)),
    classwiseNdcg: mean(results.map((result) => result.classwiseNdcg)),
    tiedQueries: results.filter((result) => result.tied).length,
    results,
  };
}

/** The arithmetic mean; NaN where there is nothing. */
export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a name was perhaps to be: another system writes accents otherwise, or takes a for A. */
function nearly(name: string, names: string[]): string {
  const folded = (text: string) => text.normalize("NFC").toLowerCase().trim();
  const other = names.find((other) => folded(other) === folded(name));
  if (other === undefined) return "";
  return other.normalize("NFC") === name.normalize("NFC")
    ? ", only the same name with its accents written otherwise (Unicode NFC and NFD): " +
      "rename the file, or write its name anew in the ground truth"
    : `, only ${JSON.stringify(other)}`;
}

function toTargets(rows: GroundTruthRow[]): Targets {
  const indexOf = new Map<string, number>();
  const itemOf = new Map<string, number>();
  const classOf = new Map<string, string>();
  const itemsOfClass = new Map<string, number[]>();
  for (const row of rows) {
    if (!indexOf.has(row.item)) {
      indexOf.set(row.item, indexOf.size);
      const members = itemsOfClass.get(row.class) ?? [];
      members.push(indexOf.get(row.item)!);
      itemsOfClass.set(row.class, members);
    }
    itemOf.set(row.query, indexOf.get(row.item)!);
    if (!classOf.has(row.query)) classOf.set(row.query, row.class);
  }
  for (const [query, name] of classOf) {
    if (!itemsOfClass.has(name)) {
      throw new SimilaritiesError(
        `Expected the class ${name} of the query ${query} to have an item of its own in the ` +
          `ground truth but found its items under another class first`,
      );
    }
  }
  return { items: [...indexOf.keys()], itemOf, classOf, itemsOfClass };
}

/** Running sums of the gains 1/r and 1/log₂(r + 1), for their means over a range of ranks. */
class Gains {
  readonly #reciprocal: Float64Array;
  readonly #discounted: Float64Array;

  constructor(items: number) {
    this.#reciprocal = new Float64Array(items + 1);
    this.#discounted = new Float64Array(items + 1);
    for (let rank = 1; rank <= items; rank++) {
      this.#reciprocal[rank] = this.#reciprocal[rank - 1] + 1 / rank;
      this.#discounted[rank] = this.#discounted[rank - 1] + 1 / Math.log2(rank + 1);
    }
  }

  /** The mean of 1/r over the ranks `first … last`. */
  reciprocal(first: number, last: number): number {
    if (first === last) return 1 / first;
    return (this.#reciprocal[last] - this.#reciprocal[first - 1]) / (last - first + 1);
  }

  /** The mean of 1/log₂(r + 1) over the ranks `first … last`. */
  discounted(first: number, last: number): number {
    if (first === last) return 1 / Math.log2(first + 1);
    return (this.#discounted[last] - this.#discounted[first - 1]) / (last - first + 1);
  }

  /** The best sum that `count` right answers can reach. */
  ideal(count: number): { reciprocal: number; discounted: number } {
    return { reciprocal: this.#reciprocal[count], discounted: this.#discounted[count] };
  }
}

function rankQuery(
  query: string,
  row: QueryScores,
  targets: Targets,
  gains: Gains,
): QueryResult {
  const { items } = targets;
  const scores = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const score = row[items[i]];
    if (score === undefined) {
      throw new SimilaritiesError(
        `Expected a score for the query ${query} and the item ${items[i]} but found none` +
          nearly(items[i], Object.keys(row)),
      );
    }
    if (!Number.isFinite(score)) {
      throw new SimilaritiesError(
        `Expected a finite score for the query ${query} and the item ${
          items[i]
        } but found ${score}`,
      );
    }
    scores[i] = score;
  }
  const ascending = scores.toSorted();
  const ranksOf = (item: number): [first: number, last: number] => [
    items.length - upperBound(ascending, scores[item]) + 1,
    items.length - lowerBound(ascending, scores[item]),
  ];
  const target = targets.itemOf.get(query)!;
  const [first, last] = ranksOf(target);
  const queryClass = targets.classOf.get(query)!;
  const members = targets.itemsOfClass.get(queryClass)!;
  let reciprocal = 0, discounted = 0, tied = first !== last;
  for (const member of members) {
    const [from, to] = ranksOf(member);
    reciprocal += gains.reciprocal(from, to);
    discounted += gains.discounted(from, to);
    tied ||= from !== to;
  }
  const ideal = gains.ideal(members.length);
  return {
    query,
    item: items[target],
    class: queryClass,
    rank: (first + last) / 2,
    reciprocalRank: gains.reciprocal(first, last),
    classwiseReciprocalRank: reciprocal / ideal.reciprocal,
    classwiseNdcg: discounted / ideal.discounted,
    tied,
  };
}

/** The index of the first value that is not below `value`. */
function lowerBound(ascending: Float64Array, value: number): number {
  let low = 0, high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the first value above `value`. */
function upperBound(ascending: Float64Array, value: number): number {
  let low = 0, high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
