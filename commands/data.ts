import { fileURLToPath } from "node:url";
import { DATASET_NAMES, type DatasetName, fetchDataset } from "../lib/fetch/datasets.ts";
import { defineCommand, orList, UsageError } from "./command.ts";

export const dataCommand = defineCommand({
  name: "data",
  summary: "Downloads one of the organizers' data sets into data/ and checks that it is whole.",
  details: `  qvim-dev   the challenge's development set, which the notebooks then run on
  vimsketch  VimSketch, to train on`,
  positionals: {
    usage: DATASET_NAMES.join("|"),
    least: 1,
    most: 1,
    expected: orList(DATASET_NAMES),
  },
  options: {},
  async run(_values, [name]) {
    if (!DATASET_NAMES.includes(name as DatasetName)) {
      throw new UsageError(`Expected ${orList(DATASET_NAMES)} but found ${name}`);
    }
    const folder = fileURLToPath(new URL("../data", import.meta.url));
    console.log(await fetchDataset(name as DatasetName, folder));
    return 0;
  },
});
