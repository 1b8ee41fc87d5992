import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, listQueries, toPaths } from "../../../lib/challenge/dataset.ts";
import { readGroundTruth } from "../../../lib/challenge/ground_truth.ts";
import { HandedOutError, readWithin } from "../../../lib/organizer/rerun/handed_out.ts";
import { readFigures } from "../../../lib/organizer/rerun/submission.ts";
import type { Entry } from "../../../lib/organizer/report/entry.ts";
import { PROJECT, withFolder, writeFiles } from "../../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");
const items = Object.keys(toPaths(listItems(DATA)));
const queries = Object.keys(toPaths(listQueries(DATA)));

const entryOf = (name: string): Entry => ({ name, key: "", findings: [], runs: [] });

Deno.test("readFigures() gives up scores that take too long to read, which costs their entry alone", () =>
  withFolder(async (folder) => {
    const row = Object.fromEntries(items.map((item, i) => [item, i]));
    const scores = Object.fromEntries(queries.map((query) => [query, row]));
    writeFiles(folder, { "root/output/similarities.json": JSON.stringify(scores) });
    const same = (ids: string[]) => new Map(ids.map((id) => [id, id]));
    const setting = {
      groundTruth: readGroundTruth(DATA),
      data: { folder: DATA, items: same(items), queries: same(queries) },
      ...{ repeat: 1, notebooksFolder: folder, scoresFolder: folder },
    };
    const world = { part: (name: string) => join(folder, name) };
    const slow = entryOf("slow_1"), other = entryOf("other_1");
    // No clock is so slow that nothing takes longer than less than nothing.
    await readFigures(world, "slow_1", slow, { ...setting, secondsToRead: -1 });
    await readFigures(world, "other_1", other, setting);
    assert.equal(slow.figures, undefined);
    assert.equal(
      slow.scoresError,
      "Expected a file that is read within -1 s but found more",
    );
    assert.equal(other.scoresError, undefined);
    assert.ok(other.figures!.mrr > 0);
  }));

Deno.test("readWithin() counts what reading takes, and what is done with it", async () => {
  const { now } = performance;
  // A clock that stands still until somebody takes his time.
  let clock = now.call(performance);
  performance.now = () => clock;
  try {
    const pieces = async function* (ms: number) {
      for (let k = 0; k < 3; k++) {
        clock += ms;
        yield await Promise.resolve(k);
      }
    };
    assert.deepEqual(await Array.fromAsync(readWithin(pieces(200), 0.6)), [0, 1, 2]);
    await assert.rejects(Array.fromAsync(readWithin(pieces(201), 0.6)), HandedOutError);
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const piece of readWithin(pieces(0), 1)) {
        seen.push(piece);
        clock += 600;
      }
    }, HandedOutError);
    assert.deepEqual(seen, [0, 1]);
  } finally {
    performance.now = now;
  }
});
