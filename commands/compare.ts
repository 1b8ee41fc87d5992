import { existsSync } from "node:fs";
import { join } from "node:path";
import { compareSystems } from "../lib/challenge/comparison.ts";
import { formatComparison, rankCurves } from "../lib/inspect/comparison.ts";
import { QVIMModel, type Similarities, type SoundPaths } from "../lib/challenge/model.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { replaceFileSync } from "../lib/io/replace_file.ts";
import { MobileNetBaseline } from "../lib/models/mobilenet/mobilenet.ts";
import { TwoDft } from "../lib/models/two_dft.ts";
import { VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";
import { defineCommand } from "./command.ts";

const PICTURE = "rank_curves.svg";
/** Where the notebook of the MN baseline downloads its checkpoint to. */
const CHECKPOINT = join("checkpoints", "baseline.ckpt");

/** Scores that mean nothing. */
class Chance extends QVIMModel {
  computeSimilarities(items: SoundPaths, queries: SoundPaths): Similarities {
    const random = seededRandom(1);
    return Object.fromEntries(
      Object.keys(queries).map((query) => [
        query,
        Object.fromEntries(Object.keys(items).map((item) => [item, random()])),
      ]),
    );
  }
}

export const compareCommand = defineCommand({
  name: "compare",
  summary: "Runs all systems on a data set and prints one table of their figures.",
  options: {
    data: { kind: "text", value: "DIR", required: true, help: "the data set" },
    checkpoint: {
      kind: "text",
      value: "FILE",
      help: "the checkpoint of the MN baseline, to have it in the table as well;\n" +
        `${CHECKPOINT} where that is there`,
    },
    out: { kind: "text", value: "DIR", default: "output", help: `where ${PICTURE} goes` },
  },
  async run(values) {
    const systems: [string, QVIMModel][] = [
      ["random", new Chance()],
      ["2DFT", new TwoDft()],
      ["contours", new VocalSearch({ encoder: false })],
      ["encoder", new VocalSearch({ contours: false })],
      ["fusion", new VocalSearch()],
      ["fusion, batch", new VocalSearch({ queriesAsBatch: true })],
    ];
    const checkpoint = values.checkpoint ?? (existsSync(CHECKPOINT) ? CHECKPOINT : undefined);
    if (checkpoint !== undefined) {
      const mobileNet = await MobileNetBaseline.fromCheckpoint(checkpoint);
      systems.push(["MN", mobileNet], ["fusion, MN", new VocalSearch({ fuseWith: mobileNet })]);
    }
    const results = await compareSystems(systems, values.data);
    console.log(formatComparison(results));
    Deno.mkdirSync(values.out, { recursive: true });
    const path = join(values.out, PICTURE);
    replaceFileSync(path, (partial) => Deno.writeTextFileSync(partial, rankCurves(results)));
    console.log(`\nThe cumulative rank curves are in ${path}`);
    return 0;
  },
});
