import { readGroundTruth } from "../lib/challenge/dataset.ts";
import { evaluate } from "../lib/challenge/evaluation.ts";
import {
  classwiseLines,
  exactMatchLines,
  formatReport,
  worstClasses,
} from "../lib/inspect/figures.ts";
import { readSimilarities } from "../lib/challenge/similarities.ts";
import { bootstrapInterval } from "../lib/challenge/statistics.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

export const evaluateCommand: Command = {
  name: "evaluate",
  usage: "evaluate --data DIR --scores FILE [--json]",
  help: `Computes the challenge's figures from a similarities.json.

  --data DIR     the data set; its "DEV Dataset.csv" is the ground truth
  --scores FILE  the scores, query → item → number
  --json         print one JSON object and nothing else`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      data: { type: "string" },
      scores: { type: "string" },
      json: { type: "boolean" },
    });
    if (values.data === undefined) throw new UsageError("Expected --data DIR");
    if (values.scores === undefined) throw new UsageError("Expected --scores FILE");
    if (positionals.length > 0) throw new UsageError(`Expected no argument ${positionals[0]}`);
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
};
