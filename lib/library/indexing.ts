import { resolve, sep } from "node:path";
import { counted } from "../io/counted.ts";
import { hashFile } from "../io/hash.ts";
import { startProgress } from "../ui/progress.ts";
import { BATCH_ROWS, Batches, KNOWN, type Known, newest, removeOthers } from "./batches.ts";
import { reaching } from "./conflicts.ts";
import {
  findFiles,
  type Found,
  type FoundFile,
  isOfShard,
  isThere,
  type Shard,
  type Unread,
} from "./files.ts";
import { modelVersion, SHAPE } from "./hearing.ts";
import { Listeners, type Outcome } from "./listening.ts";
import type { BrokenFile } from "./rows.ts";
import { all, areBelow, isOneOf, quote } from "./sql.ts";
import { Store } from "./store.ts";

/** How a library is brought up to date. */
export interface IndexOptions {
  /** Hears only its share of the files, beside other machines. */
  shard?: Shard;
  /** Is told, in plain sentences, what is about to happen. */
  say?: (sentence: string) => void;
}

/** What came of it, in files. */
export interface IndexReport {
  /** In the library below the given places, after it. */
  files: number;
  /** Rows of the whole library: pieces of long recordings count each. */
  sounds: number;
  heard: number;
  unchanged: number;
  /** Known by their content under another name, or with a new date. */
  moved: number;
  gone: number;
  broken: BrokenFile[];
  /** Files and folders that could not be read now: what was known of them stays. */
  unread: Unread[];
  /** Links to what is around them, which were not followed. */
  leftOut: Unread[];
  /** Files of kinds that are not read, which were passed over: endings of names → how many. */
  otherKinds: Record<string, number>;
  seconds: number;
}

/** Files that are handed to the processes together. */
const HANDED_OUT = 512;
/** Sizes that are asked for by name; more of them, and all are read. */
const FEW = 100;
/** Bytes whose comparison takes a while. */
const MUCH = 2 ** 26;
/** Contents that are looked up together. */
const LOOKED_UP = 256;
/** Files of up to 4 s that a core hears in a second; see docs/library.md. */
const RATE = 45;

/**
 * Brings a library up to date with what lies in folders: new and changed files are heard, moved ones
 * are known by their content, those that are gone leave. What was written stays, whenever it ends.
 *
 * @param places Folders, or single files.
 * @param library Where the library lies; it is made where there is none.
 */
export async function indexSounds(
  places: string[],
  library: string,
  options: IndexOptions = {},
): Promise<IndexReport> {
  const start = performance.now();
  const say = options.say ?? (() => {});
  const found = findFiles(places, options.shard);
  const store = await Store.openOrCreate(library, SHAPE);
  try {
    const indexing = new Indexing(store, places, options.shard, say, found);
    const report = await reaching(library, () => indexing.run(found.files));
    const otherKinds = Object.fromEntries(found.otherKinds);
    const seconds = (performance.now() - start) / 1000;
    return { ...report, leftOut: found.leftOut, otherKinds, seconds };
  } finally {
    store.close();
  }
}

class Indexing {
  readonly #store: Store;
  readonly #scope: string;
  readonly #shard?: Shard;
  readonly #say: (sentence: string) => void;
  readonly #model = modelVersion();
  readonly #unread: Unread[];
  /** Places in which nothing lies at all. */
  readonly #empty: string[];
  readonly #batches: Batches;
  /** Files that are no longer where they were, though what they held is found elsewhere. */
  readonly #left = new Set<string>();

  constructor(
    store: Store,
    places: string[],
    shard: Shard | undefined,
    say: (sentence: string) => void,
    { unread, empty }: Found,
  ) {
    this.#store = store;
    this.#scope = areBelow(places.map((place) => resolve(place)));
    this.#shard = shard;
    this.#say = say;
    this.#unread = unread;
    this.#empty = empty;
    this.#batches = new Batches(store, this.#model);
  }

