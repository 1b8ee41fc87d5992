import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { startProgress } from "../ui/progress.ts";
import { hashFile } from "../io/hash.ts";
import { findFiles, type FoundFile, isOfShard, type Shard } from "./files.ts";
import { type Heard, Hearing, modelVersion } from "./hearing.ts";

import { type HeardFile, Listeners, type Outcome } from "./listening.ts";
import { type BrokenFile, shapeOf, type SoundInfo, type SoundRow } from "./rows.ts";
import { isBelow, isOneOf, quote } from "./sql.ts";
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
  seconds: number;
}

/** Sounds are written together when so much time has gone by, in milliseconds, … */
const BATCH_TIME = 5000;
/** … or so many have been heard. */
const BATCH_ROWS = 1000;
/** Files that are handed to the processes together. */
const HANDED_OUT = 512;
/** Sizes that are asked for by name; more of them, and all are read. */
const FEW = 100;

/** What is known of a file from its rows. */
type Known = Pick<SoundInfo, "path" | "size" | "mtime" | "hash" | "model" | "batch" | "added">;
const KNOWN = ["path", "size", "mtime", "hash", "model", "batch", "added"] as const;

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
  const files = findFiles(places, options.shard);
  const store = await Store.openOrCreate(library, await modelShape());
  try {
    const indexing = new Indexing(store, places, options.shard, say);
    const report = await indexing.run(files);
    return { ...report, seconds: (performance.now() - start) / 1000 };
  } finally {
    store.close();
  }
}

/** How much the model keeps of a sound: asked of it, with the shortest sound there is. */
async function modelShape() {
  const samples = Float32Array.from({ length: 1600 }, (_, i) => Math.sin(i / 5));
  return shapeOf(await new Hearing().item({ samples, sampleRate: 16000 }));
}

class Indexing {
  readonly #store: Store;
  readonly #scope: string;
  readonly #shard?: Shard;
  readonly #say: (sentence: string) => void;
  readonly #model = modelVersion();
  #rows: SoundRow[] = [];
  #broken: BrokenFile[] = [];
  #lastFlush = performance.now();

  constructor(store: Store, places: string[], shard: Shard | undefined, say: (s: string) => void) {
    this.#store = store;
    this.#scope = `(${places.map((place) => isBelow(resolve(place))).join(" OR ")})`;
    this.#shard = shard;
    this.#say = say;
  }

  async run(files: FoundFile[]): Promise<Omit<IndexReport, "seconds">> {
    const known = await this.#readKnown();
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
    return {
      files: files.length - brokenNow.length,
      sounds: await this.#store.count(),
      heard: toHear.length -
        brokenNow.filter(({ path }) => toHear.some((f) => f.path === path)).length,
      unchanged: files.length - changed.length,
      moved: moved.size,
      gone,
      broken: brokenNow,
    };
  }

  /** What the library has of each file in these places, after mending what a kill left. */
  async #readKnown(): Promise<Map<string, Known>> {
    const known = new Map<string, Known>(), twice = new Set<string>();
    for await (const row of this.#store.list(KNOWN, this.#scope)) {
      if (!isOfShard(row.path, this.#shard)) continue;
      const other = known.get(row.path);
      if (other !== undefined && other.batch !== row.batch) twice.add(row.path);
      known.set(row.path, newest([row, ...other === undefined ? [] : [other]])!);
    }
    if (twice.size > 0) {
      await this.#store.exclusively(async () => {
        for (const path of twice) {
          const { batch } = known.get(path)!;
          await this.#store.remove(`path = ${quote(path)} AND batch <> ${quote(batch)}`);
        }
      });
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
    const current = `model = ${quote(this.#model)}`;
    const hashes = await this.#hashesOfSizes(changed, current);
    const moved = new Set<string>();
    for (const file of changed.filter(({ size }) => hashes.has(size))) {
      let hash: string;
      try {
        hash = await hashFile(file.path);
      } catch {
        // What it can't be read for is found out where it is heard.
        continue;
      }
      if (!hashes.get(file.size)!.has(hash)) continue;
      const rows = await this.#store.read(`hash = ${quote(hash)} AND ${current}`);
      const source = rows[0];
      if (source === undefined) continue;
      const pieces = rows.filter(({ path, batch }) =>
        path === source.path && batch === source.batch
      );
      this.#addRows(file, source, pieces);
      moved.add(file.path);
      await this.#flushWhenDue();
    }
    await this.#flush();
    return moved;
  }

