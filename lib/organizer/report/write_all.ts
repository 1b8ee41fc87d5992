/** The files of a report, with what its entries have in common. */
import { type Entry, type Report, writeReport } from "./entry.ts";
import { toHtml } from "./page.ts";
import { toMarkdown } from "./report.ts";
import { markFalls } from "./sets.ts";

/** Marks what is the same in several entries, and writes the three forms of a report. */
export function writeAll(folder: string, report: Report): void {
  markTwins(report.entries);
  markFalls(report.entries);
  writeReport(folder, {
    "report.json": JSON.stringify(report, null, 2) + "\n",
    "report.md": toMarkdown(report),
    "report.html": toHtml(report),
  });
}

/** A team's name: the notebook's without its number. */
const teamOf = (name: string) => name.replace(/_\d+$/, "");

/** Marks notebooks and scores that two teams have in common. */
function markTwins(entries: Entry[]): void {
  for (const entry of entries) {
    const twins = (of: (entry: Entry) => string | undefined) =>
      entries.filter((other) =>
        teamOf(other.name) !== teamOf(entry.name) && of(other) !== undefined &&
        of(other) !== "unreadable" &&
        of(other) === of(entry)
      ).map(({ name }) => name);
    entry.sameNotebook = twins(({ notebookHash }) => notebookHash);
    entry.sameScores = twins(({ figures }) =>
      figures && JSON.stringify(Object.values(figures.reciprocalRanks)) + figures.classwiseNdcg
    );
  }
}
