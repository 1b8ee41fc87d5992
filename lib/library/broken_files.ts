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

  /** All of them. */
  async list(): Promise<BrokenFile[]> {
    const table = await this.#table.query().toArrow();
    return Array.from({ length: table.numRows }, (_, i) => readBroken(table, i));
  }

  /** Takes files in, in place of what was said of them before. */
  async add(files: BrokenFile[]): Promise<void> {
    if (files.length === 0) return;
    await this.remove(files.map(({ path }) => path));
    await this.#table.add(brokenTable(this.#lance, files));
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
