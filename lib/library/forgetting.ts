import { resolve } from "node:path";
import { areBelow } from "./sql.ts";
import { Store } from "./store.ts";

/**
 * Takes the sounds below folders out of a library, whether they are still there or not.
 *
 * @param places Folders, or single files.
 * @returns How many files that were, and how many sounds the library has without them.
 * @throws {LibraryError} Where there is no library.
 */
export async function forgetSounds(
  places: string[],
  library: string,
): Promise<{ files: number; sounds: number }> {
  const store = await Store.open(library);
  try {
    return await store.exclusively(async () => {
      const files = new Set<string>();
      for (const below of areBelow(places.map((place) => resolve(place)))) {
        for await (const { path } of store.list(["path"], below)) files.add(path);
        await store.remove(below);
        await store.broken.removeBelow(below);
      }
      return { files: files.size, sounds: await store.count() };
    });
  } finally {
    store.close();
  }
}
