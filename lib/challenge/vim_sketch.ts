import { join } from "node:path";
import { DatasetError } from "./dataset.ts";
import type { SoundPaths } from "./model.ts";

/** What a retrieval task consists of. */
export interface RetrievalTask {
  /** Item → path. */
  items: SoundPaths;
  /** Query → path. */
  queries: SoundPaths;
  /** Query → the items that are right. */
  relevant: Map<string, Set<string>>;
}

/**
 * VimSketch (B. Kim, M. Cartwright, F. Pishdadian, B. Pardo, 2019) as a retrieval task: an imitation is
 * one of the reference whose name is the same from the first underscore on, as the challenge's
 * baseline reads it.
 *
 * @param folder Where the set was unpacked to, with its two lists of names.
 * @param mostOfEach Imitations that are taken of each reference, the first of the list.
 * @throws {DatasetError} Where a list is missing, or an imitation has no reference.
 */
export function readVimSketch(folder: string, mostOfEach = Infinity): RetrievalTask {
  const items: SoundPaths = {}, queries: SoundPaths = {};
  const referenceOf = new Map<string, string>();
  for (const name of readNames(folder, "reference_file_names.csv")) {
    items[name] = join(folder, "references", name);
    referenceOf.set(soundOf(name), name);
  }
  const relevant = new Map<string, Set<string>>();
  const taken = new Map<string, number>();
  for (const name of readNames(folder, "vocal_imitation_file_names.csv")) {
    const reference = referenceOf.get(soundOf(name));
    if (reference === undefined) {
      throw new DatasetError(
        `Expected a reference called …_${soundOf(name)} in ${folder} for the imitation ${name} ` +
          "but found none",
      );
    }
    const count = (taken.get(reference) ?? 0) + 1;
    if (count > mostOfEach) continue;
    taken.set(reference, count);
    queries[name] = join(folder, "vocal_imitations", name);
    relevant.set(name, new Set([reference]));
  }
  return { items, queries, relevant };
}

const soundOf = (name: string) => name.slice(name.indexOf("_") + 1);

function readNames(folder: string, list: string): string[] {
  const path = join(folder, list);
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new DatasetError(
      `Expected VimSketch at ${folder} but found no ${list}: deno task data vimsketch brings it`,
    );
  }
  const names = text.split(/\r?\n/).filter((line) => line !== "");
  if (names.length === 0) {
    throw new DatasetError(`Expected names of sounds in ${path} but found none`);
  }
  return names;
}
