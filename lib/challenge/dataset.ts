import { QvimError } from "../io/errors.ts";
import { basename, dirname, join, sep } from "node:path";
import type { SoundPaths } from "./model.ts";

/** Thrown where a data set is not laid out as the challenge's; the message says what is wrong. */
export class DatasetError extends QvimError {}

/** A sound file of a data set. */
export interface SoundFile {
  /** Its file name, by which the ground truth calls it. */
  id: string;
  /** The name of the folder that it lies in. */
  class: string;
  /** Where it lies. */
  path: string;
}

/**
 * The items of a data set: all `.wav` files below `Items`.
 *
 * @param dataPath The data set's folder.
 * @returns Sorted by path; see {@linkcode listSounds}.
 *
 * @example
 * ```ts
 * import { listItems } from "qvim";
 *
 * const [{ id, path }] = listItems("data/qvim-mini");
 * if (!id.endsWith(".wav") || !path.endsWith(id)) throw new Error(path);
 * ```
 */
export function listItems(dataPath: string): SoundFile[] {
  return listSounds(dataPath, "Items");
}

/**
 * The queries of a data set: all `.wav` files below `Queries`, as {@linkcode listItems}.
 *
 * @example
 * ```ts
 * import { listQueries } from "qvim";
 *
 * if (listQueries("data/qvim-mini").length === 0) throw new Error("no queries");
 * ```
 */
export function listQueries(dataPath: string): SoundFile[] {
  return listSounds(dataPath, "Queries");
}

/**
 * Lists as Python's `glob("**\/*.wav", recursive=True)` does, but for pipes and devices: hidden files
 * and folders are passed over, links are followed, case matters. The order is that of the paths'
 * UTF-16 code units, so it does not depend on the file system. A folder that is not there has no
 * sounds in it.
 *
 * @throws {DatasetError} Where `dataPath` is not there, or two files have one name.
 */
function listSounds(dataPath: string, kind: "Items" | "Queries"): SoundFile[] {
  if (!isDirectory(dataPath)) {
    throw new DatasetError(`Expected a data set but found no folder at ${dataPath}`);
  }
  const paths: string[] = [];
  collectWavs(resolveFolder(join(dataPath, kind)), [], paths);
  // By the separators of Linux, which stand elsewhere among the characters than that of Windows.
  const sorted = paths.map((path) => path.replaceAll(sep, "/")).sort();
  const byId = new Map<string, string>();
  return sorted.map((ordered) => {
    const path = ordered.replaceAll("/", sep);
    const id = basename(path);
    const other = byId.get(id);
    if (other !== undefined) {
      throw new DatasetError(
        `Expected file names to be unique in ${kind} but found ${other} and ${path}`,
      );
    }
    byId.set(id, path);
    return { id, class: basename(dirname(path)), path };
  });
}

/**
 * Git writes a link as a small file that holds its target where the file system, or its settings,
 * have no links; a data set that was copied so still works.
 */
function resolveFolder(path: string): string {
  const info = statOrNull(path);
  if (!info?.isFile || info.size > 1024) return path;
  const target = join(dirname(path), Deno.readTextFileSync(path).trim());
  return isDirectory(target) ? target : path;
}

function collectWavs(folder: string, parents: string[], paths: string[]): void {
  if (!isDirectory(folder)) return;
  // A link that leads back to a folder above would go round for ever.
  const real = Deno.realPathSync(folder);
  if (parents.includes(real)) return;
  for (const entry of Deno.readDirSync(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const what = entry.isSymlink ? statOrNull(path) : entry;
    if (what?.isDirectory) {
      collectWavs(path, [...parents, real], paths);
    } else if (entry.name.endsWith(".wav") && (what === null || what.isFile)) {
      // A pipe would be waited for, and for ever where nobody writes into it. What a link that leads
      // nowhere stood for is missed when it is read.
      paths.push(path);
    }
  }
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

function isDirectory(path: string): boolean {
  return statOrNull(path)?.isDirectory ?? false;
}

/**
 * The sounds as models take them: id → path.
 *
 * @example
 * ```ts
 * import { toPaths } from "qvim";
 *
 * const items = toPaths([{ id: "a.wav", class: "dog", path: "Items/dog/a.wav" }]);
 * if (items["a.wav"] !== "Items/dog/a.wav") throw new Error(Deno.inspect(items));
 * ```
 */
export function toPaths(sounds: SoundFile[]): SoundPaths {
  return Object.fromEntries(sounds.map(({ id, path }) => [id, path]));
}
