/** What models reach on whole data sets that lie beside the project. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, toPaths } from "../../lib/challenge/dataset.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import type { QueryScores } from "../../lib/challenge/similarities.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { testWithShared } from "../support.ts";
import { everyThird, MRR_OF_EVERY_THIRD } from "./shared_sets.ts";

testWithShared(
  "qvim-esc10-loose",
  `VocalSearch finds as much as it is meant to on ${Object.keys(MRR_OF_EVERY_THIRD).join(" and ")}`,
  async (loose) => {
    const sets = Object.entries(MRR_OF_EVERY_THIRD).map(([name, expected]) => {
      const folder = join(loose, "..", name);
      return { name, expected, ...everyThird(folder) };
    });
    // The sounds are the same, and what is said of a query depends on no other: they are heard once.
    const scores = await new VocalSearch().computeSimilarities(
      toPaths(listItems(loose)),
      Object.assign({}, ...sets.map(({ queries }) => queries)),
    );
    for (const { name, expected, queries, rows } of sets) {
      const ofSet = Object.keys(queries).map((id): [string, QueryScores] => [id, scores[id]]);
      const { mrr } = await evaluate(ofSet, rows);
      assert.ok(Math.abs(mrr - expected) < 0.01, `${name}: ${mrr}`);
    }
  },
);
