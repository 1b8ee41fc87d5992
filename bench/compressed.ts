/**
 * What compressed sounds cost, good ones and broken ones: `deno run -A bench/compressed.ts [COUNT]`.
 *
 * The first of all waits for a process that decodes and for its decoder; the others find them there.
 */
import { join } from "node:path";
import { readAudio } from "../lib/audio/read_audio.ts";
import { AudioError } from "../lib/audio/wav.ts";
import { formatTable } from "../lib/ui/table.ts";
import { mutationsOf } from "../tests/audio/odd_files.ts";
import { FIXTURES, withFolder } from "../tests/support.ts";

const count = Number(Deno.args[0] ?? 1000);
const rows: string[][] = [];

async function timed(path: string): Promise<number> {
  const start = performance.now();
  await readAudio(path).catch((error) => {
    if (!(error instanceof AudioError)) throw error;
  });
  return performance.now() - start;
}

function told(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))].toFixed(1);
  return `${at(0.5)}, ${at(0.99)}, ${at(1)} ms`;
}

await withFolder(async (folder) => {
  for (const name of ["a.flac", "flac.oga", "a.ogg", "a.opus", "a.mp3"]) {
    const path = join(FIXTURES, "sounds", name);
    const first = await timed(path), good: number[] = [], broken: number[] = [];
    for (let i = 0; i < count; i++) good.push(await timed(path));
    const changed = join(folder, "x");
    for (const bytes of mutationsOf([Deno.readFileSync(path)], count, 2)) {
      Deno.writeFileSync(changed, bytes);
      broken.push(await timed(changed));
    }
    rows.push([name, `${first.toFixed(0)} ms`, told(good), told(broken)]);
  }
});
const header = ["sound", "the first", "good: median, 99 of 100, slowest", "changed headers"];
console.log(formatTable({ header, rows }));
