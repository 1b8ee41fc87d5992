/**
 * Makes the built-in data set: `deno run -A tools/qvim_mini/make.ts [FOLDER]`, by default
 * `data/qvim-mini`. The same program gives the same bytes.
 */
import { join } from "node:path";
import wavefile from "wavefile";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { type Random, renderEffect, renderVoice, SAMPLE_RATE, type Voice } from "./render.ts";
import { SKETCHES } from "./sketch.ts";

const SEED = 2025;
const QUERY_COLUMNS = 3;
/** The share of query cells that stay empty, as in the challenge's own set. */
const GAPS = 0.2;

/** A file of the data set, its path relative to the set's folder. */
export interface DatasetFile {
  path: string;
  bytes: Uint8Array;
}

/** The files of the data set, in the challenge's layout. */
export function makeDataset(): DatasetFile[] {
  const random = seededRandom(SEED);
  const files: DatasetFile[] = [];
  const lines = ["QVIM mini set,,,,,", "Label,Class,Items,Query 1,Query 2,Query 3"];
  for (const [name, sketches] of Object.entries(SKETCHES)) {
    sketches.forEach((sketch, i) => {
      const item = `${name}_${i + 1}.wav`;
      files.push({ path: join("Items", name, item), bytes: wav(renderEffect(sketch, random)) });
      const queries = Array.from({ length: QUERY_COLUMNS }, (_, column) => {
        const voice = someVoice(random);
        if (random() < GAPS) return "";
        const query = `${name}_${i + 1}_voice_${column + 1}.wav`;
        const samples = renderVoice(sketch, voice, random);
        files.push({ path: join("Queries", name, query), bytes: wav(samples) });
        return query;
      });
      lines.push([`${name} ${i + 1}`, name, item, ...queries].join(","));
    });
  }
  files.push({ path: "DEV Dataset.csv", bytes: new TextEncoder().encode(lines.join("\n") + "\n") });
  return files;
}

function someVoice(random: Random): Voice {
  const between = (low: number, high: number) => low + (high - low) * random();
  return {
    pitch: 100 * 2 ** between(0, 1.3),
    range: between(0.4, 0.9),
    tempo: between(0.8, 1.2),
    tract: between(0.85, 1.1),
    roughness: between(0.1, 1),
  };
}

function wav(samples: Float32Array): Uint8Array {
  const file = new wavefile.WaveFile();
  const integers = Int16Array.from(samples, (sample) => Math.round(32767 * sample));
  file.fromScratch(1, SAMPLE_RATE, "16", integers);
  return file.toBuffer();
}

if (import.meta.main) {
  const folder = Deno.args[0] ?? join("data", "qvim-mini");
  const files = makeDataset();
  for (const { path, bytes } of files) {
    Deno.mkdirSync(join(folder, path, ".."), { recursive: true });
    Deno.writeFileSync(join(folder, path), bytes);
  }
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  console.log(`${files.length} files, ${(size / 1e6).toFixed(1)} MB, in ${folder}`);
}
