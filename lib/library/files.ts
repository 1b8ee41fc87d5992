import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { LibraryError, reasonOf } from "./lancedb.ts";

/** A sound file on disk. */
export interface FoundFile {
  path: string;
  /** In bytes. */
  size: number;
  /** When it was changed, in milliseconds since 1970. */
  mtime: number;
  words: string;
}

/** A file or folder that could not be read: of a disk that fails, or without the right to. */
export interface Unread {
  path: string;
  /** What was expected and what was found. */
  reason: string;
}

/** What lies below some folders. */
export interface Found {
  /** Each once, sorted by path. */
  files: FoundFile[];
  unread: Unread[];
}

/** What sound files' names end with. */
const ENDINGS = /\.(wav|wave|bwf|rf64|w64|flac|ogg|oga|opus|mp3|aif|aiff|aifc|au|snd|caf)$/i;

/** One of several machines that share the work. */
export interface Shard {
  /** From 1. */
  index: number;
  count: number;
}

/**
 * Finds the sound files below folders. Hidden files and folders are passed over, as is what never
 * ends, such as pipes and devices; links are followed.
 *
 * @param places Folders, or single files.
 * @throws {LibraryError} Where one of them is not there.
 */
export function findFiles(places: string[], shard?: Shard): Found {
  const found = new Map<string, FoundFile>(), unread: Unread[] = [];
  for (const place of places.map((place) => resolve(place))) {
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(place);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new LibraryError(`Expected a folder with sounds but found nothing at ${place}`);
    }
    if (info.isDirectory) collect(place, dirname(place), [], found, unread, shard);
    else if (!info.isFile) {
      throw new LibraryError(
        `Expected a folder or a file but found a pipe or a device at ${place}`,
      );
    } else if (isOfShard(place, shard)) {
      found.set(place, describe(place, dirname(dirname(place)), info));
    }
  }
  const files = Array.from(found.values()).sort((a, b) => a.path < b.path ? -1 : 1);
  return { files, unread };
}

/** Whether a file is one that this machine hears. */
export function isOfShard(path: string, shard?: Shard): boolean {
  if (shard === undefined) return true;
  const hash = createHash("sha1").update(path).digest().readUInt32BE();
  return hash % shard.count === shard.index - 1;
}

function collect(
  folder: string,
  root: string,
  parents: string[],
  found: Map<string, FoundFile>,
  unread: Unread[],
  shard?: Shard,
): void {
  let real: string, entries: Deno.DirEntry[];
  try {
    real = Deno.realPathSync(folder);
    // A link that leads back to a folder above would go round for ever.
    if (parents.includes(real)) return;
    entries = Array.from(Deno.readDirSync(folder));
  } catch (error) {
    // A folder that has just gone has nothing in it.
    if (error instanceof Deno.errors.NotFound) return;
    // So that whatever lies below it begins with its path.
    const path = folder.endsWith(sep) ? folder : folder + sep;
    unread.push({ path, reason: `Expected to look into ${folder} but found: ${reasonOf(error)}` });
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (!entry.isDirectory && !entry.isSymlink && !ENDINGS.test(path)) continue;
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(path);
    } catch (error) {
      const isGone = error instanceof Deno.errors.NotFound;
      if (isGone && entry.name.includes("\ufffd")) {
        unread.push({ path, reason: `Expected a name in UTF-8 but found ${path}: rename it` });
      } else if (!isGone) {
        unread.push({ path, reason: `Expected to read ${path} but found: ${reasonOf(error)}` });
      }
      // Otherwise a link that leads nowhere, or a file that has just gone.
      continue;
    }
    if (info.isDirectory) {
      // A library may lie among the sounds.
      if (!path.endsWith(".lance")) {
        collect(path, root, [...parents, real], found, unread, shard);
      }
    } else if (info.isFile && ENDINGS.test(path) && isOfShard(path, shard)) {
      found.set(path, describe(path, root, info));
    }
  }
}

function describe(path: string, root: string, info: Deno.FileInfo): FoundFile {
  const words = wordsOf(relative(root, path));
  return { path, size: info.size, mtime: info.mtime?.getTime() ?? 0, words };
}

/**
 * The words of a name and its folders, without what is the same in all: in lower case, without
 * accents, each with a space before it, so that a word's beginning is found.
 */
export function wordsOf(name: string): string {
  const ending = name.replace(ENDINGS, "");
  return foldText(ending.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2"))
    .split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "").map((word) => ` ${word}`).join("");
}

/** Text in lower case and without accents, as words are compared. */
export function foldText(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The name of a sound as people read it. */
export function nameOf(path: string): string {
  return basename(path).replace(ENDINGS, "");
}
