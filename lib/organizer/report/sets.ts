/** Several data sets, side by side. */
import { plain } from "../../io/plain.ts";
import type { Table } from "../../ui/table.ts";
import type { Entry, Report } from "./entry.ts";
import type { Ranked } from "./ranking.ts";

/** A fall that is this many times the usual one is told of. */
const FAR = 2;

/**
 * Marks entries that keep far less of their first MRR on a further data set than is usual: what is left
 * of it is held against the median of all.
 */
export function markFalls(entries: Entry[]): void {
  const sets = Math.max(0, ...entries.map(({ others }) => others?.length ?? 0));
  const left = (entry: Entry, k: number) => {
    const first = entry.figures?.mrr, other = entry.others?.[k]?.figures?.mrr;
    return first === undefined || other === undefined ? undefined : other / first;
  };
  for (const entry of entries) delete entry.falls;
  for (let k = 0; k < sets; k++) {
    const all = entries.map((entry) => left(entry, k)).filter((part) => part !== undefined);
    const usual = all.sort((a, b) => a - b)[Math.floor(all.length / 2)];
    for (const entry of entries) if ((left(entry, k) ?? usual) < usual / FAR) entry.falls = true;
  }
}

/** The MRR on each data set, with the place that it would have there; in the order of the first. */
export function setsOf(report: Report, ranking: Ranked[]): Table | undefined {
  const names = report.otherData ?? [];
  if (names.length === 0) return undefined;
  const byName = new Map(report.entries.map((entry) => [entry.name, entry]));
  const mrrs = ranking.map(({ name, figures }) => [
    figures.mrr,
    ...names.map((_, k) => byName.get(name)!.others?.[k]?.figures?.mrr),
  ]);
  const placed = (mrr: number | undefined, k: number) => {
    if (mrr === undefined) return "";
    const better = mrrs.filter((row) => (row[k] ?? -Infinity) > mrr).length;
    return `${mrr.toFixed(4)} (${better + 1})`;
  };
  return {
    header: [
      "Submission",
      ...[report.data, ...names].map((name) => `MRR ${plain(name)} (place)`),
      "Remarks",
    ],
    rows: ranking.map(({ name }, i) => [
      plain(name),
      ...mrrs[i].map(placed),
      byName.get(name)!.falls ? "falls far more than the others" : "",
    ]),
  };
}
