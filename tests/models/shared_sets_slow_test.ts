/** What models reach on whole data sets that lie beside the project. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { listItems, listQueries, readGroundTruth, toPaths } from "../../lib/challenge/dataset.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import type { QueryScores } from "../../lib/challenge/similarities.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { testWithShared } from "../support.ts";

const LEAST = { "qvim-esc10": 0.6, "qvim-esc10-loose": 0.33 };

testWithShared(
  "qvim-esc10-loose",
  `VocalSearch finds what the README says on ${Object.keys(LEAST).join(" and ")}`,
  async (loose) => {
    const folders = Object.keys(LEAST).map((set) => join(loose, "..", set));
    // The sounds are the same, and what is said of a query depends on no other: they are heard once.
    const scores = await new VocalSearch().computeSimilarities(
      toPaths(listItems(loose)),
      Object.assign({}, ...folders.map((folder) => toPaths(listQueries(folder)))),
    );
    for (const folder of folders) {
      const ofSet = listQueries(folder).map(({ id }): [string, QueryScores] => [id, scores[id]]);
      const { mrr } = await evaluate(ofSet, readGroundTruth(folder));
      assert.ok(mrr > LEAST[basename(folder) as keyof typeof LEAST], `${folder}: ${mrr}`);
    }
  },
);
