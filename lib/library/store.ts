import { join } from "node:path";
import { BrokenFiles } from "./broken_files.ts";
import { isConflict, reaching, retry } from "./conflicts.ts";
import type { Heard, Shape } from "./hearing.ts";
import { idAt } from "./ids.ts";
import type { ArrowTable, Lance, LanceConnection, LanceQuery, LanceTable } from "./lancedb.ts";
import { isRemote, plainPlace } from "./place.ts";
import {
  heardColumn,
  INFO_COLUMNS,
  readHeard,
  readInfo,
  shapeIn,
  type SoundInfo,
  type SoundRow,
  soundsTable,
  VECTOR_COLUMN,
} from "./rows.ts";
import { all, isOneOf, quote } from "./sql.ts";
import { openOrMakeTables, openTables, type Tables } from "./tables.ts";
import { buildIndices, INDEXED_FROM, isUntidy, joinFiles, probesFor, READ } from "./upkeep.ts";

const ALL_INFO = Object.keys(INFO_COLUMNS) as (keyof SoundInfo)[];

/** The tables of a library: that of the sounds, and the list of broken files beside it. */
export class Store {
  /** The files in which nothing could be heard. */
  readonly broken: BrokenFiles;
  #shape: Shape;
  readonly #library: string;
  readonly #lance: Lance;
  readonly #connection: LanceConnection;
  readonly #sounds: LanceTable;

  private constructor(library: string, tables: Tables) {
    this.#library = library;
    this.#lance = tables.lance;
    this.#connection = tables.connection;
    this.#sounds = tables.sounds;
    this.broken = new BrokenFiles(tables.lance, tables.broken);
    this.#shape = tables.shape;
  }

  /** How much is kept of each sound, as of the last {@linkcode refresh}. */
  get shape(): Shape {
    return this.#shape;
  }

  /**
   * Opens a library.
   *
   * @param library A folder, or a place on object storage such as `s3://bucket/library`.
   * @throws {LibraryError} Where there is none.
   */
  static open(library: string): Promise<Store> {
    return Store.#from(library, openTables);
  }

  /**
   * Opens a library or makes an empty one, for sounds of a certain shape. Where an older model left
   * another shape, the sounds stay listed but have to be heard anew.
   */
  static openOrCreate(library: string, shape: Shape): Promise<Store> {
    // Whoever comes at the same time makes the same tables: the second one finds them.
    return Store.#from(library, (place) => openOrMakeTables(place, shape));
  }

