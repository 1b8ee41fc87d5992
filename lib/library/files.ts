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
  /**
   * When it, its name or its rights were changed, in the same: nobody can set that, and so it tells of a
   * file that was put in the place of another. 0 where the system does not say.
   */
  ctime: number;
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
  /** When that was, in milliseconds since 1970. */
  looked: number;
  /** Each once, sorted by path. */
  files: FoundFile[];
  unread: Unread[];
  /** Links that lead up, to a folder which they lie in themselves: nobody means the whole disk. */
  leftOut: Unread[];
  /** Places in which nothing lies at all, not even what is hidden. */
  empty: string[];
  /** Files that other programs may play and that are passed over: endings → how many. */
  otherKinds: Map<string, number>;
}

/** What sound files' names end with. */
const ENDINGS =
  /\.(wav|wave|bwf|rf64|w64|flac|ogg|oga|opus|mp3|mp2|gsm|aif|aiff|aifc|au|snd|caf)$/i;

/** What the names of recordings end with that other programs may play. */
const OTHER_KINDS =
  /\.(m4a|m4b|m4p|aac|alac|wma|wv|ape|tta|tak|ofr|shn|mka|weba|ac3|eac3|dts|amr|awb|ra|mpc|spx|dsf|dff|sd2|rx2|rex|voc)$/i;

/** One of several machines that share the work. */
export interface Shard {
  /** From 1. */
  index: number;
  count: number;
}

/**
 * Finds the sound files below folders. Hidden files and folders are passed over, as is what never
 * ends, such as pipes and devices. Links are followed, but no folder is gone through twice, and those
 * that lead out of a place to what is around it are left out.
 *
 * @param places Folders, or single files.
 * @throws {LibraryError} Where one of them is not there.
 */
export function findFiles(places: string[], shard?: Shard): Found {
  const walk = new Walk(shard), looked = Date.now();
  for (const place of places.map((place) => resolve(place))) {
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(place);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new LibraryError(
        `Expected a folder with sounds but found nothing at ${place}; ` +
          "--forget takes out what a library has of it",
      );
    }
    if (info.isDirectory) walk.start(place);
    else if (info.isFile) walk.take(place, dirname(dirname(place)), info);
    else {
      throw new LibraryError(
        `Expected a folder or a file but found a pipe or a device at ${place}`,
      );
    }
  }
  walk.followLinks();
  const files = Array.from(walk.found.values()).sort((a, b) => a.path < b.path ? -1 : 1);
  const { unread, leftOut, empty, otherKinds } = walk;
  return { looked, files, unread, leftOut, empty, otherKinds };
}

/** Whether a file is one that this machine hears. */
export function isOfShard(path: string, shard?: Shard): boolean {
  if (shard === undefined) return true;
  const hash = createHash("sha1").update(path).digest().readUInt32BE();
  return hash % shard.count === shard.index - 1;
}

/** Goes through folders, each of them once however many links lead to it. */
class Walk {
  readonly found = new Map<string, FoundFile>();
  readonly unread: Unread[] = [];
  readonly leftOut: Unread[] = [];
  readonly empty: string[] = [];
  readonly otherKinds = new Map<string, number>();
  readonly #shard?: Shard;
  readonly #places: string[] = [];
  /** Where the folders that it has been in really lie. */
  readonly #entered = new Set<string>();
  readonly #links: { path: string; root: string }[] = [];

  constructor(shard?: Shard) {
    this.#shard = shard;
  }

  /** Takes in what lies below one of the places that are asked for. */
  start(place: string): void {
    this.#places.push(place);
    if (isEmpty(place)) this.empty.push(place);
    this.enter(place, dirname(place));
  }

