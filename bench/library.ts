/**
 * Libraries of made-up size: vectors drawn around those of real sounds, their index, queries, memory.
 * `deno run -A bench/library.ts [COUNT …]` prints a row of Markdown for each count.
 */
import { join } from "node:path";
import { listItems, listQueries } from "../lib/challenge/dataset.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { normalize } from "../lib/embedding/cosine.ts";
import { readAudioSync } from "../lib/audio/read_audio.ts";
import { Hearing, modelVersion } from "../lib/library/hearing.ts";
import { shapeOf, type SoundRow } from "../lib/library/rows.ts";
import { CANDIDATES, SoundLibrary } from "../lib/library/search.ts";
import { Store } from "../lib/library/store.ts";

const DATA = join(import.meta.dirname!, "..", "data", "qvim-mini");
const BATCH = 5000;
/** How far a made-up sound lies from a real one, as a part of its length. */
const SPREAD = 0.6;
const QUERIES = 20;

const counts = Deno.args.length > 0 ? Deno.args.map(Number) : [10_000];
const hearing = new Hearing();
const items = await Promise.all(
  listItems(DATA).map(({ path }) => hearing.item(readAudioSync(path))),
);
const queries = await Promise.all(
  listQueries(DATA).slice(0, QUERIES).map(async ({ path }) => ({
    path,
    heard: await hearing.query(readAudioSync(path)),
  })),
);

function* madeUp(count: number): Generator<SoundRow> {
  const random = seededRandom(count);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (let i = 0; i < count; i++) {
    const { vectors, features } = items[i % items.length];
    const length = vectors[0].length, scale = SPREAD / Math.sqrt(length);
    const noise = Float32Array.from({ length }, () => scale * gauss());
    yield {
      ...{ id: `made-${i}`, path: `/made/up/${i}.wav`, words: ` made ${i}`, hash: `${i}` },
      ...{ size: 0, mtime: 0, duration: 2, rate: 44100, channels: 1, start: 0, end: 2 },
      ...{ model: modelVersion(), batch: "bench", added: 0 },
      vectors: vectors.map((vector) => normalize(vector.map((x, k) => x + noise[k]))),
      features,
    };
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

console.log(
  "| sounds | filled in | indexed in | query, median | first pass | recall@300 | memory |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const count of counts) {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
  try {
    const store = await Store.openOrCreate(folder, shapeOf(items[0]));
    let start = performance.now();
    let batch: SoundRow[] = [];
    for (const row of madeUp(count)) {
      batch.push(row);
      if (batch.length < BATCH) continue;
      await store.add(batch);
      batch = [];
    }
    if (batch.length > 0) await store.add(batch);
    const filled = (performance.now() - start) / 1000;
    start = performance.now();
    await store.optimize();
    await store.buildIndices();
    const indexed = (performance.now() - start) / 1000;
    const passes: number[] = [], recalls: number[] = [];
    for (const { heard } of queries) {
      start = performance.now();
      const found = await store.nearest(heard.vectors[0], CANDIDATES);
      passes.push(performance.now() - start);
      const exact = await store.nearest(heard.vectors[0], CANDIDATES, { exact: true });
      const known = new Set(exact.map(({ row }) => row));
      recalls.push(found.filter(({ row }) => known.has(row)).length / known.size);
    }
    store.close();
    const library = await SoundLibrary.open(folder);
    const whole: number[] = [];
    for (const { path } of queries) {
      start = performance.now();
      await library.search(path);
      whole.push(performance.now() - start);
    }
    library.close();
    const recall = recalls.reduce((sum, value) => sum + value, 0) / recalls.length;
    console.log(
      `| ${count.toLocaleString("en")} | ${filled.toFixed(1)} s | ${indexed.toFixed(1)} s | ` +
        `${median(whole).toFixed(0)} ms | ${median(passes).toFixed(0)} ms | ${
          recall.toFixed(3)
        } | ` +
        `${(Deno.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB |`,
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
