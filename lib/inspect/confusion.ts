import type { Evaluation } from "../challenge/evaluation.ts";
import { readSimilarities } from "../challenge/similarities.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { formatTable } from "../ui/table.ts";
import { assertEvaluation, assertScores, noScoresOf } from "./checks.ts";
import { currentRun } from "./current_run.ts";
import { drawMatrix } from "./matrix_picture.ts";
import { asImage } from "./picture.ts";

/** How many of the mistakes are named in words. */
const MISTAKES = 5;

/**
 * Shows what class was found instead: for the queries of each class, how many had an item of which
 * class in the first place.
 *
 * @param evaluation The figures of a run.
 * @param scores The file of its scores; that of the notebook's run unless given.
 * @throws {ListenError} Where there are no scores, or none of one of the queries.
 *
 * @example
 * ```ts ignore
 * await showConfusion(currentRun.evaluation());
 * ```
 */
export async function showConfusion(
  evaluation: Evaluation,
  scores: string | undefined = currentRun.sources(evaluation).scores,
): Promise<void> {
  const { classes, counts } = await confusion(evaluation, scores);
  const sums = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const words = mistakes(classes, counts).slice(0, MISTAKES).map(({ asked, found, count }) =>
    `${classes[asked]} → ${classes[found]} (${count} of ${sums[asked]})`
  );
  const sentence = words.length === 0
    ? "Each query found its own class first."
    : `Most often found instead: ${words.join(", ")}.`;
  const rows = classes.map((name, i) => [name, ...counts[i].map(String)]);
  const picture = drawMatrix({
    label: `Classes found first, for the queries of ${classes.length} classes. ${sentence}`,
    rows: classes,
    columns: classes,
    axes: { rows: "class that was imitated", columns: "class that was found first" },
    levels: counts.map((row, i) => row.map((count) => count / sums[i])),
    texts: counts.map((row) => row.map(String)),
    scale: { name: "share of the class's queries", dark: "0", bright: "1" },
  });
  await display({
    "text/plain": `${
      formatTable({ header: ["Asked for \\ found", ...classes], rows })
    }\n${sentence}`,
    "text/html": `${asImage(picture)}<p>${escapeHtml(sentence)}</p>`,
  });
}

/** Other classes than the right one that were found, the most frequent first. */
function mistakes(classes: string[], counts: number[][]) {
  return classes.flatMap((_, asked) =>
    classes.flatMap((_, found) =>
      found !== asked && counts[asked][found] > 0
        ? [{ asked, found, count: counts[asked][found] }]
        : []
    )
  ).sort((a, b) => b.count - a.count);
}

/**
 * Class of the query × class of the item in the first place → how many queries.
 *
 * @example
 * ```ts
 * import { confusion, evaluate, writeSimilarities } from "qvim";
 *
 * const truth = [{ label: "a dog", class: "dog", item: "a.wav", query: "q.wav" }, {
 *   label: "a cat",
 *   class: "cat",
 *   item: "b.wav",
 *   query: "r.wav",
 * }];
 * const scores = { "q.wav": { "a.wav": 1, "b.wav": 0 }, "r.wav": { "a.wav": 0.6, "b.wav": 0.5 } };
 * const evaluation = await evaluate(Object.entries(scores), truth);
 * const path = Deno.makeTempFileSync({ suffix: ".json" });
 * await writeSimilarities(path, scores);
 * const { classes, counts } = await confusion(evaluation, path);
 * if (classes.join() !== "cat,dog" || counts[0][1] !== 1) throw new Error(counts.join());
 * ```
 */
export async function confusion(
  evaluation: Evaluation,
  scores: string | undefined,
): Promise<{ classes: string[]; counts: number[][] }> {
  assertEvaluation(evaluation);
  assertScores(scores);
  const classOf = new Map(evaluation.results.map(({ item, class: name }) => [item, name]));
  const asked = new Map(evaluation.results.map(({ query, class: name }) => [query, name]));
  const classes = [...new Set(asked.values())].sort();
  const counts = classes.map(() => classes.map(() => 0));
  for await (const [query, row] of readSimilarities(scores)) {
    const own = asked.get(query);
    let best: string | undefined;
    for (const item of Object.keys(row)) {
      if (classOf.has(item) && (best === undefined || row[item] > row[best])) best = item;
    }
    if (own === undefined || best === undefined) continue;
    asked.delete(query);
    counts[classes.indexOf(own)][classes.indexOf(classOf.get(best)!)]++;
  }
  const [missing] = asked.keys();
  if (missing !== undefined) throw noScoresOf(missing, scores);
  return { classes, counts };
}