  /** Follows the links to folders, after all that lies in the places themselves: that is their name. */
  followLinks(): void {
    for (const { path, root } of this.#links) {
      if (!this.#leadsUp(path)) this.enter(path, root);
    }
  }

  /** Whether a link leads to what is around it, or around a place; that is noted. */
  #leadsUp(path: string): boolean {
    try {
      const real = Deno.realPathSync(path);
      // It has been there, by the folder's own name.
      if (this.#entered.has(real)) return false;
      const inside = [dirname(path), ...this.#places].map((folder) => Deno.realPathSync(folder));
      if (!inside.some((folder) => isInside(folder, real))) return false;
      const reason =
        `Expected ${path} to lead to other sounds but found that it leads to ${real}, ` +
        `which is around it: left out; name ${real} itself to take it in`;
      this.leftOut.push({ path, reason });
      return true;
    } catch {
      // Why it can't be read is told of by whoever tries to enter.
      return false;
    }
  }

  /** Takes in a file. */
  take(path: string, root: string, info: Deno.FileInfo): void {
    if (isOfShard(path, this.#shard)) this.found.set(path, describe(path, root, info));
  }

  /**
   * Takes in what lies below a folder.
   *
   * @param root The words of a name are those of its path from here.
   */
  enter(folder: string, root: string): void {
    for (const entry of this.#entriesOf(folder)) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (!entry.isDirectory && !entry.isSymlink && !ENDINGS.test(path)) {
        if (entry.isFile) this.#count(path);
        continue;
      }
      const info = this.#look(path, entry.name);
      if (info?.isDirectory) {
        // A library may lie among the sounds.
        if (path.endsWith(".lance")) continue;
        if (entry.isSymlink) this.#links.push({ path, root });
        else this.enter(path, root);
      } else if (info?.isFile && ENDINGS.test(path)) this.take(path, root, info);
    }
  }

  /** Counts what is no sound that is read, where its name says that it is a recording. */
  #count(path: string): void {
    const kind = path.match(OTHER_KINDS)?.[0].toLowerCase();
    if (kind !== undefined) this.otherKinds.set(kind, (this.otherKinds.get(kind) ?? 0) + 1);
  }

  /** What lies in a folder, by name; nothing where that was looked at before. */
  #entriesOf(folder: string): Deno.DirEntry[] {
    try {
      const real = Deno.realPathSync(folder);
      if (this.#entered.has(real)) return [];
      this.#entered.add(real);
      return Array.from(Deno.readDirSync(folder)).sort((a, b) => a.name < b.name ? -1 : 1);
    } catch (error) {
      // A folder that has just gone has nothing in it.
      if (error instanceof Deno.errors.NotFound) return [];
      const reason = `Expected to look into ${folder} but found: ${reasonOf(error)}`;
      this.unread.push({ path: folder, reason });
      return [];
    }
  }

  /** What a name stands for; nothing where that can't be read, which is noted. */
  #look(path: string, name: string): Deno.FileInfo | undefined {
    try {
      return Deno.statSync(path);
    } catch (error) {
      const isGone = error instanceof Deno.errors.NotFound;
      if (isGone && name.includes("\ufffd")) {
        this.unread.push({ path, reason: `Expected a name in UTF-8 but found ${path}: rename it` });
      } else if (!isGone) {
        this.unread.push({
          path,
          reason: `Expected to read ${path} but found: ${reasonOf(error)}`,
        });
      }
      // Otherwise a link that leads nowhere, or a file that has just gone.
      return undefined;
    }
  }
}

/** Whether there is still a file, or one that can't be looked at now. */
export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Whether nothing lies in a folder; not where that can't be told. */
function isEmpty(folder: string): boolean {
  try {
    for (const _ of Deno.readDirSync(folder)) return false;
    return true;
  } catch {
    return false;
  }
}

/** Whether a path lies below a folder, or is it. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function describe(path: string, root: string, info: Deno.FileInfo): FoundFile {
  const words = wordsOf(relative(root, path));
  const { size, mtime, ctime } = info;
  return { path, size, mtime: mtime?.getTime() ?? 0, ctime: ctime?.getTime() ?? 0, words };
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
