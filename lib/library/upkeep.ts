/** What keeps the table of sounds fast: small files are joined, indices made and brought up to date. */
import type { Lance, LanceTable } from "./lancedb.ts";
import { VECTOR_COLUMN } from "./rows.ts";

/** From this many sounds on, the nearest are looked for through an index. */
export const INDEXED_FROM = 100_000;
/** The part of the index that a query looks through: nearest sounds beyond it are missed. */
const PROBED = 0.1;
/** Rows that no index covers yet are searched one by one, up to this part of all. */
const UNINDEXED = 0.02;
/** Each batch is a file of its own; so many of them are worth joining. */
const SMALL_FILES = 50;
/** Versions of the tables that are older are given up: whoever reads has long gone on. */
const KEEP_VERSIONS = 60 * 60 * 1000;

/** The parts that an index of so many sounds has, each of the square root of them. */
function partitionsFor(count: number): number {
  return Math.round(Math.sqrt(count));
}

/** How many parts of the index a query looks through. */
export function probesFor(count: number): number {
  return Math.ceil(PROBED * partitionsFor(count));
}

/** Whether there is enough to do for {@linkcode joinFiles} and {@linkcode buildIndices}. */
export async function isUntidy(sounds: LanceTable): Promise<boolean> {
  const { fragmentStats } = await sounds.stats();
  if (fragmentStats.numSmallFragments >= SMALL_FILES) return true;
  const count = await sounds.countRows();
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
    [VECTOR_COLUMN]: Index.ivfFlat({ distanceType: "dot", numPartitions: partitionsFor(count) }),
    path: Index.btree(),
    id: Index.btree(),
    hash: Index.btree(),
  };
  for (const [column, config] of Object.entries(configs)) {
    if (existing.some(({ columns }) => columns.includes(column))) continue;
    await sounds.createIndex(column, { config });
  }
}
