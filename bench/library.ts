/**
 * Libraries of made-up size: vectors drawn around those of real sounds, their index, queries, memory.
 * `deno run -A bench/library.ts [COUNT …]` prints a row of Markdown for each count. Filling, indexing
 * and searching are processes of their own, so that the memory shown is that of searching alone.
 */
import { cpuUsage } from "node:process";
import { listItems, listQueries } from "../lib/challenge/dataset.ts";
import { mean } from "../lib/challenge/evaluation.ts";
import { readAudio } from "../lib/audio/read_audio.ts";
import { Hearing } from "../lib/library/hearing.ts";
import { indexSounds } from "../lib/library/indexing.ts";
import { CANDIDATES, SoundLibrary } from "../lib/library/search.ts";
import { Store } from "../lib/library/store.ts";
import { READ } from "../lib/library/upkeep.ts";
import { DATA, fill, index } from "./made_up_library.ts";

const QUERIES = 20;

const idsOf = (rows: { id: string }[]) => new Set(rows.map(({ id }) => id));
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Searches; returns milliseconds (of the processor as well, which others on it do not change), the recall of the first pass, and MiB. */
async function ask(folder: string) {
  const library = await SoundLibrary.open(folder);
  const paths = listQueries(DATA).slice(0, QUERIES).map(({ path }) => path);
  const timed = async (options: { text?: string }) => {
    const took: number[] = [];
    for (const path of paths) {
      const start = performance.now();
      await library.search(path, options);
      took.push(performance.now() - start);
    }
    return took;
  };
  await timed({});
  const before = cpuUsage();
  const whole = await timed({});
  const { user, system } = cpuUsage(before);
  const words = await timed({ text: "made 77" });
  library.close();
  // The most that the process has needed, before the exact searches below.
  const memory = peakMemory();
  const store = await Store.open(folder), hearing = new Hearing();
  const passes: number[] = [], found: Set<string>[] = [], vectors: Float32Array[] = [];
  for (const path of paths) {
    const { vectors: [vector] } = await hearing.query(await readAudio(path));
    const start = performance.now();
    await store.nearest(vector, Math.ceil(READ * CANDIDATES));
    passes.push(performance.now() - start);
    found.push(idsOf(await store.nearestRows(vector, CANDIDATES, ["id"])));
    vectors.push(vector);
  }
  // After all of them: to read every vector leaves none of what an ordinary search keeps at hand.
  const recalls: number[] = [];
  for (const [i, vector] of vectors.entries()) {
    const nearest = await store.nearest(vector, CANDIDATES, { exact: true });
    const known = idsOf(await store.readRows(nearest, ["id"]));
    recalls.push(known.intersection(found[i]).size / known.size);
  }
  store.close();
  return {
    whole: median(whole),
    slowest: Math.max(...whole),
    processor: (user + system) / 1000 / whole.length,
    words: median(words),
    pass: median(passes),
    recall: mean(recalls),
    memory,
  };
}

/** Takes one more file into the library; returns the seconds that it took. */
async function addOne(folder: string): Promise<number> {
  const { seconds } = await indexSounds([listItems(DATA)[0].path], folder);
  return seconds;
}

/** The most memory that this process has had, in MiB. */
function peakMemory(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(status.match(/VmHWM:\s+(\d+)/)![1]) / 1024;
  } catch {
    return Deno.memoryUsage().rss / 2 ** 20;
  }
}

/** Runs a step in a process of its own. */
async function apart(step: string, folder: string, count: number) {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, step, folder, String(count)],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`Expected ${step} to end well but found exit code ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

const steps: Record<string, (folder: string, count: number) => Promise<unknown>> = {
  fill,
  index,
  ask,
  addOne,
};
const [first, folder, count] = Deno.args;
if (first in steps) {
  console.log(JSON.stringify(await steps[first](folder, Number(count))));
  Deno.exit(0);
}

console.log(
  "| sounds | filled in | indexed in | query, median | slowest | processor | with words | " +
    "first pass | recall@300 | one new file | memory |",
);
console.log(`|${" --- |".repeat(11)}`);
for (const count of Deno.args.length > 0 ? Deno.args.map(Number) : [10_000]) {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
  try {
    const filled = await apart("fill", folder, count);
    const indexed = await apart("index", folder, count);
    const asked = await apart("ask", folder, count);
    const { whole, slowest, processor, words, pass, recall, memory } = asked;
    const added = await apart("addOne", folder, count);
    const cells = [
      count.toLocaleString("en"),
      `${filled.toFixed(1)} s`,
      `${indexed.toFixed(1)} s`,
      ...[whole, slowest, processor, words, pass].map((value) => `${value.toFixed(0)} ms`),
      recall.toFixed(3),
      `${added.toFixed(2)} s`,
      `${memory.toFixed(0)} MiB`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
