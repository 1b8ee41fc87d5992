import { rankCurve } from "../../challenge/statistics.ts";
import { rank, type Ranked } from "./ranking.ts";
import { heatMap, lineChart } from "../../ui/chart.ts";
import { formatMarkdown, markdownText, type Table } from "../../ui/table.ts";
import { plain } from "../../io/plain.ts";
import { setsOf } from "./sets.ts";
import {
  believeNothing,
  type Entry,
  nextStepOf,
  outcomeOf,
  remarksOf,
  type Report,
} from "./entry.ts";

/** The parts of a report that all its forms share. */
export interface Parts {
  ranking: Table;
  /** Entries that broke a rule, or have no figures. */
  out: Table;
  /** The further data sets, side by side with the first. */
  sets?: Table;
  comparisons: Table;
  findings: Table;
  /** What each notebook reaches, as verification found it. */
  powers: Table;
  pictures: string[];
}

/**
 * The report as Markdown.
 *
 * @param parts What {@linkcode partsOf} gives of it, where that is there already.
 */
export function toMarkdown(report: Report, parts: Parts = partsOf(report)): string {
  const { ranking, out, sets, comparisons, findings, powers } = parts;
  const table = (table: Table) => table.rows.length === 0 ? "Nothing." : formatMarkdown(table);
  return [
    `# Submissions on ${markdownText(plain(report.data))}`,
    ...(report.changed === undefined
      ? []
      : [`**${markdownText(plain(believeNothing(report.changed)))}**`]),
    introduction(report),
    table(ranking),
    ...(out.rows.length === 0 ? [] : ["## Not ranked", table(out)]),
    ...(sets === undefined ? [] : ["## On all data sets", SETS, table(sets)]),
    "## Differences between systems",
    PAIRS,
    table(comparisons),
    "## What verification found",
    table(findings),
    "## Powers used",
    POWERS,
    table(powers),
    "## How it was made",
    provenance(report).map(([what, value]) => `- ${what}: ${markdownText(value)}`).join("\n"),
  ].join("\n\n") + "\n";
}

/** What the table of all data sets says. */
export const SETS =
  "A system that falls from the first set to another far more than the others do has " +
  "likely fitted the first.";

/** What it takes to make the report again. */
export function provenance(report: Report): [string, string][] {
  const { date, versions, settings, commandLine } = report;
  if (versions === undefined) return [];
  return [
    ["Date", date ?? ""],
    ["Package", `${versions.package} (${versions.packageDigest})`],
    ["Deno", versions.deno],
    ["Data, SHA-256", versions.data.join(", ")],
    ["Limits and options", JSON.stringify(settings)],
    ...report.heldBy === undefined ? [] : [["Held by", report.heldBy] as [string, string]],
    ...resumed(report.entries),
    ["Command line", plain((commandLine ?? []).join(" "))],
  ];
}

/** Which entries are an earlier report's, and which were run again in spite of one there. */
function resumed(entries: Entry[]): [string, string][] {
  const named = (origin: Entry["origin"]) =>
    entries.filter((entry) => entry.origin === origin).map(({ name }) => plain(name)).join(", ");
  const kept = named("kept"), again = named("again");
  return [
    ...kept === "" ? [] : [["Kept of an earlier batch", kept] as [string, string]],
    ...again === "" ? [] : [["Run again", again] as [string, string]],
  ];
}

/** What the p values are. */
export const PAIRS =
  "Each pair of systems by a paired permutation test over queries, p after Holm's " +
  "correction for the number of pairs. Systems with p ≥ 0.05 are not told from each other.";

/** What the list of powers is. */
export const POWERS =
  "What each notebook reads and writes, imports and fetches, as far as its code tells.";

/** How the submissions were run, in a sentence. */
export function introduction(report: Report): string {
  const names = report.isBlind
    ? "Cells saw the sounds under names that mean nothing"
    : "Cells saw the sounds under their own names, which give the class away";
  const sandbox = report.sandbox
    ? `in a sandbox, network: ${report.network}`
    : "without a sandbox, so that they could do what they liked";
  const types = report.types === false ? " The types were not checked." : "";
  return `${names}; they ran ${sandbox}. All figures come from the organizer's own evaluation.${types}`;
}

