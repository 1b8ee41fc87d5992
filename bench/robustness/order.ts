/** Whether results depend on what came before, and equal the original's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import type { Similarities } from "../../lib/challenge/model.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { compareOrders, writeSequence } from "../../tests/models/sequences.ts";
import { SHARED, withFolder } from "../../tests/support.ts";
import { mebibytes, type Row } from "./row.ts";

/** @param files How many are heard. */
export async function* orderChecks(files: number): AsyncGenerator<Row> {
  yield await withFolder(async (folder): Promise<Row> => {
    const paths = writeSequence(folder, files, 5);
    const { differences, apart, peakMemory } = await compareOrders(paths);
    return [
      "any order, against a fresh process, bit for bit",
      `${files} files × ${Object.keys(apart[0]).length}`,
      `${differences.length} differ; ${mebibytes(peakMemory)} at most`,
    ];
  });
  const reference = join(SHARED, "reference", "two_dft", "similarities.json");
  if (!existsSync(reference)) return;
  const expected: Similarities = JSON.parse(Deno.readTextFileSync(reference));
  const data = join(SHARED, "qvim-esc10");
  let largest = 0;
  const runs = 10;
  for (let run = 0; run < runs; run++) {
    const scores = await new TwoDft().computeSimilarities(
      toPaths(listItems(data)),
      toPaths(listQueries(data)),
    );
    for (const [query, row] of Object.entries(expected)) {
      for (const [item, score] of Object.entries(row)) {
        largest = Math.max(largest, Math.abs(scores[query][item] - score));
      }
    }
  }
  yield ["2DFT against the original, qvim-esc10", `${runs} runs`, `differs by ${largest} at most`];
}
