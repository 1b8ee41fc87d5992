/**
 * Hears many long files in one process, and tells the most memory that it had:
 * `deno run -A bench/robustness/long_files.ts [COUNT]`. Needs Linux's /proc.
 */
import { join } from "node:path";
import { AudioError } from "../../lib/audio/wav.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { TwoDft } from "../../lib/models/two_dft.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { chunk, fmt, riff } from "../../tests/audio/odd_files.ts";
import { withFolder } from "../../tests/support.ts";

const RATE = 44100;
const count = Number(Deno.args[0] ?? 300);
const random = seededRandom(3);
const models = [new TwoDft(), new VocalSearch()];
let refused = 0, other = 0;

await withFolder(async (folder) => {
  const path = join(folder, "long.wav");
  const second = Int16Array.from({ length: RATE }, (_, i) => 9000 * Math.sin(i / 20));
  for (let k = 0; k < count; k++) {
    const frames = Math.floor(RATE * (60 + 540 * random()));
    const head = riff([fmt(1, 16), chunk("data", [], 2 * frames)], "RIFF", 36 + 2 * frames);
    new DataView(head.buffer).setUint32(24, RATE, true);
    Deno.writeFileSync(path, head);
    {
      using file = Deno.openSync(path, { append: true });
      for (let s = 0; s < 20; s++) file.writeSync(new Uint8Array(second.buffer));
    }
    // Every tenth is cut short.
    Deno.truncateSync(path, k % 10 === 9 ? 1000 : 44 + 2 * frames);
    for (const model of models) {
      try {
        await model.embedItem(path);
      } catch (error) {
        if (error instanceof AudioError) refused++;
        else other++;
      }
    }
  }
});
const status = Deno.readTextFileSync("/proc/self/status");
const peak = Math.round(Number(status.match(/VmHWM:\s+(\d+)/)?.[1]) / 1024);
console.log(`${peak} MiB at most; ${refused} refused, ${other} other errors`);