/** The tables and pictures of a report. */
export function partsOf(report: Report): Parts {
  const isOut = (entry: Entry) =>
    !report.keepViolations && entry.findings.some(({ severity }) => severity === "violation");
  const scored = report.entries.flatMap((entry) =>
    entry.figures === undefined || isOut(entry)
      ? []
      : [{ name: entry.name, figures: entry.figures }]
  );
  const { ranking, comparisons } = rank(scored);
  const placeOf = new Map(ranking.map(({ name, place }) => [name, place]));
  const byName = new Map(report.entries.map((entry) => [entry.name, entry]));
  const out = report.entries.filter(isOut);
  const failed = report.entries.filter((entry) => entry.figures === undefined && !isOut(entry));
  const header = [
    "Place",
    "Submission",
    "MRR",
    "MRR, real names",
    "95 % interval",
    "Class-wise MRR",
    "Class-wise NDCG",
    "Not told from place",
    "Next",
    "Seconds",
    "Peak MiB",
    "Outcome",
    "Remarks",
  ];
  return {
    ranking: withoutEmptyColumns({
      header,
      rows: [
        ...ranking.map((ranked) => rankedRow(ranked, byName.get(ranked.name)!, placeOf)),
        ...failed.map(unrankedRow),
      ],
    }),
    out: withoutEmptyColumns({
      header,
      rows: out.map(unrankedRow),
    }),
    sets: setsOf(report, ranking),
    comparisons: {
      header: ["System", "Other", "p"],
      rows: comparisons.map(({ first, second, p }) => [plain(first), plain(second), p.toFixed(4)]),
    },
    findings: {
      header: ["Submission", "Severity", "Rule", "Cell", "Line", "Found"],
      rows: report.entries.flatMap(({ name, findings }) =>
        findings.map(({ severity, rule, cell, line, message }) => [
          plain(name),
          severity,
          rule,
          cell?.toString() ?? "",
          line?.toString() ?? "",
          plain(message),
        ])
      ),
    },
    powers: {
      header: ["Submission", "Powers used"],
      rows: report.entries.map((entry) => [plain(entry.name), plain(powersOf(entry))]),
    },
    pictures: ranking.length === 0 ? [] : [heatMapOf(ranking), rankCurvesOf(ranking)],
  };
}

/** Of a notebook that can't be followed no powers are known, which is not to have none. */
function powersOf({ powers = [], findings }: Entry): string {
  if (powers.length > 0) return powers.join(", ");
  return findings.some(({ rule }) => rule === "syntax") ? "not known" : "none";
}

/** Leaves out what nobody asked for, as the figures under real names. */
function withoutEmptyColumns({ header, rows }: Table): Table {
  const kept = header.map((_, i) => rows.some((row) => row[i] !== ""));
  const keep = (row: string[]) => row.filter((_, i) => kept[i]);
  return { header: keep(header), rows: rows.map(keep) };
}

function rankedRow(
  { name, figures, place, tiedWith }: Ranked,
  entry: Entry,
  placeOf: Map<string, number>,
): string[] {
  return [
    `${place}`,
    plain(name),
    figures.mrr.toFixed(4),
    entry.namedMrr?.toFixed(4) ?? "",
    figures.mrrInterval.map((value) => value.toFixed(4)).join("\u00a0…\u00a0"),
    figures.classwiseMrr.toFixed(4),
    figures.classwiseNdcg.toFixed(4),
    inRanges(tiedWith.map((other) => placeOf.get(other)!)),
    nextStepOf(entry),
    ...runCells(entry),
  ];
}

/** Places in short: `1, 3–5`. */
function inRanges(places: number[]): string {
  const sorted = [...new Set(places)].sort((a, b) => a - b);
  const ranges: [first: number, last: number][] = [];
  for (const place of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && place === last[1] + 1) last[1] = place;
    else ranges.push([place, place]);
  }
  return ranges.map(([a, b]) => a === b ? `${a}` : `${a}–${b}`).join(", ");
}

/** A row of an entry that has no place: with its figures, where it has any. */
function unrankedRow(entry: Entry): string[] {
  const { figures, namedMrr } = entry;
  return [
    "",
    plain(entry.name),
    figures?.mrr.toFixed(4) ?? "",
    namedMrr?.toFixed(4) ?? "",
    "",
    figures?.classwiseMrr.toFixed(4) ?? "",
    figures?.classwiseNdcg.toFixed(4) ?? "",
    "",
    nextStepOf(entry),
    ...runCells(entry),
  ];
}

function runCells(entry: Entry): string[] {
  const [run] = entry.runs;
  return [
    run?.seconds.toFixed(1) ?? "",
    run === undefined ? "" : (run.peakMemory / 2 ** 20).toFixed(0),
    outcomeOf(entry),
    remarksOf(entry).join("; "),
  ];
}

function heatMapOf(ranking: Ranked[]): string {
  const classes = Object.keys(ranking[0].figures.byClass);
  return heatMap({
    title: "MRR by class",
    rows: ranking.map(({ name }) => plain(name)),
    columns: classes,
    values: ranking.map(({ figures }) => classes.map((name) => figures.byClass[name])),
  });
}

function rankCurvesOf(ranking: Ranked[]): string {
  return lineChart({
    title: "Queries that have found their item",
    x: "up to rank",
    y: "share of the queries",
    lines: ranking.map(({ name, figures }) => ({
      label: plain(name),
      points: rankCurve(figures.ranks, figures.items),
    })),
  });
}
