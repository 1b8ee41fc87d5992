/** Folders and files of no name in particular, whose errors say where they were to be. */
import { tmpdir } from "node:os";
import { nameFile } from "./errors.ts";

/**
 * Makes a folder.
 *
 * @param prefix What its name begins with.
 * @param dir Where, unless it is for this program alone.
 * @returns Its path.
 */
export function temporaryFolder(prefix: string, dir: string = tmpdir()): string {
  try {
    return Deno.makeTempDirSync({ dir, prefix });
  } catch (error) {
    throw nameFile(error, dir);
  }
}

/** Makes a file; see {@linkcode temporaryFolder}. */
export function temporaryFile(prefix: string, dir: string = tmpdir()): string {
  try {
    return Deno.makeTempFileSync({ dir, prefix });
  } catch (error) {
    throw nameFile(error, dir);
  }
}