  static async #from(
    given: string,
    open: (library: string) => Promise<Tables>,
  ): Promise<Store> {
    const library = plainPlace(given);
    return await reaching(
      library,
      () => retry(async () => new Store(library, await open(library))),
    );
  }

  get #heard(): string {
    return heardColumn(this.shape.views);
  }

  /** How many sounds there are that satisfy a predicate. */
  count(where?: string): Promise<number> {
    return this.#sounds.countRows(where);
  }

  /** Some columns of all sounds that satisfy a predicate. */
  list<K extends keyof SoundInfo>(
    columns: readonly K[],
    where?: string,
  ): AsyncGenerator<Pick<SoundInfo, K>> {
    const query = this.#sounds.query();
    return scan(where === undefined ? query : query.where(where), columns);
  }

  /** Whole rows. */
  async read(where: string): Promise<(SoundInfo & Heard)[]> {
    const query = this.#sounds.query().where(where);
    return this.#toRows(await query.select([...ALL_INFO, this.#heard]).toArrow(), ALL_INFO);
  }

  /** What was heard and some columns, by the numbers that {@linkcode nearest} and others give. */
  async readRows<K extends keyof SoundInfo>(
    rowIds: bigint[],
    columns: readonly K[],
  ): Promise<(Pick<SoundInfo, K> & Heard)[]> {
    if (rowIds.length === 0) return [];
    const query = this.#sounds.takeRowIds(rowIds).select([...columns, this.#heard]);
    return this.#toRows(await query.toArrow(), columns);
  }

  #toRows<K extends keyof SoundInfo>(
    table: ArrowTable,
    columns: readonly K[],
  ): (Pick<SoundInfo, K> & Heard)[] {
    return Array.from({ length: table.numRows }, (_, i) => ({
      ...readInfo(table, i, columns),
      ...readHeard(table, i, this.shape),
    }));
  }

  /**
   * The sounds whose vectors are nearest to a query's, the first pass, with what was heard of them and
   * some columns. An index knows distances but roughly: of some more than are wanted the nearest are
   * told by what was read of them, which the second pass needs anyway.
   *
   * @param vector Of length 1.
   * @returns The nearest first.
   */
  async nearestRows<K extends keyof SoundInfo>(
    vector: Float32Array,
    count: number,
    columns: readonly K[],
    where?: string,
  ): Promise<(Pick<SoundInfo, K> & Heard)[]> {
    const found = await this.nearest(vector, Math.ceil(READ * count), { where });
    const rows = await this.readRows(found, columns);
    return rows.map((row) => ({ row, likeness: likenessOf(row, vector) }))
      .sort((a, b) => b.likeness - a.likeness).slice(0, count).map(({ row }) => row);
  }

  /**
   * The numbers of the rows whose vectors are nearest to a query's, as far as the index knows.
   *
   * @param vector Of length 1.
   * @param options.exact Passes over the index.
   * @returns The nearest first.
   */
  async nearest(
    vector: Float32Array,
    count: number,
    options: { where?: string; exact?: boolean } = {},
  ): Promise<bigint[]> {
    let query = this.#sounds.query().nearestTo(vector).column(VECTOR_COLUMN)
      .distanceType("dot").select(["_distance"]).withRowId().limit(count);
    if (options.where !== undefined) query = query.where(options.where);
    if (options.exact) query = query.bypassVectorIndex();
    else {
      query = query.nprobes(probesFor(await this.#sounds.countRows()));
      // Of the few that satisfy a predicate, most may lie in the other parts.
      if (options.where !== undefined) query = query.maximumNprobes(0);
    }
    return rowIds(await query.toArrow());
  }

  /** The numbers of the rows that satisfy a predicate, at most `limit`. */
  async someRows(limit: number, where?: string): Promise<bigint[]> {
    let query = this.#sounds.query().select(["id"]).withRowId().limit(limit);
    if (where !== undefined) query = query.where(where);
    return rowIds(await query.toArrow());
  }

  /**
   * The numbers of about so many of the rows that satisfy a predicate, or of all where there are no
   * more. They are drawn by their ids, which are hashes: the same whatever order they were written in,
   * and, where a few rows come or go, nearly the same.
   */
  async sample(size: number, where?: string): Promise<bigint[]> {
    const count = await this.count(where);
    if (count <= size) return await this.someRows(size, where);
    const isDrawn = `id < ${quote(idAt(size / count))}`;
    return await this.someRows(count, all([where, isDrawn]));
  }

  /** Adds rows: all of them or, where that fails, none. */
  async add(rows: SoundRow[]): Promise<void> {
    if (rows.length > 0) await this.#sounds.add(soundsTable(this.#lance, rows, this.shape));
  }

  /** Notes when files were looked at that hold what is known of them. */
  async setAdded(paths: string[], added: number): Promise<void> {
    if (paths.length === 0) return;
    await this.#sounds.update({ where: isOneOf("path", paths), values: { added } });
  }

  /** Removes the sounds that satisfy a predicate. */
  async remove(where: string): Promise<void> {
    await this.#sounds.delete(where);
  }

  /**
   * Runs `work` while no other process writes into this folder. On object storage there are no locks:
   * there it runs at once, and once more where others wrote at the same time, so that it has to look
   * at what is there.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    return await reaching(this.#library, async () => {
      if (isRemote(this.#library)) return await retry(() => this.#afresh(work));
      using file = await Deno.open(join(this.#library, "writing.lock"), {
        create: true,
        write: true,
      });
      await file.lock(true);
      return await this.#afresh(work);
    });
  }

  async #afresh<T>(work: () => Promise<T>): Promise<T> {
    await this.refresh();
    return await work();
  }

  /**
   * {@linkcode optimize} and {@linkcode buildIndices}, where there is enough to do, which with a
   * million sounds takes minutes, and unless another machine is at it. See {@linkcode isUntidy}.
   */
  async tidy(rewritten: number): Promise<void> {
    await this.refresh();
    if (!await isUntidy(this.#sounds, rewritten)) return;
    for (const work of [() => this.optimize(), () => this.buildIndices()]) {
      if (!isRemote(this.#library)) {
        await this.exclusively(work);
        continue;
      }
      try {
        await reaching(this.#library, () => this.#afresh(work));
      } catch (error) {
        // The last machine that ends is alone, and does it all.
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Sees what others have written since. */
  async refresh(): Promise<void> {
    await this.#sounds.checkoutLatest();
    await this.broken.refresh();
    this.#shape = shapeIn((await this.#sounds.schema()).fields);
  }

  /** A number that grows with each change. */
  version(): Promise<number> {
    return this.#sounds.version();
  }

  /** Joins small files, brings indices up to date, and gives up old versions. */
  async optimize(): Promise<void> {
    await this.broken.optimize();
    await joinFiles(this.#sounds);
  }

  /**
   * Makes the indices where there are enough sounds and none yet.
   *
   * @param from How many are enough.
   */
  async buildIndices(from = INDEXED_FROM): Promise<void> {
    await buildIndices(this.#lance, this.#sounds, from);
  }

  close(): void {
    this.#sounds.close();
    this.broken.close();
    this.#connection.close();
  }
}

/** The sum of the products with all views' vectors, which their mean's is a part of. */
function likenessOf({ vectors }: Heard, query: Float32Array): number {
  let sum = 0;
  for (const vector of vectors) {
    for (let i = 0; i < query.length; i++) sum += vector[i] * query[i];
  }
  return sum;
}

function rowIds(table: ArrowTable): bigint[] {
  const ids = table.getChild("_rowid")!;
  return Array.from({ length: table.numRows }, (_, i) => ids.get(i) as bigint);
}

async function* scan<K extends keyof SoundInfo>(
  query: LanceQuery,
  columns: readonly K[],
): AsyncGenerator<Pick<SoundInfo, K>> {
  for await (const batch of query.select([...columns])) {
    for (let i = 0; i < batch.numRows; i++) yield readInfo(batch, i, columns);
  }
}
