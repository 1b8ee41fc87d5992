/** Files that get their names when they are whole: whoever finds one finds all of it. */
import { nameFile } from "./errors.ts";

/** A name of its own for each write: two programs may write one file at a time. */
const partialOf = (path: string) =>
  `${path}.${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.partial`;

/** What a file is to hold, or what writes it under the name that it is given. */
type Content<T> = string | Uint8Array | ((partial: string) => T);

/**
 * Writes a file under another name beside it, and gives it its own in the end. Where that fails,
 * nothing is left behind, and what was there before stays.
 *
 * @param content A text, bytes, or what writes the file that it is given the name of.
 */
export async function replaceFile(
  path: string,
  content: Content<void | Promise<void>>,
): Promise<void> {
  const partial = partialOf(path);
  try {
    if (typeof content === "function") await content(partial);
    else await Deno.writeFile(partial, toBytes(content));
    Deno.renameSync(partial, path);
  } catch (error) {
    removePartial(partial);
    throw nameFile(error, path);
  }
}

/** The same, at once; see {@linkcode replaceFile}. */
export function replaceFileSync(path: string, content: Content<void>): void {
  const partial = partialOf(path);
  try {
    if (typeof content === "function") content(partial);
    else Deno.writeFileSync(partial, toBytes(content));
    Deno.renameSync(partial, path);
  } catch (error) {
    removePartial(partial);
    throw nameFile(error, path);
  }
}

const toBytes = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

function removePartial(partial: string): void {
  try {
    Deno.removeSync(partial);
  } catch {
    // It was never made: the first error says why.
  }
}
