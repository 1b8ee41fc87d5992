import { join } from "node:path";
import { compareSystems } from "../lib/challenge/comparison.ts";
import { formatComparison, rankCurves } from "../lib/inspect/comparison.ts";
import { prepareFile } from "../lib/io/output_place.ts";
import { replaceFileSync } from "../lib/io/replace_file.ts";
import { allSystems } from "../lib/models/systems.ts";
import { defineCommand } from "./command.ts";
import { inPackage } from "./folders.ts";
import { CHECKPOINT_OPTION } from "./systems.ts";

const PICTURE = "rank_curves.svg";

export const compareCommand = defineCommand({
  name: "compare",
  summary: "Runs all systems on a data set and prints one table of their figures.",
  options: {
    data: { kind: "text", value: "DIR", required: true, help: "the data set" },
    checkpoint: CHECKPOINT_OPTION,
    encoders: {
      kind: "text",
      value: "DIR",
      help: "the networks of VocalSearch, as training/ makes them; the package's unless given",
    },
    out: {
      kind: "text",
      value: "DIR",
      default: inPackage("output"),
      help: `where ${PICTURE} goes`,
    },
  },
  async run(values) {
    const path = join(values.out, PICTURE);
    prepareFile(path);
    const systems = await allSystems(values.checkpoint, values.encoders);
    const results = await compareSystems(systems, values.data);
    console.log(formatComparison(results));
    replaceFileSync(path, rankCurves(results));
    console.log(`\nThe cumulative rank curves are in ${path}`);
    return 0;
  },
});
