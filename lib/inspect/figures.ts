import { barChart } from "../ui/chart.ts";
import { display } from "../ui/jupyter.ts";
import { formatTable, type Table, tableToHtml } from "../ui/table.ts";
import type { Evaluation } from "../challenge/evaluation.ts";
import { inspectShort } from "../io/options.ts";
import { assertEvaluation, ListenError } from "./checks.ts";
import { bootstrapInterval, meansByGroup } from "../challenge/statistics.ts";

/** How many of the worst classes a report names. */
const WORST_CLASSES = 5;
/** Ranks up to this one have a bar of their own in the picture. */
const SINGLE_RANKS = 10;

/**
 * A number as NumPy and Python print it after rounding: `0.1998`, `1.0`, `nan`.
 *
 * @param value What `round(value, digits)` is given; halves go to the even digit, as in NumPy.
 *
 * @example
 * ```ts
 * import { pythonRound } from "qvim";
 *
 * if (pythonRound(1) !== "1.0" || pythonRound(0.12345) !== "0.1234") throw new Error("not as NumPy");
 * ```
 */
export function pythonRound(value: number, digits = 4): string {
  if (typeof value !== "number") {
    throw new ListenError(`Expected a number to round but found ${inspectShort(value)}`);
  }
  if (Number.isNaN(value)) return "nan";
  const scaled = value * 10 ** digits;
  const floor = Math.floor(scaled);
  const rounded = scaled - floor === 0.5 ? floor + floor % 2 : Math.round(scaled);
  const text = String(rounded / 10 ** digits);
  return Number.isInteger(rounded / 10 ** digits) ? `${text}.0` : text;
}

/**
 * The lines that the template's exact-match cell prints.
 *
 * @example
 * ```ts
 * import { evaluate, exactMatchLines } from "qvim";
 *
 * const truth = [{ label: "a dog", class: "dog", item: "a.wav", query: "q.wav" }, {
 *   label: "a cat",
 *   class: "cat",
 *   item: "b.wav",
 *   query: "r.wav",
 * }];
 * const scores = { "q.wav": { "a.wav": 1, "b.wav": 0 }, "r.wav": { "a.wav": 0.6, "b.wav": 0.5 } };
 * const evaluation = await evaluate(Object.entries(scores), truth);
 * if (exactMatchLines(evaluation).at(-1) !== "MRR       : 0.75") throw new Error("not 3/4");
 * ```
 */
export function exactMatchLines(evaluation: Evaluation): string[] {
  assertEvaluation(evaluation);
  return [
    // Python's print puts a space between its arguments, and these labels end with one. A file
    // that is missing from the scores is an error here, so there is never one to list.
    "Missing query files:  0",
    "Missing item files:  []",
    `MRR random: ${pythonRound(evaluation.mrrRandom)}`,
    `MRR       : ${pythonRound(evaluation.mrr)}`,
  ];
}

/**
 * The lines that the template's class-wise cell prints.
 *
 * @example
 * ```ts
 * import { classwiseLines, evaluate } from "qvim";
 *
 * const truth = [{ label: "a dog", class: "dog", item: "a.wav", query: "q.wav" }, {
 *   label: "a cat",
 *   class: "cat",
 *   item: "b.wav",
 *   query: "r.wav",
 * }];
 * const scores = { "q.wav": { "a.wav": 1, "b.wav": 0 }, "r.wav": { "a.wav": 0.6, "b.wav": 0.5 } };
 * const evaluation = await evaluate(Object.entries(scores), truth);
 * if (classwiseLines(evaluation).length !== 2) throw new Error("two lines");
 * ```
 */
export function classwiseLines(evaluation: Evaluation): string[] {
  assertEvaluation(evaluation);
  return [
    `Class-wise MRR : ${pythonRound(evaluation.classwiseMrr)}`,
    `Class-wise NDCG: ${pythonRound(evaluation.classwiseNdcg)}`,
  ];
}

/**
 * Shows how many queries found their item at which rank, as a picture, below a notebook's cell.
 *
 * @example
 * ```ts
 * import { evaluate, showRanks } from "qvim";
 *
 * const truth = [{ label: "a dog", class: "dog", item: "a.wav", query: "q.wav" }, {
 *   label: "a cat",
 *   class: "cat",
 *   item: "b.wav",
 *   query: "r.wav",
 * }];
 * const scores = { "q.wav": { "a.wav": 1, "b.wav": 0 }, "r.wav": { "a.wav": 0.6, "b.wav": 0.5 } };
 * const evaluation = await evaluate(Object.entries(scores), truth);
 * await showRanks(evaluation);
 * ```
 */
