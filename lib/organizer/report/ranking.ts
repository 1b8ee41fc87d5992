import type { Evaluation } from "../../challenge/evaluation.ts";
import { holm, permutationTest, signedSums } from "./significance.ts";
import { bootstrapInterval, meansByGroup } from "../../challenge/statistics.ts";

/** What is known of how a system did, without its scores. */
export interface SystemFigures {
  mrr: number;
  mrrInterval: [low: number, high: number];
  classwiseMrr: number;
  classwiseNdcg: number;
  items: number;
  /** Query → the reciprocal rank of its item, the mean over its tie where it is tied. */
  reciprocalRanks: Record<string, number>;
  /** The rank of each query's item, the middle of its tie where it is tied. */
  ranks: number[];
  /** Class → MRR. */
  byClass: Record<string, number>;
}

/** The figures of an evaluation that a report is made of. */
export function figuresOf(evaluation: Evaluation): SystemFigures {
  const { results, mrr, classwiseMrr, classwiseNdcg, items } = evaluation;
  return {
    mrr,
    mrrInterval: bootstrapInterval(results.map((r) => r.reciprocalRank)),
    classwiseMrr,
    classwiseNdcg,
    items,
    reciprocalRanks: Object.fromEntries(results.map((r) => [r.query, r.reciprocalRank])),
    ranks: results.map(({ rank }) => rank),
    byClass: Object.fromEntries(
      meansByGroup(results, (r) => r.class, (r) => r.reciprocalRank)
        .map(({ key, mean }) => [key, mean] as const)
        .sort(([a], [b]) => a < b ? -1 : 1),
    ),
  };
}

/** A system's place. */
export interface Ranked {
  name: string;
  figures: SystemFigures;
  /** From 1, by MRR; systems of equal MRR share a place. */
  place: number;
  /** Others whose MRR can't be told from this one's: p ≥ 0.05 after Holm's correction. */
  tiedWith: string[];
}

/** Two systems, and how likely a difference like theirs is by chance. */
export interface Comparison {
  first: string;
  second: string;
  /** Corrected after Holm for all pairs. */
  p: number;
}

const SIGNIFICANT = 0.05;

/** What the tests need of a system; kept, since a report is written anew with each that is done. */
const thrown = new WeakMap<SystemFigures, { sum: number; sums: Float64Array }>();

function thrownFor(figures: SystemFigures): { sum: number; sums: Float64Array } {
  let known = thrown.get(figures);
  if (known === undefined) {
    const queries = Object.keys(figures.reciprocalRanks).sort();
    const values = queries.map((query) => figures.reciprocalRanks[query]);
    known = { sum: values.reduce((a, b) => a + b, 0), sums: signedSums(values) };
    thrown.set(figures, known);
  }
  return known;
}

/** Ranks systems by MRR, and tests each pair by permuting queries. */
export function rank(
  systems: { name: string; figures: SystemFigures }[],
): { ranking: Ranked[]; comparisons: Comparison[] } {
  const sorted = systems.toSorted((a, b) => b.figures.mrr - a.figures.mrr);
  const pairs = sorted.flatMap((first, i) =>
    sorted.slice(i + 1).map((second) => ({ first, second }))
  );
  const corrected = holm(pairs.map(({ first, second }) => {
    const a = thrownFor(first.figures), b = thrownFor(second.figures);
    return permutationTest(a.sum - b.sum, a.sums, b.sums);
  }));
  const comparisons = pairs.map(({ first, second }, i) => ({
    first: first.name,
    second: second.name,
    p: corrected[i],
  }));
  const ranking = sorted.map(({ name, figures }) => ({
    name,
    figures,
    place: 1 + sorted.findIndex((other) => other.figures.mrr === figures.mrr),
    tiedWith: comparisons.flatMap(({ first, second, p }) =>
      p < SIGNIFICANT || first !== name && second !== name ? [] : [first === name ? second : first]
    ),
  }));
  return { ranking, comparisons };
}
