import assert from "node:assert/strict";
import { join, sep } from "node:path";
import { prepareData, underOriginalIds } from "../../../lib/organizer/rerun/blind.ts";
import { listItems, listQueries } from "../../../lib/challenge/dataset.ts";
import { PROJECT, withFolder } from "../../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");

Deno.test("prepareData() hides names, classes, order and answers, and keeps every sound", () =>
  withFolder((folder) => {
    const prepared = prepareData(DATA, folder, true);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "Items",
      "Queries",
    ]);
    const items = listItems(folder), originals = listItems(DATA);
    assert.equal(items.length, originals.length);
    assert.equal(new Set(items.map((item) => item.class)).size, items.length);
    for (const { id, path } of [...items, ...listQueries(folder)]) {
      assert.match(
        path.replaceAll(sep, "/"),
        /(Items|Queries)\/sound_\d{5}\/(items|queries)_sound_\d{5}\.wav$/,
      );
      const original = [...originals, ...listQueries(DATA)]
        .find((sound) => sound.id === prepared.originalIds.get(id))!;
      assert.deepEqual(Deno.readFileSync(path), Deno.readFileSync(original.path));
    }
    const order = items.map(({ id }) => prepared.originalIds.get(id));
    assert.notDeepEqual(order, originals.map(({ id }) => id));
    assert.deepEqual(order.toSorted(), originals.map(({ id }) => id).toSorted());
  }));

Deno.test("prepareData() keeps the names where nothing is to be blind, but no answers", () =>
  withFolder((folder) => {
    prepareData(DATA, folder, false);
    assert.deepEqual(listItems(folder).map(({ id }) => id), listItems(DATA).map(({ id }) => id));
    assert.throws(() => Deno.statSync(join(folder, "DEV Dataset.csv")), Deno.errors.NotFound);
  }));

Deno.test("underOriginalIds() gives scores their names back", async () => {
  const originalIds = new Map([["q", "dog_q.wav"], ["i", "dog.wav"]]);
  const prepared = { folder: "", originalIds, items: 1, queries: 1 };
  async function* scores(): AsyncGenerator<[string, Record<string, number>]> {
    yield ["q", { i: 0.5, other: 0.25 }];
  }
  assert.deepEqual(await Array.fromAsync(underOriginalIds(scores(), prepared)), [
    ["dog_q.wav", { "dog.wav": 0.5, other: 0.25 }],
  ]);
});
