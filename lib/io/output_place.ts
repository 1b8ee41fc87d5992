/** Places for what long work makes, looked at before the work: afterwards it would be lost. */
import { dirname, resolve } from "node:path";
import { QvimError } from "./errors.ts";
import { isFolder } from "./is_folder.ts";
import { temporaryFile } from "./temporary.ts";

/** Thrown where something can't be written to a place that was named. */
export class PlaceError extends QvimError {}

/**
 * Makes sure that a file can be written; its folder is made where it is missing.
 *
 * @throws {PlaceError} Where a folder lies there, or a file where its folder is to be.
 */
export function prepareFile(path: string): void {
  prepareFolder(dirname(resolve(path)));
  if (isFolder(path)) {
    throw new PlaceError(`Expected the name of a file to write but found a folder at ${path}`);
  }
}

/**
 * Makes sure that files can be written into a folder; it is made where it is missing.
 *
 * @throws {PlaceError} Where a file lies there.
 */
export function prepareFolder(folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new PlaceError(`Expected a folder to write into but found a file at ${folder}`);
  }
  Deno.removeSync(temporaryFile(".qvim-", folder));
}
