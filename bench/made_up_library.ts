/** A library of made-up size: vectors drawn around those of the built-in sounds. */
import { join } from "node:path";
import { readAudio } from "../lib/audio/read_audio.ts";
import { listItems } from "../lib/challenge/dataset.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { normalize } from "../lib/embedding/cosine.ts";
import { Hearing, modelVersion, SHAPE } from "../lib/library/hearing.ts";
import { idOf } from "../lib/library/ids.ts";
import type { SoundRow } from "../lib/library/rows.ts";
import { Store } from "../lib/library/store.ts";

export const DATA = join(import.meta.dirname!, "..", "data", "qvim-mini");
const BATCH = 5000;
/** How far a made-up sound lies from a real one, as a part of its length. */
const SPREAD = 0.6;

async function hearItems(hearing: Hearing) {
  return await Promise.all(
    listItems(DATA).map(async ({ path }) => hearing.item(await readAudio(path))),
  );
}

async function* madeUp(count: number): AsyncGenerator<SoundRow> {
  const items = await hearItems(new Hearing());
  const random = seededRandom(count);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (let i = 0; i < count; i++) {
    const { vectors, features } = items[i % items.length];
    const length = vectors[0].length, scale = SPREAD / Math.sqrt(length);
    const noise = Float32Array.from({ length }, () => scale * gauss());
    const path = `/made/up/${i}.wav`;
    yield {
      ...{ id: idOf(path, 0), path, words: ` made ${i}`, hash: `${i}` },
      ...{ size: 0, mtime: 0, duration: 2, rate: 44100, channels: 1, start: 0, end: 2 },
      ...{ model: modelVersion(), batch: "bench", added: 0 },
      vectors: vectors.map((vector) => normalize(vector.map((x, k) => x + noise[k]))),
      features,
    };
  }
}

/** Fills a library with so many made-up sounds; returns the seconds that it took. */
export async function fill(folder: string, count: number): Promise<number> {
  const store = await Store.openOrCreate(folder, SHAPE);
  const start = performance.now();
  let batch: SoundRow[] = [];
  for await (const row of madeUp(count)) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    await store.add(batch);
    batch = [];
  }
  await store.add(batch);
  store.close();
  return (performance.now() - start) / 1000;
}

/** Makes the indices; returns the seconds that it took. */
export async function index(folder: string): Promise<number> {
  const store = await Store.open(folder);
  const start = performance.now();
  await store.optimize();
  await store.buildIndices();
  store.close();
  return (performance.now() - start) / 1000;
}