  async run(files: FoundFile[]): Promise<Omit<IndexReport, "leftOut" | "otherKinds" | "seconds">> {
    const known = await this.#readKnown();
    this.#keepEmpty(known);
    const broken = new Map((await this.#store.listBroken()).map((file) => [file.path, file]));
    const isSame = (file: FoundFile, old?: { size: number; mtime: number; model: string }) =>
      old !== undefined && old.size === file.size && old.mtime === file.mtime &&
      old.model === this.#model;
    const changed = files.filter((file) =>
      !isSame(file, known.get(file.path)) && !isSame(file, broken.get(file.path))
    );
    const older = changed.filter(({ path }) =>
      (known.get(path)?.model ?? this.#model) !== this.#model
    );
    const moved = await this.#takeMoved(changed);
    const toHear = changed.filter(({ path }) => !moved.has(path));
    await this.#hear(toHear, older.length);
    const gone = await this.#removeGone(files, known, broken);
    await this.#store.tidy();
    const paths = new Set(files.map(({ path }) => path));
    const brokenNow = (await this.#store.listBroken()).filter(({ path }) => paths.has(path));
    const unheard = new Set([...brokenNow, ...this.#unread].map(({ path }) => path));
    return {
      files: files.filter(({ path }) => !unheard.has(path)).length,
      sounds: await this.#store.count(),
      heard: toHear.filter(({ path }) => !unheard.has(path)).length,
      unchanged: files.length - changed.length,
      moved: moved.size,
      gone,
      broken: brokenNow,
      unread: this.#unread,
    };
  }

  /** A folder with nothing in it where there were sounds is more likely a disk that is not there now. */
  #keepEmpty(known: Map<string, Known>): void {
    for (const place of this.#empty) {
      const path = place.endsWith(sep) ? place : place + sep;
      const count = [...known.keys()].filter((file) => file.startsWith(path)).length;
      if (count === 0) continue;
      const reason =
        `Expected sounds in ${place}, where the library has ${counted(count, "file")}, ` +
        "but found an empty folder: they stay, in case its disk is away; --forget takes them out";
      this.#unread.push({ path, reason });
    }
  }

  /** What the library has of each file in these places, after mending what a kill left. */
  async #readKnown(): Promise<Map<string, Known>> {
    const known = new Map<string, Known>(), twice = new Map<string, string>();
    for await (const row of this.#store.list(KNOWN, this.#scope)) {
      if (!isOfShard(row.path, this.#shard)) continue;
      const other = known.get(row.path);
      const kept = other === undefined ? row : newest([row, other])!;
      if (other !== undefined && other.batch !== row.batch) twice.set(row.path, kept.batch);
      known.set(row.path, kept);
    }
    if (twice.size > 0) {
      await this.#store.exclusively(() => removeOthers(this.#store, twice));
    }
    return known;
  }

  /**
   * Takes over what is known of files with the same content: such as were moved, copied or only
   * touched.
   *
   * @returns Their paths.
   */
  async #takeMoved(changed: FoundFile[]): Promise<Set<string>> {
    const hashes = await this.#hashesOfSizes(changed);
    const moved = new Set<string>();
    let alike: { file: FoundFile; hash: string }[] = [];
    const take = async () => {
      for (const path of await this.#takeOver(alike)) moved.add(path);
      alike = [];
      await this.#batches.flushWhenDue();
    };
    const ofSize = changed.filter(({ size }) => hashes.has(size));
    const isMuch = ofSize.reduce((sum, { size }) => sum + size, 0) > MUCH;
    const progress = isMuch
      ? startProgress("Comparing contents", { total: ofSize.length })
      : undefined;
    try {
      for (const [i, file] of ofSize.entries()) {
        try {
          const hash = await hashFile(file.path);
          if (hashes.get(file.size)!.has(hash)) alike.push({ file, hash });
        } catch {
          // What it can't be read for is found out where it is heard.
        }
        progress?.update(i + 1);
        if (alike.length >= LOOKED_UP) await take();
      }
    } finally {
      await progress?.finish();
    }
    await take();
    await this.#batches.flush();
    return moved;
  }

  /** Takes over what is known of files by their contents; gives the paths of those. */
  async #takeOver(files: { file: FoundFile; hash: string }[]): Promise<string[]> {
    if (files.length === 0) return [];
    const hashes = isOneOf("hash", [...new Set(files.map(({ hash }) => hash))]);
    const rows = await this.#store.read(all([hashes, this.#isCurrent])!);
    const byHash = Map.groupBy(rows, ({ hash }) => hash);
    return files.flatMap(({ file, hash }) => {
      const [source, ...rest] = byHash.get(hash) ?? [];
      if (source === undefined) return [];
      // Whoever moves a library moves all of it, out of the places that are looked at.
      for (const { path } of byHash.get(hash)!) if (!isThere(path)) this.#left.add(path);
      const others = rest.filter(({ path, batch }) =>
        path === source.path && batch === source.batch
      );
      this.#batches.addHeard(file, source, [source, ...others]);
      return [file.path];
    });
  }

  get #isCurrent(): string {
    return `model = ${quote(this.#model)}`;
  }

  /** The contents that the library has, by size: only a file of such a size is worth a look. */
  async #hashesOfSizes(files: FoundFile[]): Promise<Map<number, Set<string>>> {
    const bySize = new Map<number, Set<string>>();
    if (files.length === 0) return bySize;
    const sizes = [...new Set(files.map(({ size }) => size))];
    const among = sizes.length > FEW ? undefined : `size IN (${sizes.join(", ")})`;
    const wanted = new Set(sizes);
    for await (
      const { size, hash } of this.#store.list(["size", "hash"], all([this.#isCurrent, among]))
    ) {
      if (!wanted.has(size)) continue;
      const hashes = bySize.get(size);
      if (hashes === undefined) bySize.set(size, new Set([hash]));
      else hashes.add(hash);
    }
    return bySize;
  }

  async #hear(files: FoundFile[], older: number): Promise<void> {
    if (files.length === 0) return;
    if (older > 0) {
      const rate = RATE * navigator.hardwareConcurrency;
      this.#say(
        `${older} sounds were heard by an older model and are heard again, at about ` +
          `${rate} a second where they are short: ${Math.ceil(older / rate)} s`,
      );
    }
    const progress = startProgress("Hearing sounds", { total: files.length });
    const byPath = new Map(files.map((file) => [file.path, file]));
    const listeners = new Listeners(files.length);
    let done = 0;
    try {
      for (let i = 0; i < files.length; i += HANDED_OUT) {
        const paths = files.slice(i, i + HANDED_OUT).map(({ path }) => path);
        await listeners.hear(paths, async (path, outcome) => {
          this.#take(byPath.get(path)!, outcome);
          progress.update(++done);
          await this.#batches.flushWhenDue();
        });
      }
      await this.#batches.flush();
    } finally {
      await listeners.close();
      await progress.finish();
    }
  }

  #take(file: FoundFile, outcome: Outcome): void {
    if (!("error" in outcome)) this.#batches.addHeard(file, outcome, outcome.pieces);
    else if (outcome.isUnread) this.#unread.push({ path: file.path, reason: outcome.error });
    else this.#batches.addBroken(file, outcome.error);
  }

  async #removeGone(
    files: FoundFile[],
    known: Map<string, Known>,
    broken: Map<string, BrokenFile>,
  ): Promise<number> {
    const paths = new Set(files.map(({ path }) => path));
    // What lies in a folder that can't be read now may still be there.
    const hidden = this.#unread.map(({ path }) => path);
    const isHidden = (path: string) => hidden.some((folder) => path.startsWith(folder));
    const gone = [...new Set([...known.keys(), ...this.#left])]
      .filter((path) => !paths.has(path) && (this.#left.has(path) || !isHidden(path)));
    const goneBroken = [...broken.keys()].filter((path) => !paths.has(path) && !isThere(path));
    if (gone.length + goneBroken.length === 0) return 0;
    await this.#store.exclusively(async () => {
      for (let i = 0; i < gone.length; i += BATCH_ROWS) {
        await this.#store.remove(isOneOf("path", gone.slice(i, i + BATCH_ROWS)));
      }
      await this.#store.removeBroken(goneBroken);
    });
    return gone.length;
  }
}
