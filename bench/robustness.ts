/**
 * The robustness table: what was tried, how often, and what came of it.
 *
 *     deno run -A bench/robustness.ts [FILES]
 *
 * `FILES` is how many files are heard in random order, 200 unless given. What compares with the
 * original needs `../shared`, and is left out where that is absent.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AudioError, decodeWav } from "../lib/audio/wav.ts";
import { listItems, listQueries, toPaths } from "../lib/challenge/dataset.ts";
import type { Similarities } from "../lib/challenge/model.ts";
import { readSimilarities, SimilaritiesError } from "../lib/challenge/similarities.ts";
import { TwoDft } from "../lib/models/two_dft.ts";
import { formatTable } from "../lib/ui/table.ts";
import { chunk, fmt, mutations, riff } from "../tests/audio/odd_files.ts";
import { hearApart, hearInOneProcess, writeSequence } from "../tests/models/sequences.ts";
import { SHARED, withFolder } from "../tests/support.ts";

const files = Number(Deno.args[0] ?? 200);
const rows: string[][] = [];
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
const add = (what: string, count: string, result: string) => {
  rows.push([what, count, result]);
  console.error(`${what}: ${result}`);
};

await withFolder(async (folder) => {
  const paths = writeSequence(folder, files, 5);
  const apart = await hearApart(paths), together = await hearInOneProcess(paths);
  const different = apart.flatMap((outcome, i) =>
    Object.keys(outcome).filter((name) =>
      outcome[name] !== together.outcomes[i][name]
    )
  ).length;
  add(
    "any order, against a fresh process, bit for bit",
    `${files} files × ${Object.keys(apart[0]).length}`,
    `${different} differ; ${mebibytes(together.peakMemory)} at most`,
  );
});

{
  let read = 0, refused = 0, slowest = 0, most = 0;
  const others = new Set<string>();
  for (const bytes of mutations(10_000, 1)) {
    const start = performance.now(), before = Deno.memoryUsage().rss;
    try {
      decodeWav(bytes, "x.wav");
      read++;
    } catch (error) {
      if (error instanceof AudioError) refused++;
      else others.add(String(error));
    }
    slowest = Math.max(slowest, performance.now() - start);
    most = Math.max(most, Deno.memoryUsage().rss - before);
  }
  add(
    "mutated headers",
    "10,000",
    `${read} read, ${refused} refused, ${others.size} other errors; ` +
      `${slowest.toFixed(0)} ms and ${mebibytes(most)} at most`,
  );
}

await withFolder(async (folder) => {
  // A tone, then two hours of nothing, which take no room on the disk.
  const path = join(folder, "long.wav");
  const second = Array.from({ length: 44100 }, (_, i) => Math.round(9000 * Math.sin(i / 20)));
  const bytes = riff(
    [
      fmt(1, 16),
      chunk("data", second.flatMap((x) => [x & 255, x >> 8 & 255]), 2 * 8000 * 7200),
    ],
    "RIFF",
    36 + 2 * 8000 * 7200,
  );
  Deno.writeFileSync(path, bytes);
  Deno.truncateSync(path, 44 + 2 * 8000 * 7200);
  const start = performance.now();
  await new TwoDft().embedItem(path);
  add("2DFT of a file of two hours", "1", `${((performance.now() - start) / 1000).toFixed(2)} s`);
});

const reference = join(SHARED, "reference", "two_dft", "similarities.json");
if (existsSync(reference)) {
  const expected: Similarities = JSON.parse(Deno.readTextFileSync(reference));
  const data = join(SHARED, "qvim-esc10");
  let largest = 0;
  const runs = 10;
  for (let run = 0; run < runs; run++) {
    const scores = await new TwoDft().computeSimilarities(
      toPaths(listItems(data)),
      toPaths(listQueries(data)),
    );
    for (const [query, row] of Object.entries(expected)) {
      for (const [item, score] of Object.entries(row)) {
        largest = Math.max(largest, Math.abs(scores[query][item] - score));
      }
    }
  }
  add("2DFT against the original, qvim-esc10", `${runs} runs`, `differs by ${largest} at most`);
}

await withFolder(async (folder) => {
  const path = join(folder, "scores.json");
  const file = Deno.openSync(path, { write: true, create: true });
  file.writeSync(new TextEncoder().encode('{"q.wav": {"a.wav": 0'));
  const zeros = new TextEncoder().encode("0".repeat(2 ** 20));
  for (let k = 0; k < 500; k++) file.writeSync(zeros);
  file.close();
  const before = Deno.memoryUsage().rss;
  let result = "read";
  try {
    await Array.fromAsync(readSimilarities(path));
  } catch (error) {
    result = error instanceof SimilaritiesError ? "refused" : String(error);
  }
  add("a score of 500 MB", "1", `${result}; ${mebibytes(Deno.memoryUsage().rss - before)} more`);
});

console.log(formatTable({ header: ["What", "How many", "Result"], rows }));
console.log(`Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores`);
