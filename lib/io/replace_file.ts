/** Files that get their names when they are whole: whoever finds one finds all of it. */

const partialOf = (path: string) => `${path}.partial`;

/**
 * Writes a file under another name beside it, and gives it its own in the end. Where that fails,
 * nothing is left behind, and what was there before stays.
 *
 * @param write Writes the file that it is given the name of.
 */
export async function replaceFile(
  path: string,
  write: (partial: string) => void | Promise<void>,
): Promise<void> {
  try {
    await write(partialOf(path));
    Deno.renameSync(partialOf(path), path);
  } catch (error) {
    removePartial(path);
    throw error;
  }
}

/** The same, at once; see {@linkcode replaceFile}. */
export function replaceFileSync(path: string, write: (partial: string) => void): void {
  try {
    write(partialOf(path));
    Deno.renameSync(partialOf(path), path);
  } catch (error) {
    removePartial(path);
    throw error;
  }
}

function removePartial(path: string): void {
  try {
    Deno.removeSync(partialOf(path));
  } catch {
    // It was never made: the first error says why.
  }
}