export async function showRanks(evaluation: Evaluation): Promise<void> {
  assertEvaluation(evaluation);
  const counts = rankHistogram(evaluation);
  const words = counts.map(({ label, count }) => `rank ${label}: ${count}`).join(", ");
  await display({
    "text/plain": `Queries that found their item at ${words}`,
    "image/svg+xml": barChart({
      title: "Where the queries found their item",
      x: "rank of the right item",
      y: "queries",
      bars: counts.map(({ label, count }) => ({ label, value: count })),
    }),
  });
}

/**
 * Shows the figures as a table below a notebook's cell.
 *
 * @example
 * ```ts
 * import { evaluate, showFigures } from "qvim";
 *
 * const truth = [{ label: "a dog", class: "dog", item: "a.wav", query: "q.wav" }, {
 *   label: "a cat",
 *   class: "cat",
 *   item: "b.wav",
 *   query: "r.wav",
 * }];
 * const scores = { "q.wav": { "a.wav": 1, "b.wav": 0 }, "r.wav": { "a.wav": 0.6, "b.wav": 0.5 } };
 * const evaluation = await evaluate(Object.entries(scores), truth);
 * await showFigures(evaluation);
 * ```
 */
export async function showFigures(evaluation: Evaluation): Promise<void> {
  assertEvaluation(evaluation);
  const table = figuresTable(evaluation);
  const worst = worstClassesTable(evaluation);
  await display({
    "text/plain": `${formatTable(table)}\n\n${formatTable(worst)}`,
    "text/html": tableToHtml(table) + tableToHtml(worst),
  });
}

/** The whole report as text: the figures, then the classes that fare worst. */
export function formatReport(evaluation: Evaluation): string {
  return [figuresTable(evaluation), worstClassesTable(evaluation)].map(formatTable).join("\n\n");
}

/** How many queries found their item at which rank; a tie counts at its middle, rounded down. */
export function rankHistogram(evaluation: Evaluation): { label: string; count: number }[] {
  const bins = Array.from({ length: SINGLE_RANKS }, (_, i) => ({ from: i + 1, to: i + 1 }));
  for (let from = SINGLE_RANKS + 1; from <= evaluation.items; from = bins.at(-1)!.to + 1) {
    bins.push({
      from,
      to: Math.min(from === SINGLE_RANKS + 1 ? 20 : 2 * (from - 1), evaluation.items),
    });
  }
  return bins.filter(({ from }) => from <= evaluation.items).map(({ from, to }) => ({
    label: from === to ? `${from}` : `${from}–${to}`,
    count:
      evaluation.results.filter(({ rank }) => Math.floor(rank) >= from && Math.floor(rank) <= to)
        .length,
  }));
}

function figuresTable(evaluation: Evaluation): Table {
  const [low, high] = bootstrapInterval(evaluation.results.map((r) => r.reciprocalRank));
  const { queries, items, tiedQueries, results } = evaluation;
  const share = (rank: number) => results.filter((result) => result.rank <= rank).length / queries;
  return {
    header: ["Figure", "Value"],
    rows: [
      ["MRR", `${pythonRound(evaluation.mrr)} (95 %: ${pythonRound(low)} … ${pythonRound(high)})`],
      ["MRR of chance", pythonRound(evaluation.mrrRandom)],
      ["Class-wise MRR", pythonRound(evaluation.classwiseMrr)],
      ["Class-wise NDCG", pythonRound(evaluation.classwiseNdcg)],
      ["Found at rank 1", `${(100 * share(1)).toFixed(1)} %`],
      ["Found in the first 10", `${(100 * share(10)).toFixed(1)} %`],
      ["Queries × items", `${queries} × ${items}`],
      ["Queries with ties", `${tiedQueries}`],
    ],
  };
}

/** The classes with the lowest MRR. */
export function worstClasses(
  evaluation: Evaluation,
): { class: string; mrr: number; queries: number }[] {
  return meansByGroup(evaluation.results, (r) => r.class, (r) => r.reciprocalRank)
    .slice(0, WORST_CLASSES)
    .map(({ key, mean, count }) => ({ class: key, mrr: mean, queries: count }));
}

function worstClassesTable(evaluation: Evaluation): Table {
  return {
    header: ["Hardest classes", "MRR", "Queries"],
    rows: worstClasses(evaluation).map((
      row,
    ) => [row.class, pythonRound(row.mrr), `${row.queries}`]),
  };
}
