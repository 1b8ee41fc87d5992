/** The files of a report, with what its entries have in common. */
import { type Entry, type Report, writeReport } from "./entry.ts";
import { toHtml } from "./page.ts";
import { partsOf, toMarkdown } from "./report.ts";
import { markFalls } from "./sets.ts";

/** Marks what is the same in several entries, and writes the three forms of a report. */
export function writeAll(folder: string, report: Report): void {
  writeData(folder, report);
  // Systems are compared by thousands of random signs, pair by pair.
  const parts = partsOf(report);
  writeReport(folder, {
    "report.md": toMarkdown(report, parts),
    "report.html": toHtml(report, parts),
  });
}

/** The same for programs alone: quick, also where there are hundreds of entries. */
export function writeData(folder: string, report: Report): void {
  markTwins(report.entries);
  markFalls(report.entries);
  writeReport(folder, { "report.json": JSON.stringify(report, null, 2) + "\n" });
}

/** A team's name: the notebook's without its number. */
const teamOf = (name: string) => name.replace(/_\d+$/, "");

/** Marks notebooks and scores that two teams have in common. */
function markTwins(entries: Entry[]): void {
  const sameAs = (of: (entry: Entry) => string | undefined): (entry: Entry) => string[] => {
    const keys = new Map(entries.map((entry) => [entry, of(entry)]));
    const groups = Map.groupBy(entries, (entry) => keys.get(entry));
    return (entry) => {
      const key = keys.get(entry);
      if (key === undefined || key === "unreadable") return [];
      return groups.get(key)!.filter((other) => teamOf(other.name) !== teamOf(entry.name))
        .map(({ name }) => name);
    };
  };
  const notebook = sameAs(({ notebookHash }) => notebookHash);
  const scores = sameAs(({ figures }) =>
    figures && JSON.stringify(Object.values(figures.reciprocalRanks)) + figures.classwiseNdcg
  );
  for (const entry of entries) {
    entry.sameNotebook = notebook(entry);
    entry.sameScores = scores(entry);
  }
}
