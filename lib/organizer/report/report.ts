import { rankCurve } from "../../challenge/statistics.ts";
import { rank, type Ranked } from "./ranking.ts";
import { heatMap, lineChart } from "../../ui/chart.ts";
import { escapeHtml } from "../../ui/jupyter.ts";
import { formatMarkdown, type Table } from "../../ui/table.ts";
import { plain } from "../../io/plain.ts";
import { type Entry, nextStepOf, outcomeOf, remarksOf, type Report } from "./entry.ts";

/** The parts of a report that all its forms share. */
interface Parts {
  ranking: Table;
  /** Entries that broke a rule, or have no figures. */
  out: Table;
  /** The further data sets, side by side with the first. */
  sets?: Table;
  comparisons: Table;
  findings: Table;
  pictures: string[];
}

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { ranking, out, sets, comparisons, findings } = partsOf(report);
  const table = (table: Table) => table.rows.length === 0 ? "Nothing." : formatMarkdown(table);
  return [
    `# Submissions on ${plain(report.data)}`,
    introduction(report),
    table(ranking),
    ...(out.rows.length === 0 ? [] : ["## Not ranked", table(out)]),
    ...(sets === undefined ? [] : ["## On all data sets", SETS, table(sets)]),
    "## Differences between systems",
    PAIRS,
    table(comparisons),
    "## What verification found",
    table(findings),
    "## How it was made",
    provenance(report).map(([what, value]) => `- ${what}: ${value}`).join("\n"),
  ].join("\n\n") + "\n";
}

/** The report as one HTML page that needs nothing else. */
export function toHtml(report: Report): string {
  const { ranking, out, sets, comparisons, findings, pictures } = partsOf(report);
  const executed = new Map(report.entries.map((entry) => [plain(entry.name), entry.executed]));
  const link = (name: string) => {
    const path = executed.get(name);
    const href = path?.split("/").map(encodeURIComponent).join("/");
    return href === undefined
      ? escapeHtml(name)
      : `<a href="${escapeHtml(href)}">${escapeHtml(name)}</a>`;
  };
  const section = (title: string, text: string, id: string, table?: Table) =>
    table === undefined || table.rows.length === 0 ? "" : `<h2>${title}</h2>
${text === "" ? "" : `<p>${escapeHtml(text)}</p>`}
${htmlTable(id, table, link)}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Submissions on ${escapeHtml(plain(report.data))}</title>
<style>${STYLE}</style>
<h1>Submissions on ${escapeHtml(plain(report.data))}</h1>
<p>${escapeHtml(introduction(report))}</p>
${ranking.rows.length === 0 ? "<p>Nothing is ranked.</p>" : htmlTable("ranking", ranking, link)}
${section("Not ranked", "", "out", out)}
${section("On all data sets", SETS, "sets", sets)}
${pictures.map((picture) => `<figure>${picture}</figure>`).join("\n")}
<h2>Differences between systems</h2>
<p>${escapeHtml(PAIRS)}</p>
${matrix(comparisons, ranking)}
<h2>What verification found</h2>
${findings.rows.length === 0 ? "<p>Nothing.</p>" : htmlTable("findings", findings, link)}
<h2>How it was made</h2>
<dl>${
    provenance(report).map(([what, value]) =>
      `<dt>${escapeHtml(what)}</dt><dd>${escapeHtml(value)}</dd>`
    ).join("")
  }</dl>
<script>${SCRIPT}</script>
</html>
`;
}

const SETS = "A system that falls from the first set to another far more than the others do has " +
  "likely fitted the first.";

/** What it takes to make the report again. */
function provenance(report: Report): [string, string][] {
  const { date, versions, settings, commandLine } = report;
  if (versions === undefined) return [];
  return [
    ["Date", date ?? ""],
    ["Package", `${versions.package} (${versions.packageDigest})`],
    ["Deno", versions.deno],
    ["Data, SHA-256", versions.data.join(", ")],
    ["Limits and options", JSON.stringify(settings)],
    ["Command line", plain((commandLine ?? []).join(" "))],
  ];
}

