/** What is written into a library together: whenever it is killed, at most one batch is lost. */
import type { FoundFile } from "./files.ts";
import type { Heard } from "./hearing.ts";
import { idOf } from "./ids.ts";
import type { HeardFile } from "./listening.ts";
import type { BrokenFile, SoundInfo, SoundRow } from "./rows.ts";
import { isOneOf, quote } from "./sql.ts";
import type { Store } from "./store.ts";

/** Sounds are written together when so much time has gone by, in milliseconds, … */
const BATCH_TIME = 5000;
/** … or so many have been heard. */
export const BATCH_ROWS = 1000;

/** What is known of a file from its rows. */
export type Known = Pick<SoundInfo, "path" | "size" | "mtime" | "model" | "batch" | "added">;
/** Its columns. */
export const KNOWN = ["path", "size", "mtime", "model", "batch", "added"] as const;

/** The row that was written last; of several at once, the same one for whoever asks. */
export function newest<T extends Known>(rows: T[]): T | undefined {
  return rows.reduce<T | undefined>(
    (a, b) =>
      a === undefined || b.added > a.added || (b.added === a.added && b.batch > a.batch) ? b : a,
    undefined,
  );
}

/**
 * Removes the rows of files that are not of the batch that is kept of each.
 *
 * @param kept Path → batch.
 */
export async function removeOthers(store: Store, kept: Map<string, string>): Promise<void> {
  for (const [batch, files] of Map.groupBy(kept, ([, batch]) => batch)) {
    for (let i = 0; i < files.length; i += BATCH_ROWS) {
      const paths = files.slice(i, i + BATCH_ROWS).map(([path]) => path);
      await store.remove(`${isOneOf("path", paths)} AND batch <> ${quote(batch)}`);
    }
  }
}

/** Gathers what is found of files, and writes it now and then. */
export class Batches {
  readonly #store: Store;
  readonly #model: string;
  readonly #looked: number;
  #rows: SoundRow[] = [];
  #same: string[] = [];
  #broken: BrokenFile[] = [];
  #lastFlush = performance.now();
  /** How many files' rows were there before and have been written anew. */
  rewritten = 0;

  /**
   * @param model What the sounds are heard by.
   * @param looked When the files were looked at, in milliseconds since 1970.
   */
  constructor(store: Store, model: string, looked: number) {
    this.#store = store;
    this.#model = model;
    this.#looked = looked;
  }

  /** Takes in what was heard of a file. */
  addHeard(
    file: FoundFile,
    about: Pick<HeardFile, "hash" | "duration" | "rate" | "channels">,
    pieces: ({ start: number; end: number } & Heard)[],
  ): void {
    const { hash, duration, rate, channels } = about;
    for (const { start, end, vectors, features } of pieces) {
      const id = idOf(file.path, start);
      const row = { ...file, id, hash, duration, rate, channels, start, end, vectors, features };
      this.#rows.push({ ...row, model: this.#model, batch: "", added: 0 });
    }
  }

  /** Takes in that a file holds what is known of it. */
  addSame(path: string): void {
    this.#same.push(path);
  }

  /** Takes in why nothing could be heard in a file. */
  addBroken({ path, size, mtime }: FoundFile, reason: string): void {
    this.#broken.push({ path, size, mtime, model: this.#model, reason });
  }

  /** Writes what there is, where it is enough or has waited for long. */
  async flushWhenDue(): Promise<void> {
    const isDue = this.#rows.length + this.#same.length >= BATCH_ROWS ||
      performance.now() - this.#lastFlush > BATCH_TIME;
    if (isDue) await this.flush();
  }

  /**
   * Writes what was heard, then removes what it replaces: whenever it is killed, at most the rows of
   * one batch are there twice, which the next run mends.
   */
  async flush(): Promise<void> {
    this.#lastFlush = performance.now();
    const rows = this.#rows, same = this.#same, broken = this.#broken;
    this.#rows = [];
    this.#same = [];
    this.#broken = [];
    if (rows.length + same.length + broken.length === 0) return;
    const batch = crypto.randomUUID(), added = this.#looked;
    await this.#store.exclusively(async () => {
      const paths = [...new Set(rows.map(({ path }) => path))];
      const there = await this.#alreadyThere(rows, paths);
      const fresh = rows.filter(({ path }) => !there.isKept.has(path));
      await this.#store.add(fresh.map((row) => ({ ...row, batch, added })));
      await removeOthers(
        this.#store,
        new Map(there.replaced.map((path) => [path, there.isKept.get(path) ?? batch])),
      );
      await this.#store.setAdded(same, added);
      this.rewritten += same.length + there.replaced.length;
      await this.#store.broken.remove(paths);
      if (broken.length > 0) {
        await this.#store.broken.add(broken);
        await this.#store.remove(isOneOf("path", broken.map(({ path }) => path)));
      }
    });
  }

  /**
   * What the library has of files: another indexer may have heard the same meanwhile, or this be done
   * once more.
   *
   * @returns The batches of those that are as they should be, and the paths of those that have others.
   */
  async #alreadyThere(
    rows: SoundRow[],
    paths: string[],
  ): Promise<{ isKept: Map<string, string>; replaced: string[] }> {
    const old = new Map<string, (Known & { hash: string })[]>();
    for await (const row of this.#store.list([...KNOWN, "hash"], isOneOf("path", paths))) {
      old.set(row.path, [...old.get(row.path) ?? [], row]);
    }
    const isKept = new Map<string, string>();
    for (const { path, hash, mtime } of rows) {
      const same = newest(
        (old.get(path) ?? []).filter((row) =>
          row.hash === hash && row.mtime === mtime && row.model === this.#model
        ),
      );
      if (same !== undefined) isKept.set(path, same.batch);
    }
    const replaced = [...old].filter(([path, rows]) =>
      rows.some(({ batch }) => batch !== isKept.get(path))
    );
    return { isKept, replaced: replaced.map(([path]) => path) };
  }
}
