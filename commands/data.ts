import { fileURLToPath } from "node:url";
import { DATASET_NAMES, type DatasetName, fetchDataset } from "../lib/fetch/datasets.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

export const dataCommand: Command = {
  name: "data",
  usage: `data ${DATASET_NAMES.join("|")}`,
  help: `Downloads one of the organizers' data sets into data/ and checks that it is whole.

  qvim-dev   the challenge's development set, which the notebooks then run on
  vimsketch  VimSketch, to train on`,
  async run(args) {
    const { positionals } = parseArguments(args, {});
    const [name] = positionals;
    if (positionals.length !== 1 || !DATASET_NAMES.includes(name as DatasetName)) {
      throw new UsageError(`Expected ${DATASET_NAMES.join(" or ")} but found ${positionals}`);
    }
    const folder = fileURLToPath(new URL("../data", import.meta.url));
    console.log(await fetchDataset(name as DatasetName, folder));
    return 0;
  },
};
