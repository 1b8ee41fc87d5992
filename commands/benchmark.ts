import { join } from "node:path";
import { listItems, listQueries, readGroundTruth, toPaths } from "../lib/challenge/dataset.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import { retrievalMeasures } from "../lib/challenge/retrieval_measures.ts";
import { readVimSketch, type RetrievalTask } from "../lib/challenge/vim_sketch.ts";
import { pythonRound } from "../lib/inspect/figures.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, UsageError } from "./command.ts";
import { allSystems, CHECKPOINT_OPTION } from "./systems.ts";

/** Imitations of each reference in MTEB's task. */
const OF_EACH = 4;

/** Figures of others: nDCG@10 of MTEB's task, MRR and class-wise NDCG of the challenge. */
const PUBLISHED: Record<string, { header: string[]; rows: string[][] }> = {
  "vimsketch": {
    header: ["Published (MTEB, VimSketchA2ARetrieval)", "nDCG@10"],
    rows: [["random", "0.0100"], ["CLAP", "0.0952"]],
  },
  "qvim-dev": {
    header: ["Published (challenge of 2025)", "MRR", "NDCG", "evaluation set: MRR", "NDCG"],
    rows: [
      ["random", "0.0444", "", "", ""],
      ["2DFT", "0.1262", "0.4793", "", ""],
      ["MN, as handed out", "0.2726", "0.6463", "", ""],
      ["MN, in the results", "0.282", "0.646", "0.326", "0.658"],
      ["Queen Mary University of London", "0.299", "0.646", "0.348", "0.643"],
      ["Chung", "0.310", "0.653", "0.359", "0.660"],
      ["Aalto University", "0.303", "0.660", "0.345", "0.664"],
      ["HEAD acoustics *", "0.975", "0.949", "0.335", "0.712"],
      ["Fraunhofer IDMT *", "0.960", "0.723", "0.206", "0.517"],
      ["University of Piraeus *", "0.595", "0.803", "0.256", "0.646"],
      ["Johannes Kepler University Linz", "0.265", "0.632", "0.282", "0.613"],
      ["* had fitted the development set", "", "", "", ""],
    ],
  },
};

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
      default: OF_EACH,
      help: "imitations that are taken of each reference of VimSketch",
    },
  },
  async run(values, [name]) {
    const published = PUBLISHED[name];
    if (published === undefined) {
      throw new UsageError(`Expected ${Object.keys(PUBLISHED).join(" or ")} but found ${name}`);
    }
    const folder = values.data ?? join("data", name);
    const isChallenge = name === "qvim-dev";
    const task = isChallenge ? readChallenge(folder) : readVimSketch(folder, values["of-each"]);
    const rows: string[][] = [];
    for (const [system, model] of await allSystems(values.checkpoint)) {
      const scores = Object.entries(await model.computeSimilarities(task.items, task.queries));
      const { queries: _, ...measures } = await retrievalMeasures(scores, task.relevant);
      const figures = Object.values(measures);
      if (isChallenge) {
        const { mrr, classwiseMrr, classwiseNdcg } = await evaluate(
          scores,
          readGroundTruth(folder),
        );
        figures.push(mrr, classwiseMrr, classwiseNdcg);
      }
      rows.push([system, ...figures.map((figure) => pythonRound(figure))]);
    }
    const header = ["System", "nDCG@10", "MAP@10", "R@1", "R@5", "R@10", "MRR@10"];
    if (isChallenge) header.push("MRR", "Class-wise MRR", "NDCG");
    const counts = `${Object.keys(task.items).length} items, ${task.relevant.size} queries`;
    console.log(
      `${name}: ${counts}\n\n${formatTable({ header, rows })}\n\n${formatTable(published)}`,
    );
    return 0;
  },
});

function readChallenge(folder: string): RetrievalTask {
  const relevant = new Map<string, Set<string>>();
  for (const { query, item } of readGroundTruth(folder)) relevant.set(query, new Set([item]));
  return {
    items: toPaths(listItems(folder)),
    queries: toPaths(listQueries(folder)),
    relevant,
  };
}
