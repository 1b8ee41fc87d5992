/** What models reach on whole data sets that lie beside the project. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Similarities } from "../../lib/challenge/model.ts";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "../../lib/challenge/dataset.ts";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { testWithShared } from "../support.ts";
import { largestDifference } from "./differences.ts";

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

testWithShared(
  "reference/two_dft/similarities.json",
  "TwoDft equals the official baseline on qvim-esc10",
  async (path) => {
    const expected: Similarities = JSON.parse(Deno.readTextFileSync(path));
    const figures = JSON.parse(Deno.readTextFileSync(join(path, "..", "expected.json")));
    const data = join(path, "..", "..", "..", "qvim-esc10");
    const scores = await new TwoDft().computeSimilarities(
      toPaths(listItems(data)),
      toPaths(listQueries(data)),
    );
    const difference = largestDifference(scores, expected);
    assert.ok(difference < 1e-6, `${difference}`);
    const found = await evaluate(Object.entries(scores), readGroundTruth(data));
    assert.equal(pythonRound(found.mrr), String(figures.mrr));
    assert.equal(pythonRound(found.classwiseMrr), String(figures.class_mrr));
    assert.equal(pythonRound(found.classwiseNdcg), String(figures.class_ndcg));
  },
);
