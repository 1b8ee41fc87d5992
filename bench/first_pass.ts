/**
 * What the first pass costs: the MRR of a data set's queries where the whole model scores the nearest
 * 300 sounds, and where it scores all. The set's items lie among as many made-up sounds as wanted,
 * each of two of the items, faster or slower, cut, and backwards now and then.
 * `deno run -A bench/first_pass.ts MADE_UP DATA…`
 */
import { basename, join } from "node:path";
import wavefile from "wavefile";
import { readAudioSync } from "../lib/audio/read_audio.ts";
import { resample } from "../lib/audio/resample.ts";
import { listItems, listQueries, readGroundTruth } from "../lib/challenge/dataset.ts";
import { mean } from "../lib/challenge/evaluation.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { indexSounds } from "../lib/library/indexing.ts";
import { SoundLibrary } from "../lib/library/search.ts";

const RATE = 32000;
const random = seededRandom(1);

/** A part of a sound, faster or slower. */
function piece(path: string): Float32Array<ArrayBuffer> {
  const { samples, sampleRate } = readAudioSync(path);
  const from = random() < 0.5 ? 0 : 0.5 * random(), length = 0.4 + 0.6 * random();
  const part = samples.slice(from * samples.length, (from + length) * samples.length);
  const changed = resample(part, Math.round(sampleRate * (0.6 + random())), RATE);
  return random() < 0.3 ? changed.reverse() : changed;
}

function writeMadeUp(path: string, first: string, second: string): void {
  const a = piece(first), b = piece(second), gain = random();
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

const [count, ...sets] = Deno.args;
console.log("| set | sounds | MRR, 300 scored | MRR, all scored | cost |");
console.log("| --- | --- | --- | --- | --- |");
for (const data of sets) {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
  try {
    const items = listItems(data), any = () => items[Math.floor(random() * items.length)].path;
    Deno.mkdirSync(join(folder, "made"));
    for (let i = 0; i < Number(count); i++) {
      writeMadeUp(join(folder, "made", `made_${i}.wav`), any(), any());
    }
    const places = [join(data, "Items"), join(folder, "made")];
    const { sounds } = await indexSounds(places, join(folder, "library"));
    const library = await SoundLibrary.open(join(folder, "library"));
    const rows = readGroundTruth(data);
    const paths = new Map(listQueries(data).map(({ id, path }) => [id, path]));
    const figures: number[] = [];
    for (const candidates of [300, sounds]) {
      const gains: number[] = [];
      for (const { query, item } of rows) {
        const results = await library.search(paths.get(query)!, { candidates, top: sounds });
        const rank = 1 + results.findIndex(({ path }) => basename(path) === item);
        gains.push(rank > 0 ? 1 / rank : 0);
      }
      figures.push(mean(gains));
    }
    library.close();
    const [some, all] = figures;
    const cells = [basename(data), sounds.toLocaleString("en"), some.toFixed(4), all.toFixed(4)];
    console.log(`| ${cells.join(" | ")} | ${(all - some).toFixed(4)} |`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
