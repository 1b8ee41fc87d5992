/** What keeps the table of sounds fast: small files are joined, indices made and brought up to date. */
import type { Lance, LanceTable } from "./lancedb.ts";
import { VECTOR_COLUMN } from "./rows.ts";

/** From this many sounds on, the nearest are looked for through an index. */
export const INDEXED_FROM = 100_000;
/** Sounds of a part of the index, on the average. */
const PART = 4096;
/** An index of few sounds has this many parts. */
const LEAST_PARTS = 16;
/** The part of the index that a query looks through: nearest sounds beyond it are missed. */
const PROBED = 0.5;
/**
 * The index keeps a vector's numbers in 8 bits each (RaBitQ), so that all of it stays in memory and is
 * looked through fast. So many times as many as are wanted are read, to tell the nearest exactly.
 */
export const READ = 1.2;
const BITS = 8;
/** Rows that no index covers yet are searched one by one, up to this part of all. */
const UNINDEXED = 0.02;
/** Rows that are written anew leave old ones behind: such a part of all is worth giving up. */
const REWRITTEN = 0.1;
/** Each batch is a file of its own; so many of them are worth joining. */
const SMALL_FILES = 50;
/** Versions of the tables that are older are given up: whoever reads has long gone on. */
const KEEP_VERSIONS = 60 * 60 * 1000;

function partsFor(count: number): number {
  return Math.max(LEAST_PARTS, Math.round(count / PART));
}

/** How many parts of the index a query looks through. */
export function probesFor(count: number): number {
  // The nearest lie in several parts, however few there are.
  return Math.ceil(PROBED * partsFor(count)) + 1;
}

/**
 * Whether there is enough to do for {@linkcode joinFiles} and {@linkcode buildIndices}.
 *
 * @param rewritten How many rows there were before and have been written anew.
 */
export async function isUntidy(sounds: LanceTable, rewritten: number): Promise<boolean> {
  const { fragmentStats } = await sounds.stats();
  if (fragmentStats.numSmallFragments >= SMALL_FILES) return true;
  const count = await sounds.countRows();
  if (rewritten > REWRITTEN * count) return true;
  if (count < INDEXED_FROM) return false;
  const index = (await sounds.listIndices())
    .find(({ columns }) => columns.includes(VECTOR_COLUMN));
  const unindexed = index && (await sounds.indexStats(index.name))?.numUnindexedRows;
  return (unindexed ?? count) > UNINDEXED * count;
}

/** Joins small files, brings indices up to date, and gives up old versions. */
export async function joinFiles(table: LanceTable): Promise<void> {
  await table.optimize({ cleanupOlderThan: new Date(Date.now() - KEEP_VERSIONS) });
}

/**
 * Makes the indices where there are enough sounds and none yet.
 *
 * @param from How many are enough.
 */
export async function buildIndices(
  { lancedb }: Lance,
  sounds: LanceTable,
  from: number,
): Promise<void> {
  const count = await sounds.countRows();
  if (count < from) return;
  const existing = await sounds.listIndices();
  const { Index } = lancedb;
  const configs = {
    [VECTOR_COLUMN]: Index.ivfRq({
      distanceType: "dot",
      numPartitions: partsFor(count),
      numBits: BITS,
    }),
    path: Index.btree(),
    id: Index.btree(),
    hash: Index.btree(),
  };
  for (const [column, config] of Object.entries(configs)) {
    if (existing.some(({ columns }) => columns.includes(column))) continue;
    await sounds.createIndex(column, { config });
  }
}
