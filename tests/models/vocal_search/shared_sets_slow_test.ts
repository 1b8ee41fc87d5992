import assert from "node:assert/strict";
import {
  listItems,
  listQueries,
  readGroundTruth,
  toPaths,
} from "../../../lib/challenge/dataset.ts";
import { evaluate } from "../../../lib/challenge/evaluation.ts";
import { VocalSearch } from "../../../lib/models/vocal_search/vocal_search.ts";
import { testWithShared } from "../../support.ts";

for (const [set, least] of [["qvim-esc10", 0.6], ["qvim-esc10-loose", 0.33]] as const) {
  testWithShared(set, `VocalSearch finds what the README says on ${set}`, async (data) => {
    const scores = await new VocalSearch().computeSimilarities(
      toPaths(listItems(data)),
      toPaths(listQueries(data)),
    );
    const { mrr } = await evaluate(Object.entries(scores), readGroundTruth(data));
    assert.ok(mrr > least, `${mrr}`);
  });
}