  /** The contents that the library has, by size: only a file of such a size is worth a look. */
  async #hashesOfSizes(files: FoundFile[], current: string): Promise<Map<number, Set<string>>> {
    const bySize = new Map<number, Set<string>>();
    if (files.length === 0) return bySize;
    const sizes = [...new Set(files.map(({ size }) => size))];
    const where = sizes.length > FEW ? current : `${current} AND size IN (${sizes.join(", ")})`;
    for await (const { size, hash } of this.#store.list(["size", "hash"], where)) {
      const hashes = bySize.get(size);
      if (hashes === undefined) bySize.set(size, new Set([hash]));
      else hashes.add(hash);
    }
    return bySize;
  }

  async #hear(files: FoundFile[], older: number): Promise<void> {
    if (files.length === 0) return;
    if (older > 0) {
      this.#say(
        `${older} sounds were heard by an older model and are heard again, ` +
          `at about 60 a second: ${Math.ceil(older / 60)} s`,
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
          await this.#flushWhenDue();
        });
      }
      await this.#flush();
    } finally {
      await listeners.close();
      await progress.finish();
    }
  }

  #take(file: FoundFile, outcome: Outcome): void {
    if ("error" in outcome) {
      const { path, size, mtime } = file;
      this.#broken.push({ path, size, mtime, model: this.#model, reason: outcome.error });
    } else {
      this.#addRows(file, outcome, outcome.pieces);
    }
  }

  #addRows(
    file: FoundFile,
    about: Pick<HeardFile, "hash" | "duration" | "rate" | "channels">,
    pieces: ({ start: number; end: number } & Heard)[],
  ): void {
    const { hash, duration, rate, channels } = about;
    for (const { start, end, vectors, features } of pieces) {
      const id = createHash("sha256").update(`${file.path}\0${start}`).digest("hex").slice(0, 24);
      const row = { ...file, id, hash, duration, rate, channels, start, end, vectors, features };
      this.#rows.push({ ...row, model: this.#model, batch: "", added: 0 });
    }
  }

  async #flushWhenDue(): Promise<void> {
    const isDue = this.#rows.length >= BATCH_ROWS ||
      performance.now() - this.#lastFlush > BATCH_TIME;
    if (isDue) await this.#flush();
  }

  /**
   * Writes what was heard, then removes what it replaces: whenever it is killed, at most the rows of
   * one batch are there twice, which the next run mends.
   */
  async #flush(): Promise<void> {
    this.#lastFlush = performance.now();
    const rows = this.#rows, broken = this.#broken;
    this.#rows = [];
    this.#broken = [];
    if (rows.length + broken.length === 0) return;
    const batch = crypto.randomUUID(), added = Date.now();
    await this.#store.exclusively(async () => {
      const paths = [...new Set(rows.map(({ path }) => path))];
      const old: Known[] = [];
      for await (const row of this.#store.list(KNOWN, isOneOf("path", paths))) old.push(row);
      // Another indexer may have heard the same file meanwhile, or this be done once more.
      const there = new Map<string, Known>();
      for (const { path, hash, mtime } of rows) {
        const same = newest(
          old.filter((row) =>
            row.path === path && row.hash === hash && row.mtime === mtime &&
            row.model === this.#model
          ),
        );
        if (same !== undefined) there.set(path, same);
      }
      const fresh = rows.filter(({ path }) => !there.has(path));
      await this.#store.add(fresh.map((row) => ({ ...row, batch, added })));
      const kept = (path: string) => there.get(path)?.batch ?? batch;
      const replaced = old.filter(({ path, batch }) => batch !== kept(path));
      for (const [batch, rows] of Map.groupBy(replaced, ({ path }) => kept(path))) {
        const paths = [...new Set(rows.map(({ path }) => path))];
        await this.#store.remove(`${isOneOf("path", paths)} AND batch <> ${quote(batch)}`);
      }
      await this.#store.removeBroken(paths);
      const brokenPaths = broken.map(({ path }) => path);
      if (brokenPaths.length > 0) {
        await this.#store.addBroken(broken);
        await this.#store.remove(isOneOf("path", brokenPaths));
      }
    });
  }

  async #removeGone(
    files: FoundFile[],
    known: Map<string, Known>,
    broken: Map<string, BrokenFile>,
  ): Promise<number> {
    const paths = new Set(files.map(({ path }) => path));
    const gone = [...known.keys()].filter((path) => !paths.has(path));
    const goneBroken = [...broken.keys()].filter((path) => !paths.has(path) && !isThere(path));
    await this.#store.exclusively(async () => {
      for (let i = 0; i < gone.length; i += BATCH_ROWS) {
        await this.#store.remove(isOneOf("path", gone.slice(i, i + BATCH_ROWS)));
      }
      await this.#store.removeBroken(goneBroken);
    });
    return gone.length;
  }
}

/** The row that was written last; of several at once, the same one for whoever asks. */
function newest(rows: Known[]): Known | undefined {
  return rows.reduce<Known | undefined>(
    (a, b) =>
      a === undefined || b.added > a.added || (b.added === a.added && b.batch > a.batch) ? b : a,
    undefined,
  );
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
