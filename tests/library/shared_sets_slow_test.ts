/** What a library reaches on a whole data set that lies beside the project. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { evaluate } from "../../lib/challenge/evaluation.ts";
import type { QueryScores } from "../../lib/challenge/similarities.ts";
import { indexSounds } from "../../lib/library/indexing.ts";
import { SoundLibrary } from "../../lib/library/search.ts";
import { everyThird, MRR_OF_EVERY_THIRD } from "../models/shared_sets.ts";
import { testWithShared, withFolder } from "../support.ts";

testWithShared("qvim-esc10", "index and search reach the MRR of the whole model", async (data) => {
  await withFolder(async (folder) => {
    await indexSounds([join(data, "Items")], folder);
    const library = await SoundLibrary.open(folder);
    const { queries, rows } = everyThird(data);
    async function* scores(): AsyncGenerator<[string, QueryScores]> {
      for (const [id, path] of Object.entries(queries)) {
        const results = await library.search(path, { top: 1000 });
        yield [id, Object.fromEntries(results.map(({ path, score }) => [basename(path), score]))];
      }
    }
    const { mrr } = await evaluate(scores(), rows);
    library.close();
    assert.ok(Math.abs(mrr - MRR_OF_EVERY_THIRD["qvim-esc10"]) < 0.01, `${mrr}`);
  });
});
