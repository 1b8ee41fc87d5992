/** Files that get their names when they are whole: whoever finds one finds all of it. */

/** A name of its own for each write: two programs may write one file at a time. */
const partialOf = (path: string) =>
  `${path}.${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.partial`;

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
  const partial = partialOf(path);
  try {
    await write(partial);
    Deno.renameSync(partial, path);
  } catch (error) {
    removePartial(partial);
    throw error;
  }
}

/** The same, at once; see {@linkcode replaceFile}. */
export function replaceFileSync(path: string, write: (partial: string) => void): void {
  const partial = partialOf(path);
  try {
    write(partial);
    Deno.renameSync(partial, path);
  } catch (error) {
    removePartial(partial);
    throw error;
  }
}

function removePartial(partial: string): void {
  try {
    Deno.removeSync(partial);
  } catch {
    // It was never made: the first error says why.
  }
}
