import { isDeepStrictEqual } from "node:util";
import type { Lance, LanceTable } from "./lancedb.ts";
import { type BrokenFile, brokenTable, readBroken } from "./rows.ts";
import { isOneOf } from "./sql.ts";
import { joinFiles } from "./upkeep.ts";

/** The list of the files in which nothing could be heard. */
export class BrokenFiles {
  readonly #lance: Lance;
  readonly #table: LanceTable;

  /** @param table Of these files; it is closed with the list. */
  constructor(lance: Lance, table: LanceTable) {
    this.#lance = lance;
    this.#table = table;
  }

  /** All of them, or those whose paths satisfy a predicate. */
  async list(where?: string): Promise<BrokenFile[]> {
    const query = this.#table.query();
    const table = await (where === undefined ? query : query.where(where)).toArrow();
    return Array.from({ length: table.numRows }, (_, i) => readBroken(table, i));
  }

  /**
   * Takes files in, in place of what was said of them before. What is said already stays: who reads
   * meanwhile would find it gone.
   */
  async add(files: BrokenFile[]): Promise<void> {
    if (files.length === 0) return;
    const there = await this.list(isOneOf("path", files.map(({ path }) => path)));
    const said = new Map(there.map((file) => [file.path, file]));
    const fresh = files.filter((file) => !isDeepStrictEqual(file, said.get(file.path)));
    if (fresh.length === 0) return;
    await this.remove(fresh.map(({ path }) => path));
    await this.#table.add(brokenTable(this.#lance, fresh));
  }

  /** Takes files off the list. */
  async remove(paths: string[]): Promise<void> {
    if (paths.length > 0) await this.#table.delete(isOneOf("path", paths));
  }

  /** Takes the files off the list that satisfy a predicate of their paths. */
  async removeBelow(where: string): Promise<void> {
    await this.#table.delete(where);
  }

  /** Sees what others have written since. */
  async refresh(): Promise<void> {
    await this.#table.checkoutLatest();
  }

  /** Joins small files, and gives up old versions. */
  async optimize(): Promise<void> {
    await joinFiles(this.#table);
  }

  close(): void {
    this.#table.close();
  }
}
