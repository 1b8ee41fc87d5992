/** Measures how fast the models are: `deno task bench`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineCommand } from "../commands/command.ts";
import { enterFolderOfUser } from "../commands/folders.ts";
import { runProgram } from "../commands/program.ts";
import { readWav } from "../lib/audio/wav.ts";
import { listItems, listQueries, type SoundFile, toPaths } from "../lib/challenge/dataset.ts";
import type { QVIMModel } from "../lib/challenge/model.ts";
import { VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";
import { TwoDft } from "../lib/models/two_dft.ts";
import { describeMobileNet, MobileNetBench } from "./mobilenet.ts";

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The larger of the data sets that are there. */
const largest = () =>
  ["../../shared/qvim-esc10", "../data/qvim-dev", "../data/qvim-mini"].map(fromHere)
    .find((path) => existsSync(path))!;

const MODELS: [name: string, make: () => QVIMModel][] = [
  ["2DFT", () => new TwoDft()],
  ["VocalSearch", () => new VocalSearch()],
];

/** Every n-th file: parts of the set are alike in kind. */
const part = (sounds: SoundFile[], n: number) => sounds.filter((_, i) => i % n === 0);

function duration(path: string): number {
  const { samples, sampleRate } = readWav(path);
  return samples.length / sampleRate;
}

const benchCommand = defineCommand({
  name: "bench",
  summary: "Measures how fast the models are.",
  details:
    "It prints files per second and the real-time factor, which is seconds of sound for each " +
    "second of work, for a quarter, a half and all of the files: time should grow with files. What " +
    "else is measured has a program of its own in bench/, and a line in docs/benchmarks.md.",
  options: {
    data: {
      kind: "text",
      value: "DIR",
      help: "a data set; the larger of those that are there unless given",
    },
  },
  async run({ data = largest() }) {
    console.log(`${data}, Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores`);
    const items = listItems(data), queries = listQueries(data);
    for (const [name, make] of MODELS) {
      for (const n of [4, 2, 1]) {
        const files = [...part(items, n), ...part(queries, n)];
        const audio = files.reduce((sum, { path }) => sum + duration(path), 0);
        const start = performance.now();
        await make().computeSimilarities(toPaths(part(items, n)), toPaths(part(queries, n)));
        const seconds = (performance.now() - start) / 1000;
        console.log(
          `${name}: ${files.length} files in ${seconds.toFixed(2)} s, ` +
            `${(files.length / seconds).toFixed(0)} files/s, ` +
            `real-time factor ${(audio / seconds).toFixed(0)}`,
        );
      }
    }
    const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
    try {
      console.log(describeMobileNet(await (await MobileNetBench.make(folder, 60)).measure()));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
    return 0;
  },
});

enterFolderOfUser();
Deno.exit(await runProgram(benchCommand, Deno.args));
