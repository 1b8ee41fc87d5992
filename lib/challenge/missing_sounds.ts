import type { GroundTruthRow } from "./ground_truth.ts";

/**
 * The sounds that a ground truth names and a data set has no file of, each once.
 *
 * @param files Ids of the sounds that are there.
 * @param files.items The items' ids.
 * @param files.queries The queries' ids.
 */
export function missingSounds(
  groundTruth: readonly GroundTruthRow[],
  files: { items: Iterable<string>; queries: Iterable<string> },
): { items: string[]; queries: string[] } {
  const missing = (kind: "item" | "query", there: Iterable<string>) =>
    Array.from(new Set(groundTruth.map((row) => row[kind])).difference(new Set(there)));
  return { items: missing("item", files.items), queries: missing("query", files.queries) };
}
