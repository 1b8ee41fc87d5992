import { fileURLToPath } from "node:url";
import { QvimError } from "../io/errors.ts";
import { type FetchedPackages, loadPackages } from "../io/fetched_package.ts";

/** Thrown where a library can't be used as it is; the message says what to do. */
export class LibraryError extends QvimError {}

/** Thrown where it is the recording that nothing can be found by; the library is as it should be. */
export class RecordingError extends LibraryError {}

/** How much of what LanceDB says is shown. */
const LONGEST_REASON = 200;

/**
 * Why LanceDB failed, in one line: it tells the whole chain of causes, with the places in its own
 * code, and object storage answers in XML.
 */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, code, message] = text.match(/<Code>(.*?)<\/Code>\s*<Message>(.*?)<\/Message>/) ?? [];
  const reason = code !== undefined
    ? `${code}: ${message}`
    : text.split("Caused by:").at(-1)!.replace(/, \/\S*\.rs:\d+:\d+/g, "")
      .replace(/.*Please file a bug report at \S+ /, "");
  const line = reason.replace(/\s+/g, " ").trim();
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)} …` : line;
}

// LanceDB is not named in the root deno.json: the very first run of anything would fetch its 300 MB.
// These are the parts of its interface that are used here.

/** Columns of numbers and texts as Apache Arrow keeps them. */
export interface ArrowTable {
  numRows: number;
  schema: { fields: { name: string }[] };
  getChild(name: string): ArrowVector | null;
}

/** A column. */
export interface ArrowVector {
  get(index: number): unknown;
}

/** A query that is put together step by step. */
export interface LanceQuery {
  select(columns: string[]): this;
  where(predicate: string): this;
  limit(limit: number): this;
  withRowId(): this;
  nearestTo(vector: Float32Array): LanceQuery;
  column(name: string): this;
  distanceType(type: "l2" | "cosine" | "dot"): this;
  nprobes(count: number): this;
  /** 0 for all, where fewer are found than wanted. */
  maximumNprobes(count: number): this;
  bypassVectorIndex(): this;
  toArrow(): Promise<ArrowTable>;
  [Symbol.asyncIterator](): AsyncIterator<ArrowTable>;
}

/** What a table's index is called and covers. */
export interface IndexInfo {
  name: string;
  columns: string[];
}

/** A table on disk or on object storage. */
export interface LanceTable {
  add(data: ArrowTable): Promise<unknown>;
  update(change: { where: string; values: Record<string, number> }): Promise<unknown>;
  delete(predicate: string): Promise<unknown>;
  countRows(filter?: string): Promise<number>;
  query(): LanceQuery;
  takeOffsets(offsets: number[]): LanceQuery;
  takeRowIds(rowIds: bigint[]): LanceQuery;
  createIndex(column: string, options: { config?: unknown; replace?: boolean }): Promise<void>;
  listIndices(): Promise<IndexInfo[]>;
  indexStats(name: string): Promise<{ numUnindexedRows: number } | undefined>;
  optimize(options?: { cleanupOlderThan?: Date }): Promise<unknown>;
  stats(): Promise<{ fragmentStats: { numSmallFragments: number } }>;
  checkoutLatest(): Promise<void>;
  schema(): Promise<{ fields: { name: string; type: { listSize?: number } }[] }>;
  version(): Promise<number>;
  dropColumns(names: string[]): Promise<unknown>;
  /** Of nothing but missing values. */
  addColumns(fields: unknown[]): Promise<unknown>;
  close(): void;
}

/** A folder, or a place on object storage, with tables in it. */
export interface LanceConnection {
  openTable(name: string): Promise<LanceTable>;
  createTable(
    name: string,
    data: ArrowTable,
    options?: { mode: "create" | "overwrite"; existOk?: boolean },
  ): Promise<LanceTable>;
  close(): void;
}

/** The package's entry. */
export interface LanceDb {
  connect(
    uri: string,
    options?: {
      storageOptions?: Record<string, string>;
      readConsistencyInterval?: number;
      session?: unknown;
    },
  ): Promise<LanceConnection>;
  // deno-lint-ignore no-explicit-any -- the constructors of classes that are handed on as they are
  Session: any;
  // deno-lint-ignore no-explicit-any
  Index: any;
}

/** LanceDB and the Arrow library that it was loaded with. */
export interface Lance {
  lancedb: LanceDb;
  // deno-lint-ignore no-explicit-any -- its classes are used in one file only, rows.ts
  arrow: any;
}

/** What is fetched; its optional packages are replaced by empty ones. */
const PACKAGES: FetchedPackages = {
  name: "lancedb",
  title: "the database of the library, LanceDB (300 MB)",
  manifest: fileURLToPath(new URL("./lancedb/", import.meta.url)),
};

let loaded: Lance | undefined;

/**
 * Loads LanceDB, which is fetched when it is first asked for. It is made for Linux and Windows on x64
 * and arm64, and for macOS on Apple silicon.
 *
 * @throws {PackageError} Where it can't be fetched, or is not made for this machine.
 */
export function loadLance(): Lance {
  // It writes warnings about ordinary things, such as a table that is new.
  if (Deno.env.get("LANCEDB_LOG") === undefined) Deno.env.set("LANCEDB_LOG", "error");
  loaded ??= loadPackages(PACKAGES, ({ require }) => ({
    lancedb: require("@lancedb/lancedb"),
    arrow: require("apache-arrow"),
  }));
  return loaded;
}
