import { dirname, resolve } from "node:path";
import { counted } from "../io/counted.ts";
import { startProgress } from "../ui/progress.ts";
import { BATCH_ROWS, Batches, KNOWN, type Known, newest, removeOthers } from "./batches.ts";
import { reaching } from "./conflicts.ts";
import {
  findFiles,
  type Found,
  type FoundFile,
  isInside,
  isOfShard,
  isThere,
  type Shard,
  type Unread,
} from "./files.ts";
import { modelVersion, SHAPE } from "./hearing.ts";
import { KnownContents } from "./known_contents.ts";
import { Listeners, type Outcome } from "./listening.ts";
import type { BrokenFile } from "./rows.ts";
import { areBelow, isOneOf } from "./sql.ts";
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
/** What the system tells times of change to, in milliseconds: whole seconds. */
const CTIME_STEP = 1000;
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
  /** That a path lies in one of the places, in parts. */
  readonly #scope: string[];
  readonly #shard?: Shard;
  readonly #say: (sentence: string) => void;
  readonly #model = modelVersion();
  readonly #unread: Unread[];
  /** Places in which nothing lies at all. */
  readonly #empty: string[];
  readonly #looked: number;
  readonly #batches: Batches;

  constructor(
    store: Store,
    places: string[],
    shard: Shard | undefined,
    say: (sentence: string) => void,
    { looked, unread, empty }: Found,
  ) {
    this.#store = store;
    this.#scope = areBelow(places.map((place) => resolve(place)));
    this.#shard = shard;
    this.#say = say;
    this.#unread = unread;
    this.#empty = empty;
    this.#looked = looked;
    this.#batches = new Batches(store, this.#model, looked);
  }

  async run(files: FoundFile[]): Promise<Omit<IndexReport, "leftOut" | "otherKinds" | "seconds">> {
    const known = await this.#readKnown();
    this.#keepEmpty(known);
    const broken = new Map((await this.#store.broken.list()).map((file) => [file.path, file]));
    const changed = files.filter((file) => {
      const old = known.get(file.path);
      if (old === undefined) return !this.#isSame(file, broken.get(file.path));
      return !this.#isSame(file, old) || this.#mayBeOther(file, old.added);
    });
    const older = changed.filter(({ path }) =>
      (known.get(path)?.model ?? this.#model) !== this.#model
    );
    const contents = new KnownContents(this.#store, this.#model, this.#batches);
    const { same, moved, left } = await contents.take(changed);
    const toHear = changed.filter(({ path }) => !same.has(path) && !moved.has(path));
    await this.#hear(toHear, older.length);
    const gone = await this.#removeGone(files, known, broken, left);
    await this.#store.tidy(this.#batches.rewritten);
    const paths = new Set(files.map(({ path }) => path));
    const brokenNow = (await this.#store.broken.list()).filter(({ path }) => paths.has(path));
    const unheard = new Set([...brokenNow, ...this.#unread].map(({ path }) => path));
    return {
      files: files.filter(({ path }) => !unheard.has(path)).length,
      sounds: await this.#store.count(),
      heard: toHear.filter(({ path }) => !unheard.has(path)).length,
      unchanged: files.length - changed.length + same.size,
      moved: moved.size,
      gone,
      broken: brokenNow,
      unread: this.#unread,
    };
  }

  /** Whether a file is what it was, by its size and date. */
  #isSame(file: FoundFile, old?: Pick<Known, "size" | "mtime" | "model">): boolean {
    return old?.size === file.size && old.mtime === file.mtime && old.model === this.#model;
  }

  /**
   * Whether a file may have been put in the place of the one that was looked at before. What is changed
   * at a time that is still to come, by a clock that is ahead, is told when that has come.
   */
  #mayBeOther(file: FoundFile, added: number): boolean {
    const isSince = file.ctime + CTIME_STEP > added || added > this.#looked;
    return isSince && file.ctime <= this.#looked;
  }

  /** A folder with nothing in it where there were sounds is more likely a disk that is not there now. */
  #keepEmpty(known: Map<string, Known>): void {
    for (const place of this.#empty) {
      const count = [...known.keys()].filter((file) => isInside(file, place)).length;
      if (count === 0) continue;
      const reason =
        `Expected sounds in ${place}, where the library has ${counted(count, "file")}, ` +
        "but found an empty folder: they stay, in case its disk is away; --forget takes them out";
      this.#unread.push({ path: place, reason });
    }
  }

  /** What the library has of each file in these places, after mending what a kill left. */
  async #readKnown(): Promise<Map<string, Known>> {
    const known = new Map<string, Known>(), twice = new Map<string, string>();
    for (const below of this.#scope) {
      for await (const row of this.#store.list(KNOWN, below)) {
        if (!isOfShard(row.path, this.#shard)) continue;
        const other = known.get(row.path);
        const kept = other === undefined ? row : newest([row, other])!;
        if (other !== undefined && other.batch !== row.batch) twice.set(row.path, kept.batch);
        known.set(row.path, kept);
      }
    }
    if (twice.size > 0) {
      await this.#store.exclusively(() => removeOthers(this.#store, twice));
    }
    return known;
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
    left: Set<string>,
  ): Promise<number> {
    const paths = new Set(files.map(({ path }) => path));
    // What lies in a folder that can't be read now may still be there.
    const hidden = new Set(this.#unread.map(({ path }) => path));
    const isHidden = (path: string): boolean =>
      hidden.has(path) || (dirname(path) !== path && isHidden(dirname(path)));
    const gone = [...new Set([...known.keys(), ...left])]
      .filter((path) => !paths.has(path) && (left.has(path) || !isHidden(path)));
    const goneBroken = [...broken.keys()].filter((path) => !paths.has(path) && !isThere(path));
    if (gone.length + goneBroken.length === 0) return 0;
    await this.#store.exclusively(async () => {
      for (let i = 0; i < gone.length; i += BATCH_ROWS) {
        await this.#store.remove(isOneOf("path", gone.slice(i, i + BATCH_ROWS)));
      }
      await this.#store.broken.remove(goneBroken);
    });
    return gone.length;
  }
}
