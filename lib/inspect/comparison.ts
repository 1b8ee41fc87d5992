import type { SystemResult } from "../challenge/comparison.ts";
import { bootstrapInterval, meansByGroup, rankCurve } from "../challenge/statistics.ts";
import { lineChart } from "../ui/chart.ts";
import { formatTable } from "../ui/table.ts";
import { pythonRound } from "./figures.ts";

/** The comparison as text: the figures of each system, then its MRR in each class. */
export function formatComparison(results: SystemResult[]): string {
  const figures = formatTable({
    header: ["System", "MRR", "95 % interval", "Class-wise MRR", "Class-wise NDCG", "Seconds"],
    rows: results.map(({ name, evaluation, seconds }) => {
      const interval = bootstrapInterval(evaluation.results.map((r) => r.reciprocalRank));
      return [
        name,
        pythonRound(evaluation.mrr),
        interval.map((value) => value.toFixed(4)).join(" … "),
        pythonRound(evaluation.classwiseMrr),
        pythonRound(evaluation.classwiseNdcg),
        seconds.toFixed(1),
      ];
    }),
  });
  const byClass = results.map(({ evaluation }) =>
    new Map(
      meansByGroup(evaluation.results, (r) => r.class, (r) => r.reciprocalRank)
        .map(({ key, mean }) => [key, mean]),
    )
  );
  const classes = formatTable({
    header: ["MRR by class", ...results.map(({ name }) => name)],
    rows: [...byClass[0].keys()].sort().map((name) => [
      name,
      ...byClass.map((means) => means.get(name)!.toFixed(3)),
    ]),
  });
  return `${figures}\n\n${classes}`;
}

/** The share of queries whose item is found up to each rank, by system, as an SVG document. */
export function rankCurves(results: SystemResult[]): string {
  return lineChart({
    title: "Queries that have found their item",
    x: "up to rank",
    y: "share of the queries",
    lines: results.map(({ name, evaluation }) => ({
      label: name,
      points: rankCurve(evaluation.results.map(({ rank }) => rank), evaluation.items),
    })),
  });
}
