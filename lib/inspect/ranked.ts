import { basename, dirname } from "node:path";
import type { SoundPaths } from "../challenge/model.ts";
import type { QueryScores } from "../challenge/similarities.ts";
import type { ShownSound } from "./players.ts";

/** The class of an item: the folder that it lies in. */
export const classOf = (path: string): string => basename(dirname(path));

/** An item in its place. */
export interface Ranked {
  item: string;
  score: number;
  /** The middle of its tie where it is tied, as in an evaluation. */
  rank: number;
}

/** Items by their scores, best first. */
export function rank(scores: QueryScores, counted: Set<string>): Ranked[] {
  const sorted = Object.entries(scores).filter(([item]) => counted.has(item))
    .sort(([, a], [, b]) => b - a);
  const ranked: Ranked[] = [];
  for (let first = 0; first < sorted.length; first = ranked.length) {
    let end = first;
    while (end < sorted.length && sorted[end][1] === sorted[first][1]) end++;
    for (const [item, score] of sorted.slice(first, end)) {
      ranked.push({ item, score, rank: (first + 1 + end) / 2 });
    }
  }
  return ranked;
}

/**
 * What a row shows of a query: the imitation, its right item where that is not among the answers, and
 * the answers.
 *
 * @param right The right item, where it is known.
 * @param top How many answers.
 * @param imitation What was asked.
 * @param items Item → path.
 */
export function choose(
  imitation: Omit<ShownSound, "role">,
  ranked: Ranked[],
  right: string | undefined,
  top: number,
  items: SoundPaths,
): ShownSound[] {
  const shownAs = (role: string, { item, score, rank }: Ranked): ShownSound => ({
    ...{ role, name: item, path: items[item], rank, score },
    class: classOf(items[item]),
    isRight: item === right,
  });
  const answers = ranked.slice(0, top).map((item, i) => shownAs(`answer ${i + 1}`, item));
  const rest = ranked.slice(top).filter(({ item }) => item === right)
    .map((item) => shownAs("right item", item));
  return [{ role: "imitation", ...imitation }, ...rest, ...answers];
}
