import { listItems, listQueries, toPaths } from "./dataset.ts";
import { readGroundTruth } from "./ground_truth.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import type { QVIMModel } from "./model.ts";
import { type RetrievalMeasures, retrievalMeasures } from "./retrieval_measures.ts";
import { readVimSketch, type RetrievalTask } from "./vim_sketch.ts";

/** The field's benchmarks. */
export const BENCHMARKS = ["vimsketch", "qvim-dev"] as const;

/** The name of one of them. */
export type BenchmarkName = typeof BENCHMARKS[number];

/** Imitations of each reference that MTEB's task takes of VimSketch. */
export const OF_EACH = 4;

/** What others reached, as a table: nDCG@10 of MTEB's task, MRR and class-wise NDCG of the challenge. */
export const PUBLISHED: Record<BenchmarkName, { header: string[]; rows: string[][] }> = {
  "vimsketch": {
    header: ["Published (MTEB, VimSketchA2ARetrieval)", "nDCG@10"],
    rows: [["random", "0.0100"], ["CLAP", "0.0952"]],
  },
  "qvim-dev": {
    header: ["Published (challenge of 2025)", "MRR", "NDCG", "evaluation set: MRR", "NDCG"],
    rows: [
      ["random", "0.0444", "", "", ""],
      ["2DFT", "0.1262", "0.4793", "", ""],
      ["MN, as handed out", "0.2726", "0.6463", "", ""],
      ["MN, in the results", "0.282", "0.646", "0.326", "0.658"],
      ["Queen Mary University of London", "0.299", "0.646", "0.348", "0.643"],
      ["Chung", "0.310", "0.653", "0.359", "0.660"],
      ["Aalto University", "0.303", "0.660", "0.345", "0.664"],
      ["HEAD acoustics *", "0.975", "0.949", "0.335", "0.712"],
      ["Fraunhofer IDMT *", "0.960", "0.723", "0.206", "0.517"],
      ["University of Piraeus *", "0.595", "0.803", "0.256", "0.646"],
      ["Johannes Kepler University Linz", "0.265", "0.632", "0.282", "0.613"],
      ["* had fitted the development set", "", "", "", ""],
    ],
  },
};

/** What a system reaches on a benchmark. */
export interface BenchmarkResult {
  measures: RetrievalMeasures;
  /** The challenge's figures; of its own set alone. */
  evaluation?: Evaluation;
}

/**
 * Reads a benchmark.
 *
 * @param folder Where its sounds are.
 * @param ofEach Imitations that are taken of each reference of VimSketch.
 * @throws {DatasetError} Where it is not there, or not whole.
 */
export function readBenchmark(
  name: BenchmarkName,
  folder: string,
  ofEach = OF_EACH,
): RetrievalTask {
  if (name === "vimsketch") return readVimSketch(folder, ofEach);
  const relevant = new Map<string, Set<string>>();
  for (const { query, item } of readGroundTruth(folder)) relevant.set(query, new Set([item]));
  return { items: toPaths(listItems(folder)), queries: toPaths(listQueries(folder)), relevant };
}

/** Runs a system on a benchmark that {@linkcode readBenchmark} has read from that folder. */
export async function runBenchmark(
  name: BenchmarkName,
  folder: string,
  task: RetrievalTask,
  model: QVIMModel,
): Promise<BenchmarkResult> {
  const scores = Object.entries(await model.computeSimilarities(task.items, task.queries));
  return {
    measures: await retrievalMeasures(scores, task.relevant),
    evaluation: name === "qvim-dev" ? await evaluate(scores, readGroundTruth(folder)) : undefined,
  };
}
