/** Where a library lies. */
import { fileURLToPath } from "node:url";
import { LibraryError } from "./lancedb.ts";

/** Where a library lies unless somebody says otherwise. */
export const DEFAULT_LIBRARY = "output/library";

/** Whether a library lies on object storage rather than in a folder. */
export function isRemote(library: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(library);
}

/**
 * A library's place without the form that object storage wants: the folder of a `file:` address.
 *
 * @throws {LibraryError} Where that is the address of no folder.
 */
export function plainPlace(library: string): string {
  if (!/^file:/i.test(library)) return library;
  try {
    return fileURLToPath(library);
  } catch (error) {
    throw new LibraryError(
      `Expected the address of a folder but found ${library}: ${(error as Error).message}`,
    );
  }
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
