/**
 * Writes and evaluates a large file of scores, and tells time and memory:
 * `deno run -A bench/evaluation.ts [QUERIES] [ITEMS]`, by default 10,000 and 2,000.
 */
import { join } from "node:path";
import process from "node:process";
import { parseGroundTruth } from "../lib/challenge/ground_truth.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import {
  type QueryScores,
  readSimilarities,
  writeSimilarities,
} from "../lib/challenge/similarities.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";

const CLASSES = 50;
const [queries = 10_000, items = 2_000] = Deno.args.map(Number);
const random = seededRandom(1);
const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
const path = join(folder, "similarities.json");
const itemOf = (query: number) => query % items;

async function* scores(): AsyncGenerator<[string, QueryScores]> {
  for (let q = 0; q < queries; q++) {
    const row: QueryScores = {};
    for (let i = 0; i < items; i++) row[`class ${i % CLASSES} item ${i}.wav`] = random();
    yield [`query ${q}.wav`, row];
  }
}

const csv = ["title", "Label,Class,Items,Query 1,Query 2,Query 3"].concat(
  Array.from({ length: queries }, (_, q) => {
    const item = itemOf(q);
    const name = `class ${item % CLASSES}`;
    return `l,${name},${name} item ${item}.wav,query ${q}.wav,,`;
  }),
).join("\n");

/** By the clock, and what the processor has done of it: other work beside it does not count there. */
const seconds = async (work: () => Promise<unknown>) => {
  const start = performance.now(), before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const clock = ((performance.now() - start) / 1000).toFixed(1);
  return `${clock} s (${((user + system) / 1e6).toFixed(1)} s of a core)`;
};

try {
  const writing = await seconds(() => writeSimilarities(path, scores()));
  const size = (Deno.statSync(path).size / 1e6).toFixed(0);
  console.log(`${queries} queries × ${items} items, ${size} MB of JSON`);
  console.log(`written in ${writing}`);
  let peak = 0;
  const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 100);
  const evaluating = await seconds(() =>
    evaluate(readSimilarities(path), parseGroundTruth(csv, ""))
  );
  clearInterval(watch);
  console.log(`read and evaluated in ${evaluating}, at most ${(peak / 1e6).toFixed(0)} MB`);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
