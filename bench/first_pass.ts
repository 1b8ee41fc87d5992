/**
 * What the first pass costs: the MRR of a data set's queries where the whole model scores the nearest
 * sounds only, and where it scores all; and by which of a sound's vectors nearness is best told. The
 * set's items lie among as many made-up sounds as wanted, each of two of the items, faster or slower,
 * cut, and backwards now and then. `deno run -A bench/first_pass.ts MADE_UP DATA…`
 */
import { basename, dirname, join } from "node:path";
import wavefile from "wavefile";
import { readAudio } from "../lib/audio/read_audio.ts";
import { resample } from "../lib/audio/resample.ts";
import { listItems, listQueries } from "../lib/challenge/dataset.ts";
import { readGroundTruth } from "../lib/challenge/ground_truth.ts";
import { mean } from "../lib/challenge/evaluation.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { indexSounds } from "../lib/library/indexing.ts";
import { type Heard, Hearing } from "../lib/library/hearing.ts";
import { Store } from "../lib/library/store.ts";

const RATE = 32000;
const random = seededRandom(1);

/** A part of a sound, faster or slower. */
async function piece(path: string): Promise<Float32Array<ArrayBuffer>> {
  const { samples, sampleRate } = await readAudio(path);
  const from = random() < 0.5 ? 0 : 0.5 * random(), length = 0.4 + 0.6 * random();
  const part = samples.slice(from * samples.length, (from + length) * samples.length);
  const changed = resample(part, Math.round(sampleRate * (0.6 + random())), RATE);
  return random() < 0.3 ? changed.reverse() : changed;
}

async function writeMadeUp(path: string, first: string, second: string): Promise<void> {
  const a = await piece(first), b = await piece(second), gain = random();
  // One over the other, or one after the other.
  const at = random() < 0.5 ? 0 : a.length;
  const samples = new Float32Array(Math.max(a.length, at + b.length));
  samples.set(a);
  b.forEach((x, i) => samples[at + i] += gain * x);
  const wav = new wavefile.WaveFile();
  const integers = Int16Array.from(
    samples,
    (x) => Math.round(16000 * Math.max(-1, Math.min(1, x))),
  );
  wav.fromScratch(1, RATE, "16", integers);
  Deno.writeFileSync(path, wav.toBuffer());
}

/** Ways to tell how near a sound's vectors are to a query's. */
const WAYS: Record<string, (cosines: number[]) => number> = {
  "the whole's": ([whole]) => whole,
  "their mean": (cosines) => mean(cosines),
  "the nearest": (cosines) => Math.max(...cosines),
};
const CANDIDATES = [100, 300, 1000];

/** The sounds of a library with what was heard of them. */
async function heardIn(folder: string) {
  const store = await Store.open(folder);
  try {
    return await store.read("true");
  } finally {
    store.close();
  }
}

const [count, ...sets] = Deno.args;
console.log("| set | sounds | by which vector | all scored |", CANDIDATES.join(" | "), "|");
console.log("| --- | --- | --- | --- |", CANDIDATES.map(() => "---").join(" | "), "|");
for (const data of sets) {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
  try {
    const items = listItems(data), any = () => items[Math.floor(random() * items.length)].path;
    Deno.mkdirSync(join(folder, "made"));
    for (let i = 0; i < Number(count); i++) {
      await writeMadeUp(join(folder, "made", `made_${i}.wav`), any(), any());
    }
    const folders = [...new Set(items.map(({ path }) => dirname(path))), join(folder, "made")];
    await indexSounds(folders, join(folder, "library"));
    const sounds = await heardIn(join(folder, "library"));
    const rows = readGroundTruth(data), hearing = new Hearing();
    const paths = new Map(listQueries(data).map(({ id, path }) => [id, path]));
    const queries: Heard[] = [];
    for (const { query } of rows) {
      queries.push(await hearing.query(await readAudio(paths.get(query)!)));
    }
    const scores = await hearing.score(queries, sounds);
    const place = new Map(sounds.map(({ path }, i) => [basename(path), i]));
    const gain = (q: number, chosen: number[]) => {
      const target = place.get(rows[q].item)!;
      if (!chosen.includes(target)) return 0;
      return 1 / (1 + chosen.filter((i) => scores[q][i] > scores[q][target]).length);
    };
    const everything = sounds.map((_, i) => i);
    const all = mean(rows.map((_, q) => gain(q, everything)));
    for (const [way, nearness] of Object.entries(WAYS)) {
      const orders = queries.map(({ vectors: [query] }) => {
        const near = sounds.map(({ vectors }) =>
          nearness(vectors.map((vector) => vector.reduce((sum, x, i) => sum + x * query[i], 0)))
        );
        return everything.toSorted((a, b) => near[b] - near[a]);
      });
      const figures = CANDIDATES.map((candidates) =>
        mean(orders.map((order, q) => gain(q, order.slice(0, candidates))))
      );
      const cells = [basename(data), sounds.length.toLocaleString("en"), way];
      const numbers = [all, ...figures].map((figure) => figure.toFixed(4));
      console.log(`| ${[...cells, ...numbers].join(" | ")} |`);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
