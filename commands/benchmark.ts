import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type BenchmarkName,
  BENCHMARKS,
  OF_EACH,
  PUBLISHED,
  readBenchmark,
  runBenchmark,
} from "../lib/challenge/benchmark.ts";
import { DatasetError } from "../lib/challenge/dataset.ts";
import { pythonRound } from "../lib/inspect/figures.ts";
import { allSystems } from "../lib/models/systems.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, orList, UsageError } from "./command.ts";
import { inPackage } from "./folders.ts";
import { CHECKPOINT_OPTION } from "./systems.ts";

export const benchmarkCommand = defineCommand({
  name: "benchmark",
  summary: "Runs all systems on one of the field's benchmarks, with published figures beside.",
  details: `The benchmarks are
  vimsketch  VimSketch: 542 references, ${OF_EACH} imitations of each, as MTEB's task
  qvim-dev   the challenge's development set

Their sounds are where deno task data NAME puts them. nDCG@10, MAP@10, recall and MRR@10 are MTEB's.`,
  positionals: { usage: "NAME", least: 1, most: 1, expected: "the name of one benchmark" },
  options: {
    data: { kind: "text", value: "DIR", help: "where the set is; data/NAME unless given" },
    checkpoint: CHECKPOINT_OPTION,
    "of-each": {
      kind: "count",
      value: "N",
      help: `imitations that are taken of each reference of vimsketch; ${OF_EACH} unless given`,
    },
  },
  async run(values, [given]) {
    const name = BENCHMARKS.find((name) => name === given);
    if (name === undefined) {
      throw new UsageError(`Expected ${orList(BENCHMARKS)} but found ${given}`);
    }
    if (name !== "vimsketch" && values["of-each"] !== undefined) {
      throw new UsageError(`Expected --of-each with vimsketch alone but found it with ${name}`);
    }
    const folder = values.data ?? inPackage(join("data", name));
    if (values.data === undefined && !existsSync(folder)) {
      throw new DatasetError(
        `Expected ${name} but found no folder at ${folder}: deno task data ${name} brings it`,
      );
    }
    const task = readBenchmark(name, folder, values["of-each"]);
    const rows: string[][] = [];
    for (const [system, model] of await allSystems(values.checkpoint)) {
      const { measures, evaluation } = await runBenchmark(name, folder, task, model);
      const { queries: _, ...figures } = measures;
      const { mrr, classwiseMrr, classwiseNdcg } = evaluation ?? {};
      const all = [...Object.values(figures), mrr, classwiseMrr, classwiseNdcg];
      rows.push([
        system,
        ...all.filter((figure) => figure !== undefined).map((figure) => pythonRound(figure)),
      ]);
    }
    const counts = `${Object.keys(task.items).length} items, ${task.relevant.size} queries`;
    const table = formatTable({ header: headerOf(name), rows });
    console.log(`${name}: ${counts}\n\n${table}\n\n${formatTable(PUBLISHED[name])}`);
    return 0;
  },
});

function headerOf(name: BenchmarkName): string[] {
  const measures = ["System", "nDCG@10", "MAP@10", "R@1", "R@5", "R@10", "MRR@10"];
  return name === "qvim-dev" ? [...measures, "MRR", "Class-wise MRR", "NDCG"] : measures;
}
