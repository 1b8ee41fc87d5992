/**
 * Makes the built-in data set: `deno run -A tools/qvim_mini/make.ts [FOLDER]`, by default
 * `data/qvim-mini`. The same program gives the same bytes.
 */
import { join } from "node:path";
import wavefile from "wavefile";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { remember } from "./memory.ts";
import {
  normalizePeak,
  type Random,
  renderEffect,
  renderVoice,
  SAMPLE_RATE,
  type Voice,
} from "./render.ts";
import { record, type Room } from "./room.ts";
import { SKETCHES } from "./sketch.ts";

/** With 2, 3 or 4 the systems come in the same order, too; with 1, 2DFT comes before the contours. */
const SEED = 5;
const QUERY_COLUMNS = 3;
/** Query cells that stay empty, a fifth of them, as in the challenge's own set. */
const GAPS = 15;

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
  const items = Object.entries(SKETCHES).flatMap(([name, sketches]) =>
    sketches.map((sketch, i) => ({ name, number: i + 1, sketch }))
  );
  const gaps = chooseGaps(items.length, random);
  items.forEach(({ name, number, sketch }, index) => {
    const item = `${name}_${number}.wav`;
    files.push({ path: join("Items", name, item), bytes: wav(renderEffect(sketch, random)) });
    const queries = Array.from({ length: QUERY_COLUMNS }, (_, column) => {
      if (gaps[index].has(column)) return "";
      const query = `${name}_${number}_voice_${column + 1}.wav`;
      const voice = renderVoice(remember(sketch, random), someVoice(random), random);
      const samples = normalizePeak(record(voice, someRoom(random), random), 0.5);
      files.push({ path: join("Queries", name, query), bytes: wav(samples) });
      return query;
    });
    lines.push([`${name} ${number}`, name, item, ...queries].join(","));
  });
  files.push({ path: "DEV Dataset.csv", bytes: new TextEncoder().encode(lines.join("\n") + "\n") });
  return files;
}

/** The empty columns of each item: never all of them. */
function chooseGaps(items: number, random: Random): Set<number>[] {
  const gaps = Array.from({ length: items }, () => new Set<number>());
  for (let left = GAPS; left > 0;) {
    const columns = gaps[Math.floor(random() * items)];
    const column = Math.floor(random() * QUERY_COLUMNS);
    if (columns.has(column) || columns.size === QUERY_COLUMNS - 1) continue;
    columns.add(column);
    left--;
  }
  return gaps;
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

function someVoice(random: Random): Voice {
  return {
    pitch: 95 * 2 ** between(random, 0, 1.6),
    range: between(random, 0.4, 0.9),
    tract: between(random, 0.78, 1.15),
    roughness: between(random, 0.1, 1),
    slowness: between(random, 0.008, 0.03),
  };
}

function someRoom(random: Random): Room {
  return {
    reverberation: between(random, 0.15, 0.6),
    wetness: between(random, 0.02, 0.15),
    passband: [between(random, 60, 250), between(random, 2500, 7000)],
    noise: 10 ** between(random, -2.5, -1.7),
    margins: [between(random, 0.02, 0.3), between(random, 0.02, 0.3)],
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
