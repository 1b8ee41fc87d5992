import { join } from "node:path";
import type { Entry, Report } from "../report/entry.ts";
import { BatchError } from "./batch_error.ts";

/**
 * The entries of an earlier report that can be gone on from: those that were run to their end.
 *
 * @param folder The report's; without a report there are none.
 * @returns Name → entry.
 * @throws {BatchError} Where what is there is no report.
 */
export function readEarlier(folder: string): Map<string, Entry> {
  const { entries, isSpoiled } = readEnded(folder);
  return new Map(isSpoiled ? [] : entries.map((entry) => [entry.name, entry]));
}

/**
 * The names of entries of an earlier report of which nothing can be believed, since what the runs used
 * was changed meanwhile.
 *
 * @throws {BatchError} As {@linkcode readEarlier}.
 */
export function readSpoiled(folder: string): Set<string> {
  const { entries, isSpoiled } = readEnded(folder);
  return new Set(isSpoiled ? entries.map(({ name }) => name) : []);
}

/** What was begun and not ended is run again. */
function readEnded(folder: string): { entries: Entry[]; isSpoiled: boolean } {
  const path = join(folder, "report.json");
  try {
    const report: Report = JSON.parse(Deno.readTextFileSync(path));
    const entries = report.entries.filter(({ runs }) => runs.length > 0);
    return { entries, isSpoiled: report.changed !== undefined };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { entries: [], isSpoiled: false };
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new BatchError(`Expected a report to go on from at ${path} but found ${error.message}`);
  }
}
