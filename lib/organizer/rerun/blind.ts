import { randomInt } from "node:crypto";
import { join } from "node:path";
import { listItems, listQueries, type SoundFile } from "../../challenge/dataset.ts";
import { type QueryScores, SimilaritiesError } from "../../challenge/similarities.ts";
import { blankNotes } from "./notes.ts";

/** A copy of a data set without its answers, and what its sounds are called in the original. */
export interface PreparedData {
  folder: string;
  /** The id of each item in the copy → its id in the original. */
  items: ReadonlyMap<string, string>;
  /** The same of the queries. */
  queries: ReadonlyMap<string, string>;
}

/**
 * Copies the sounds of a data set: without the file that holds the answers, and under names that mean
 * nothing, one folder each, in shuffled order, since names of files and folders give the class away, and
 * without the notes that files hold.
 *
 * @param folder A folder that is there already, and empty.
 * @param isBlind Whether the names are replaced; else they stay as they are.
 */
export function prepareData(dataPath: string, folder: string, isBlind: boolean): PreparedData {
  const prepare = (kind: string, sounds: SoundFile[]) =>
    new Map(
      shuffled(sounds).map((sound, index) => {
        const name = `sound_${index.toString().padStart(5, "0")}`;
        const id = isBlind ? `${kind.toLowerCase()}_${name}.wav` : sound.id;
        const target = join(folder, kind, isBlind ? name : sound.class);
        Deno.mkdirSync(target, { recursive: true });
        // A link would let a run without a sandbox change the original.
        Deno.copyFileSync(sound.path, join(target, id));
        if (isBlind) blankNotes(join(target, id));
        return [id, sound.id];
      }),
    );
  return {
    folder,
    items: prepare("Items", listItems(dataPath)),
    queries: prepare("Queries", listQueries(dataPath)),
  };
}

/**
 * Scores under the names of the original. Names that the copy does not have are passed over: who hands
 * in scores under the original's has seen its answers elsewhere.
 *
 * @throws {SimilaritiesError} Where a query or an item is missing, or a query stands there twice.
 */
export async function* underOriginalIds(
  scores: AsyncIterable<[query: string, row: QueryScores]>,
  { items, queries }: PreparedData,
): AsyncGenerator<[query: string, row: QueryScores]> {
  const missing = new Map(queries);
  for await (const [id, row] of scores) {
    const query = queries.get(id);
    if (query === undefined) continue;
    if (!missing.delete(id)) {
      throw new SimilaritiesError(`Expected scores for the query ${query} once but found more`);
    }
    const named: [string, number][] = [];
    for (const [itemId, item] of items) {
      if (!Object.hasOwn(row, itemId)) {
        throw new SimilaritiesError(
          `Expected a score for the query ${query} and the item ${item} but found none`,
        );
      }
      named.push([item, row[itemId]]);
    }
    yield [query, Object.fromEntries(named)];
  }
  for (const query of missing.values()) {
    throw new SimilaritiesError(`Expected scores for the query ${query} but found none`);
  }
}

/**
 * A message of a run for its organizer: behind the first name of the copy in it stands the original's in
 * brackets. The first alone: by more of them a run could say which sound is which to whoever reads it.
 */
export function tellingSound(
  message: string,
  { items, queries }: Pick<PreparedData, "items" | "queries">,
): string {
  return message.replace(/\b(items|queries)_sound_\d+\.wav/, (id) => {
    const original = items.get(id) ?? queries.get(id);
    return original === undefined || original === id ? id : `${id} [${original}]`;
  });
}

/** By numbers that nobody can work out: from the order of names a run would learn what they are. */
function shuffled<T>(values: T[]): T[] {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
