import type { Similarities } from "../../lib/challenge/model.ts";

/** How far scores are off at most. */
export function largestDifference(actual: Similarities, expected: Similarities): number {
  let largest = 0;
  for (const [query, row] of Object.entries(expected)) {
    for (const [item, score] of Object.entries(row)) {
      largest = Math.max(largest, Math.abs(actual[query][item] - score));
    }
  }
  return largest;
}
