import { join } from "node:path";
import { listItems, listQueries, type SoundFile } from "../../challenge/dataset.ts";
import type { QueryScores } from "../../challenge/similarities.ts";
import { seededRandom } from "../../challenge/statistics.ts";

/** A copy of a data set without its answers, and what its sounds are called in the original. */
export interface PreparedData {
  folder: string;
  /** The id in the copy → the id in the original. */
  originalIds: Map<string, string>;
  /** How many items and queries there are. */
  items: number;
  queries: number;
}

/**
 * Copies the sounds of a data set: without the file that holds the answers, and under names that mean
 * nothing, one folder each, in shuffled order, since names of files and folders give the class away.
 *
 * @param folder A folder that is there already, and empty.
 * @param isBlind Whether the names are replaced; else they stay as they are.
 */
export function prepareData(dataPath: string, folder: string, isBlind: boolean): PreparedData {
  const originalIds = new Map<string, string>();
  const random = seededRandom(crypto.getRandomValues(new Uint32Array(1))[0]);
  const items = listItems(dataPath), queries = listQueries(dataPath);
  const kinds: [string, SoundFile[]][] = [["Items", items], ["Queries", queries]];
  for (const [kind, sounds] of kinds) {
    for (const [index, sound] of shuffled(sounds, random).entries()) {
      const name = `sound_${index.toString().padStart(5, "0")}`;
      const id = isBlind ? `${kind.toLowerCase()}_${name}.wav` : sound.id;
      originalIds.set(id, sound.id);
      const target = join(folder, kind, isBlind ? name : sound.class);
      Deno.mkdirSync(target, { recursive: true });
      // A link would let a run without a sandbox change the original.
      Deno.copyFileSync(sound.path, join(target, id));
    }
  }
  return { folder, originalIds, items: items.length, queries: queries.length };
}

/** Scores under the names of the original; what is named otherwise stays as it is. */
export async function* underOriginalIds(
  scores: AsyncIterable<[query: string, row: QueryScores]>,
  { originalIds }: PreparedData,
): AsyncGenerator<[query: string, row: QueryScores]> {
  const original = (id: string) => originalIds.get(id) ?? id;
  for await (const [query, row] of scores) {
    yield [
      original(query),
      Object.fromEntries(Object.entries(row).map(([item, score]) => [original(item), score])),
    ];
  }
}

function shuffled<T>(values: T[], random: () => number): T[] {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
