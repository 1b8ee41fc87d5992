/** Where a library lies. */
import { LibraryError } from "./lancedb.ts";

/** Where a library lies unless somebody says otherwise. */
export const DEFAULT_LIBRARY = "output/library";

/** Whether a library lies on object storage rather than in a folder. */
export function isRemote(library: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(library) && !library.startsWith("file:");
}

/**
 * Whether there is a folder.
 *
 * @throws {LibraryError} Where there is something else, which no library can be made in.
 */
export function isFolder(path: string): boolean {
  try {
    if (Deno.statSync(path).isDirectory) return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  throw new LibraryError(`Expected the folder of a library but found a file at ${path}`);
}
