import { listItems, listQueries, toPaths } from "./dataset.ts";
import { readGroundTruth } from "./ground_truth.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import type { QVIMModel } from "./model.ts";

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
