import { join, resolve } from "node:path";
import { retry } from "./conflicts.ts";
import type { Shape } from "./hearing.ts";
import {
  type Lance,
  type LanceConnection,
  type LanceTable,
  LibraryError,
  loadLance,
} from "./lancedb.ts";
import { isFolder, isRemote } from "./place.ts";
import { brokenTable, heardFields, INFO_COLUMNS, shapeIn, soundsTable } from "./rows.ts";

const SOUNDS = "sounds";
const BROKEN = "broken";
/** What is kept of files and of indices in memory: the index of a million sounds takes 300 MB. */
const CACHE_BYTES = 512 * 2 ** 20;

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/;

/** The tables of a library, opened. */
export interface Tables {
  lance: Lance;
  connection: LanceConnection;
  sounds: LanceTable;
  broken: LanceTable;
  shape: Shape;
}

/**
 * Opens the tables of a library.
 *
 * @throws {LibraryError} Where there is none.
 */
export async function openTables(library: string): Promise<Tables> {
  const { lance, connection } = await connect(library, false);
  const sounds = await openTable(connection, SOUNDS);
  if (sounds === null) throw noLibrary(library);
  const broken = await openOrMakeTable(connection, BROKEN, brokenTable(lance, []));
  return { lance, connection, sounds, broken, shape: shapeIn((await sounds.schema()).fields) };
}

/** Opens the tables of a library, or makes them; what is heard has that shape afterwards. */
export async function openOrMakeTables(library: string, shape: Shape): Promise<Tables> {
  const { lance, connection } = await connect(library, true);
  // The sounds come last: where a reader finds them, it finds the other table too.
  const broken = await openOrMakeTable(connection, BROKEN, brokenTable(lance, []));
  const sounds = await openOrMakeTable(connection, SOUNDS, soundsTable(lance, [], shape));
  await reshape(sounds, lance, shape);
  return { lance, connection, sounds, broken, shape };
}

function noLibrary(library: string): LibraryError {
  return new LibraryError(
    `Expected a library but found none in ${library}: make one with deno task index FOLDER` +
      ` --library ${library}`,
  );
}

async function connect(
  library: string,
  create: boolean,
): Promise<{ lance: Lance; connection: LanceConnection }> {
  // The name of a folder may look like an address: `s3:x`.
  const place = isRemote(library) ? library : resolve(library);
  // LanceDB would write into a folder of another name.
  if (CONTROL.test(place)) {
    throw new LibraryError(
      `Expected a path without control characters but found ${JSON.stringify(library)}`,
    );
  }
  if (!isRemote(library)) {
    // To connect writes: a folder of anything else is to stay as it is.
    if (!create && !(isFolder(library) && isFolder(join(library, `${SOUNDS}.lance`)))) {
      throw noLibrary(library);
    }
    if (create && !isFolder(library)) Deno.mkdirSync(library, { recursive: true });
  }
  const lance = await loadLance();
  const { connect, Session } = lance.lancedb;
  const session = new Session(BigInt(CACHE_BYTES), BigInt(CACHE_BYTES));
  return { lance, connection: await connect(place, { session }) };
}

/**
 * Opens a table; null where there is none. A table that somebody is just making is none yet, nor is
 * one whose maker was stopped: its folder stands, but there is no version of it.
 */
async function openTable(connection: LanceConnection, name: string): Promise<LanceTable | null> {
  try {
    return await connection.openTable(name);
  } catch (error) {
    if (error instanceof Error && error.message.includes(`'${name}' was not found`)) return null;
    throw error;
  }
}

/** Opens a table, or makes it; where others make it at the same time, all get the same one. */
async function openOrMakeTable(
  connection: LanceConnection,
  name: string,
  data: Parameters<LanceTable["add"]>[0],
): Promise<LanceTable> {
  return await openTable(connection, name) ??
    await connection.createTable(name, data, { mode: "create", existOk: true });
}

/**
 * Makes a table's columns of what is heard those of a shape. Where an older model left others they
 * go: nothing is copied, however many sounds there are.
 */
async function reshape(table: LanceTable, lance: Lance, shape: Shape): Promise<void> {
  await retry(async () => {
    await table.checkoutLatest();
    const { fields } = await table.schema();
    if (JSON.stringify(shapeIn(fields)) === JSON.stringify(shape)) return;
    const old = fields.map(({ name }) => name).filter((name) => !(name in INFO_COLUMNS));
    if (old.length > 0) await table.dropColumns(old);
    await table.addColumns(heardFields(lance, shape));
  });
}
