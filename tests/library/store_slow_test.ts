import assert from "node:assert/strict";
import { join } from "node:path";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { normalize } from "../../lib/embedding/cosine.ts";
import { idOf } from "../../lib/library/ids.ts";
import { LibraryError } from "../../lib/library/lancedb.ts";
import { Store } from "../../lib/library/store.ts";
import type { SoundRow } from "../../lib/library/rows.ts";
import { withFolder } from "../support.ts";

const SHAPE = { views: 1, vector: 64, features: 2 };
const QUERIES = 50;
const random = seededRandom(5);
const vector = () => normalize(Float32Array.from({ length: SHAPE.vector }, () => random() - 0.5));

function rowOf(id: string, heard: Float32Array): SoundRow {
  return {
    ...{ id, path: `/${id}.wav`, words: ` ${id}`, hash: id, size: 1, mtime: 1, duration: 1 },
    ...{ rate: 44100, channels: 1, start: 0, end: 1, model: "m", batch: "b", added: 1 },
    ...{ vectors: [heard], features: [new Float32Array(2)] },
  };
}

Deno.test("Store.sample() draws the same sounds in whatever order they were written", async () => {
  const rows = Array.from({ length: 2000 }, (_, i) => rowOf(idOf(`/${i}.wav`, 0), vector()));
  const draw = (written: SoundRow[]) =>
    withFolder(async (folder) => {
      const store = await Store.openOrCreate(folder, SHAPE);
      try {
        for (const part of [written.slice(0, 700), written.slice(700)]) await store.add(part);
        const drawn = await store.readRows(await store.sample(256, "model = 'm'"), ["id"]);
        assert.equal((await store.sample(written.length)).length, written.length);
        return drawn.map(({ id }) => id).sort();
      } finally {
        store.close();
      }
    });
  const drawn = await draw(rows);
  assert.deepEqual(await draw(rows.toReversed()), drawn);
  // 256 ± four deviations, and others than those that were written first.
  assert.ok(Math.abs(drawn.length - 256) < 60, `${drawn.length}`);
  const early = rows.slice(0, 1000).filter(({ id }) => drawn.includes(id)).length;
  assert.ok(early > 70 && early < 190, `${early} of the first half`);
  // One sound more hardly changes them.
  const more = await draw([rowOf(idOf("/more.wav", 0), vector()), ...rows]);
  assert.ok(new Set([...more, ...drawn]).size <= drawn.length + 2);
});

Deno.test("Store.nearest() finds through its index what it finds without, and what came later", async () => {
  await withFolder(async (folder) => {
    const store = await Store.openOrCreate(folder, SHAPE);
    try {
      await store.add(Array.from({ length: 4000 }, (_, i) => rowOf(`made-${i}`, vector())));
      const query = vector();
      const exact = await store.nearest(query, 100, { exact: true });
      assert.deepEqual(
        await store.nearest(query, 100),
        exact,
        "without an index all are looked at",
      );
      await store.buildIndices(4000);
      // The vectors are spread evenly, which is the worst case, and a part of them is looked at.
      // Where the index divides them is left to chance, so one query's share says little.
      const recalls: number[] = [];
      for (let i = 0; i < QUERIES; i++) {
        const query = vector();
        const found = new Set(await store.nearest(query, 100));
        const exact = await store.nearest(query, 100, { exact: true });
        recalls.push(exact.filter((row) => found.has(row)).length / exact.length);

        // What is read of more than are wanted tells the nearest exactly, and in their order.
        const rows = await store.nearestRows(query, 100, ["id"]);
        const products = rows.map(({ vectors: [heard] }) =>
          heard.reduce((sum, x, k) => sum + x * query[k], 0)
        );
        assert.equal(rows.length, 100);
        assert.deepEqual(products, products.toSorted((a, b) => b - a));
        const best = new Set(rows.map(({ id }) => id));
        const known = await store.readRows(exact, ["id"]);
        const share = known.filter(({ id }) => best.has(id)).length / known.length;
        assert.ok(share >= recalls.at(-1)!, `${share} of the nearest, ${recalls.at(-1)} before`);
      }
      const recall = recalls.reduce((sum, share) => sum + share, 0) / QUERIES;
      assert.ok(recall > 0.5, `${recall}`);

      // Of a few all are found, wherever they lie.
      const few = Array.from({ length: 90 }, (_, i) => `'made-${i * 40}'`).join(", ");
      assert.equal((await store.nearest(query, 100, { where: `id IN (${few})` })).length, 90);

      // The nearest of all comes later, before the index is brought up to date and afterwards.
      await store.add([rowOf("nearest", query)]);
      const nearest = async () => {
        const [first] = await store.readRows((await store.nearest(query, 3)).slice(0, 1), ["id"]);
        return first.id;
      };
      assert.equal(await nearest(), "nearest");
      await store.optimize();
      assert.equal(await nearest(), "nearest");
      const { id } = (await store.readRows(
        await store.nearest(query, 1, { where: "id <> 'nearest'" }),
        ["id"],
      ))[0];
      assert.notEqual(id, "nearest");
      await store.remove("id = 'nearest'");
      assert.notEqual(await nearest(), "nearest");
    } finally {
      store.close();
    }
  });
});

Deno.test("a library whose maker was stopped half way is none, and is made by the next", async () => {
  await withFolder(async (folder) => {
    // What stands after a stop: the folders of tables of which no version was written.
    for (const half of ["broken.lance/data", "sounds.lance/_versions"]) {
      Deno.mkdirSync(join(folder, half), { recursive: true });
    }
    await assert.rejects(
      Store.open(folder),
      (error) => error instanceof LibraryError && /found none in/.test(error.message),
    );
    const store = await Store.openOrCreate(folder, SHAPE);
    try {
      await store.add([rowOf("one", vector())]);
      assert.equal(await store.count(), 1);
      assert.deepEqual(await store.broken.list(), []);
    } finally {
      store.close();
    }
  });
});

Deno.test("BrokenFiles.add() writes nothing of what is listed as it is: others may be reading", () =>
  withFolder(async (folder) => {
    const store = await Store.openOrCreate(folder, SHAPE);
    const versions = () => [...Deno.readDirSync(join(folder, "broken.lance", "_versions"))].length;
    const file = (name: string, mtime = 1) => ({
      ...{ path: `/${name}.wav`, size: 1, mtime, model: "m", reason: `Expected ${name}` },
    });
    await store.broken.add([file("a"), file("b")]);
    const first = versions();
    await store.broken.add([file("b"), file("a")]);
    assert.equal(versions(), first);
    await store.broken.add([file("a"), file("b", 2), file("c")]);
    const listed = (await store.broken.list()).sort((a, b) => a.path < b.path ? -1 : 1);
    assert.deepEqual(listed, [file("a"), file("b", 2), file("c")]);
    store.close();
  }));
