import { readGroundTruth } from "../lib/challenge/ground_truth.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import {
  classwiseLines,
  exactMatchLines,
  formatReport,
  worstClasses,
} from "../lib/inspect/figures.ts";
import { readSimilarities } from "../lib/challenge/similarities.ts";
import { bootstrapInterval } from "../lib/challenge/statistics.ts";
import { defineCommand } from "./command.ts";

export const evaluateCommand = defineCommand({
  name: "evaluate",
  summary: "Computes the challenge's figures from a similarities.json.",
  options: {
    data: {
      kind: "text",
      value: "DIR",
      required: true,
      help: 'the data set; its "DEV Dataset.csv" is the ground truth',
    },
    scores: {
      kind: "text",
      value: "FILE",
      required: true,
      help: "the scores, query → item → number",
    },
    json: { kind: "flag", help: "print one JSON object and nothing else" },
  },
  async run(values) {
    const groundTruth = readGroundTruth(values.data);
    const evaluation = await evaluate(readSimilarities(values.scores), groundTruth);
    if (values.json) {
      const { results, ...figures } = evaluation;
      console.log(JSON.stringify({
        ...figures,
        mrrInterval: bootstrapInterval(results.map((result) => result.reciprocalRank)),
        worstClasses: worstClasses(evaluation),
      }));
    } else {
      for (const line of exactMatchLines(evaluation)) console.log(line);
      for (const line of classwiseLines(evaluation)) console.log(line);
      console.log(`\n${formatReport(evaluation)}`);
    }
    return 0;
  },
});
