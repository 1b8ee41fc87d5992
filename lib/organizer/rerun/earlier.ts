import type { Entry } from "../report/entry.ts";
import { readReport } from "./read_report.ts";

/** What an earlier report has of what is run now. */
export interface Earlier {
  /** The entries that can be gone on from, those that were run to their end, by their names. */
  entries: Map<string, Entry>;
  /** The names of those of which nothing can be believed: what the runs used was changed meanwhile. */
  spoiled: Set<string>;
}

/**
 * Reads an earlier report; what was begun and not ended is run again.
 *
 * @param folder The report's; without a report there is nothing.
 * @throws {BatchError} Where what is there is no report.
 */
export function readEarlier(folder: string): Earlier {
  const report = readReport(folder, "a report to go on from");
  if (report === undefined) return { entries: new Map(), spoiled: new Set() };
  const entries = new Map(
    report.entries.filter(({ runs }) => runs.length > 0).map((entry) => [entry.name, entry]),
  );
  return report.changed === undefined
    ? { entries, spoiled: new Set() }
    : { entries: new Map(), spoiled: new Set(entries.keys()) };
}
