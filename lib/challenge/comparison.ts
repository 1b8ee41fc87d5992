import { lineChart } from "../ui/chart.ts";
import { formatTable } from "../ui/table.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "./dataset.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import type { QVIMModel } from "./model.ts";
import { pythonRound } from "../inspect/figures.ts";
import { bootstrapInterval, meansByGroup } from "./statistics.ts";

/** A system and how it did on a data set. */
export interface SystemResult {
  name: string;
  evaluation: Evaluation;
  /** What it took to score all queries against all items, sounds on disk to scores. */
  seconds: number;
}

/**
 * Runs systems on a data set, one after another.
 *
 * @param systems Name → the model.
 * @param dataPath A data set in the challenge's layout.
 */
export async function compareSystems(
  systems: [name: string, model: QVIMModel][],
  dataPath: string,
): Promise<SystemResult[]> {
  const groundTruth = readGroundTruth(dataPath);
  const items = toPaths(listItems(dataPath)), queries = toPaths(listQueries(dataPath));
  const results: SystemResult[] = [];
  for (const [name, model] of systems) {
    const start = performance.now();
    const scores = await model.computeSimilarities(items, queries);
    const seconds = (performance.now() - start) / 1000;
    results.push({
      name,
      evaluation: await evaluate(Object.entries(scores), groundTruth),
      seconds,
    });
  }
  return results;
}

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
      points: Array.from({ length: evaluation.items }, (_, i) => {
        const found = evaluation.results.filter(({ rank }) => rank <= i + 1).length;
        return [i + 1, found / evaluation.queries] as [number, number];
      }),
    })),
  });
}