/** The p values of all pairs, as a square: it grows with the systems, not with their pairs. */
function matrix(comparisons: Table, ranking: Table): string {
  const at = ranking.header.indexOf("Submission");
  const names = ranking.rows.filter(([place]) => place !== "").map((row) => row[at]);
  if (names.length < 2) return "<p>Nothing.</p>";
  const p = new Map(comparisons.rows.flatMap(([a, b, value]) => [
    [`${a}\0${b}`, value],
    [`${b}\0${a}`, value],
  ]));
  const head = names.map((name, i) => `<th scope="col" title="${escapeHtml(name)}">${i + 1}</th>`);
  const rows = names.map((name, i) => {
    const cells = names.map((other) => {
      const value = p.get(`${name}\0${other}`);
      const isTold = value !== undefined && Number(value) < 0.05;
      return `<td${isTold ? ' class="told"' : ""}>${value ?? "·"}</td>`;
    });
    return `<tr><th scope="row">${i + 1} ${escapeHtml(name)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="wide"><table id="comparisons" class="matrix"><thead><tr><th></th>${
    head.join("")
  }</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

const PAIRS = "Each pair of systems by a paired permutation test over queries, p after Holm's " +
  "correction for the number of pairs. Systems with p ≥ 0.05 are not told from each other.";

function introduction(report: Report): string {
  const names = report.isBlind
    ? "Cells saw the sounds under names that mean nothing"
    : "Cells saw the sounds under their own names, which give the class away";
  const sandbox = report.sandbox
    ? `in a sandbox, network: ${report.network}`
    : "without a sandbox, so that they could do what they liked";
  return `${names}; they ran ${sandbox}. All figures come from the organizer's own evaluation.`;
}

function partsOf(report: Report): Parts {
  const isOut = (entry: Entry) =>
    !report.keepViolations && entry.findings.some(({ severity }) => severity === "violation");
  const scored = report.entries.flatMap((entry) =>
    entry.figures === undefined || isOut(entry)
      ? []
      : [{ name: entry.name, figures: entry.figures }]
  );
  const { ranking, comparisons } = rank(scored);
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
    "Not told from",
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
        ...ranking.map((ranked) => rankedRow(ranked, byName.get(ranked.name)!)),
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
      header: ["Submission", "", "Rule", "Cell", "Line", "Found"],
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
    pictures: ranking.length === 0 ? [] : [heatMapOf(ranking), rankCurvesOf(ranking)],
  };
}

/** A fall that is this many times the usual one is told of. */
const FAR = 2;

function setsOf(report: Report, ranking: Ranked[]): Table | undefined {
  const names = report.otherData ?? [];
  if (names.length === 0) return undefined;
  const byName = new Map(report.entries.map((entry) => [entry.name, entry]));
  const mrrs = ranking.map(({ name, figures }) => [
    figures.mrr,
    ...names.map((_, k) => byName.get(name)!.others?.[k]?.figures?.mrr),
  ]);
  // What is left of the first set's MRR on another; the median says what is usual.
  const usual = names.map((_, k) =>
    median(
      mrrs.flatMap(([first, ...others]) =>
        others[k] === undefined || first === undefined ? [] : [others[k]! / first]
      ),
    )
  );
  return {
    header: [
      "Submission",
      `MRR ${plain(report.data)}`,
      ...names.map((name) => `MRR ${plain(name)}`),
      "",
    ],
    rows: ranking.map(({ name }, i) => {
      const [first, ...others] = mrrs[i];
      const falls = others.some((mrr, k) =>
        mrr !== undefined && first !== undefined && mrr / first < usual[k] / FAR
      );
      return [
        plain(name),
        ...mrrs[i].map((mrr) => mrr?.toFixed(4) ?? ""),
        falls ? "falls far more than the others" : "",
      ];
    }),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.floor(sorted.length / 2)];
}

/** Leaves out what nobody asked for, as the figures under real names. */
function withoutEmptyColumns({ header, rows }: Table): Table {
  const kept = header.map((_, i) => rows.some((row) => row[i] !== ""));
  const keep = (row: string[]) => row.filter((_, i) => kept[i]);
  return { header: keep(header), rows: rows.map(keep) };
}

function rankedRow({ name, figures, place, tiedWith }: Ranked, entry: Entry): string[] {
  return [
    `${place}`,
    plain(name),
    figures.mrr.toFixed(4),
    entry.namedMrr?.toFixed(4) ?? "",
    figures.mrrInterval.map((value) => value.toFixed(4)).join("\u00a0…\u00a0"),
    figures.classwiseMrr.toFixed(4),
    figures.classwiseNdcg.toFixed(4),
    tiedWith.map(plain).join(", "),
    nextStepOf(entry),
    ...runCells(entry),
  ];
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

function htmlTable(id: string, { header, rows }: Table, link = escapeHtml): string {
  const cells = (row: string[]) =>
    row.map((cell, i) => `<td>${header[i] === "Submission" ? link(cell) : escapeHtml(cell)}</td>`)
      .join("");
  return `<div class="wide"><table id="${id}"><thead><tr>${
    header.map((cell) => `<th><button>${escapeHtml(cell)}</button></th>`).join("")
  }</tr></thead><tbody>${
    rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n")
  }</tbody></table></div>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1rem; color: #1c2733; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #d8dee5; text-align: left; vertical-align: top; }
th { background: #f2f5f8; white-space: nowrap; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid #3572b0; }
th[aria-sort=ascending] button::after { content: " ▲"; }
th[aria-sort=descending] button::after { content: " ▼"; }
td { max-width: 24rem; overflow-wrap: anywhere; }
td:nth-child(2) { max-width: 14rem; }
.matrix td { text-align: center; padding: .2rem .4rem; }
.matrix th[scope=row] { max-width: 14rem; overflow-wrap: anywhere; white-space: normal; text-align: left; }
.matrix .told { background: #d9ecd9; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem 0; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { background: #14191f; color: #dde3ea; }
  th { background: #1f2831; }
  th, td { border-color: #33404d; }
  a { color: #8ab8e6; }
  .matrix .told { background: #24422a; }
  figure { background: #fff; border-radius: 6px; }
}
@media print { body { max-width: none; margin: 0; } .wide { overflow: visible; } th button::after { content: none; } }
figure { margin: 1rem 2rem 1rem 0; display: inline-block; vertical-align: top; }
`;

/** Sorts a table by the column whose title is pressed: numbers as numbers, empty cells last. */
const SCRIPT = `
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const text = (row) => row.cells[column].textContent;
    const compare = (a, b) => {
      if (text(a) === "" || text(b) === "") return (text(a) === "") - (text(b) === "");
      const order = text(a).localeCompare(text(b), "en", { numeric: true });
      const numbers = [Number(text(a)), Number(text(b))];
      return (up ? 1 : -1) * (numbers.some(Number.isNaN) ? order : numbers[0] - numbers[1]);
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }));
}
`;
