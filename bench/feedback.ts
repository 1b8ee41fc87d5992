/**
 * What "closer" and "not this" bring, with simulated people: each looks at the first ten results and
 * stops where the sound that is meant is among them. Who does not find it calls the first two of its
 * kind "closer" and the first two of other kinds "not this", and searches again: two rounds. Beside
 * it, what comes of it where the same sounds only are not shown again.
 * `deno run -A bench/feedback.ts DATA…`
 */
import { basename, dirname } from "node:path";
import { listItems, listQueries } from "../lib/challenge/dataset.ts";
import { readGroundTruth } from "../lib/challenge/ground_truth.ts";
import { mean } from "../lib/challenge/evaluation.ts";
import { indexSounds } from "../lib/library/indexing.ts";
import type { SearchOptions } from "../lib/library/query.ts";
import { type SearchResult, SoundLibrary } from "../lib/library/search.ts";

/** Results that a person looks at. */
const SHOWN = 10;
/** Answers of each kind in a round. */
const ANSWERS = 2;
const ROUNDS = 2;

/** A sound that is looked for. */
interface Target {
  query: string;
  item: string;
  class: string;
}

const rankOf = (results: SearchResult[], { item }: Target) =>
  1 + results.findIndex(({ path }) => basename(path) === item);

/** The ranks before and after each round. */
async function ranksOf(
  library: SoundLibrary,
  path: string,
  target: Target,
  classes: Map<string, string>,
  isMoved: boolean,
): Promise<number[]> {
  const ranks: number[] = [], closer: string[] = [], notThis: string[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const options: SearchOptions = { closer: isMoved ? closer : [], notThis, top: 1000 };
    const results = isMoved
      ? await library.search(path, options)
      : (await library.search(path, { top: 1000 })).filter(({ id }) => !notThis.includes(id));
    ranks.push(rankOf(results, target));
    if (ranks[round] <= SHOWN) return [...ranks, ...Array(ROUNDS - round).fill(ranks[round])];
    const shown = results.slice(0, SHOWN).filter(({ id }) => !closer.includes(id));
    const isOfKind = ({ path }: SearchResult) => classes.get(basename(path)) === target.class;
    const idsOf = (results: SearchResult[]) => results.slice(0, ANSWERS).map(({ id }) => id);
    closer.push(...idsOf(shown.filter(isOfKind)));
    notThis.push(...idsOf(shown.filter((result) => !isOfKind(result))));
  }
  return ranks;
}

console.log(
  "| set | MRR before | round 1 | round 2 | only hidden | found in the first ten, before | round 2 | only hidden |",
);
console.log(`|${" --- |".repeat(8)}`);
for (const data of Deno.args) {
  const folder = Deno.makeTempDirSync({ prefix: "qvim-bench-" });
  try {
    const items = listItems(data);
    await indexSounds([...new Set(items.map(({ path }) => dirname(path)))], folder);
    const library = await SoundLibrary.open(folder);
    const classes = new Map(items.map(({ id, class: kind }) => [id, kind]));
    const paths = new Map(listQueries(data).map(({ id, path }) => [id, path]));
    const moved: number[][] = [], hidden: number[][] = [];
    for (const target of readGroundTruth(data)) {
      const path = paths.get(target.query)!;
      moved.push(await ranksOf(library, path, target, classes, true));
      hidden.push(await ranksOf(library, path, target, classes, false));
    }
    library.close();
    const mrr = (ranks: number[][], round: number) => mean(ranks.map((row) => 1 / row[round]));
    const found = (ranks: number[][], round: number) =>
      mean(ranks.map((row) => row[round] <= SHOWN ? 1 : 0));
    const cells = [
      ...[mrr(moved, 0), mrr(moved, 1), mrr(moved, ROUNDS), mrr(hidden, ROUNDS)],
      ...[found(moved, 0), found(moved, ROUNDS), found(hidden, ROUNDS)],
    ];
    console.log(`| ${[basename(data), ...cells.map((cell) => cell.toFixed(4))].join(" | ")} |`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
