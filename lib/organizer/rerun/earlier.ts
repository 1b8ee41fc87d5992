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
  const path = join(folder, "report.json");
  try {
    const report: Report = JSON.parse(Deno.readTextFileSync(path));
    // Where what the runs used was changed, nothing of it can be believed.
    if (report.changed !== undefined) return new Map();
    // What was begun and not ended is run again.
    const ended = report.entries.filter(({ runs }) => runs.length > 0);
    return new Map(ended.map((entry) => [entry.name, entry]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new BatchError(`Expected a report to go on from at ${path} but found ${error.message}`);
  }
}
