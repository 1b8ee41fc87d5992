import { rankCurve } from "../../challenge/statistics.ts";
import { rank, type Ranked } from "./ranking.ts";
import { heatMap, lineChart } from "../../ui/chart.ts";
import { escapeHtml } from "../../ui/jupyter.ts";
import { formatMarkdown, type Table } from "../../ui/table.ts";
import { type Entry, outcomeOf, remarksOf, type Report } from "./entry.ts";

/** The parts of a report that all its forms share. */
interface Parts {
  ranking: Table;
  comparisons: Table;
  findings: Table;
  pictures: string[];
}

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { ranking, comparisons, findings } = partsOf(report);
  return [
    `# Submissions on ${report.data}`,
    introduction(report),
    formatMarkdown(ranking),
    "## Differences between systems",
    PAIRS,
    formatMarkdown(comparisons),
    "## What verification found",
    findings.rows.length === 0 ? "Nothing." : formatMarkdown(findings),
  ].join("\n\n") + "\n";
}

/** The report as one HTML page that needs nothing else. */
export function toHtml(report: Report): string {
  const { ranking, comparisons, findings, pictures } = partsOf(report);
  const executed = new Map(report.entries.map((entry) => [entry.name, entry.executed]));
  const link = (name: string) => {
    const path = executed.get(name);
    return path === undefined
      ? escapeHtml(name)
      : `<a href="${escapeHtml(encodeURI(path))}">${escapeHtml(name)}</a>`;
  };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Submissions on ${escapeHtml(report.data)}</title>
<style>${STYLE}</style>
<h1>Submissions on ${escapeHtml(report.data)}</h1>
<p>${escapeHtml(introduction(report))}</p>
${htmlTable("ranking", ranking, link)}
${pictures.map((picture) => `<figure>${picture}</figure>`).join("\n")}
<h2>Differences between systems</h2>
<p>${escapeHtml(PAIRS)}</p>
${htmlTable("comparisons", comparisons)}
<h2>What verification found</h2>
${findings.rows.length === 0 ? "<p>Nothing.</p>" : htmlTable("findings", findings)}
<script>${SCRIPT}</script>
</html>
`;
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
  const scored = report.entries.flatMap(({ name, figures }) => figures ? [{ name, figures }] : []);
  const { ranking, comparisons } = rank(scored);
  const byName = new Map(report.entries.map((entry) => [entry.name, entry]));
  const failed = report.entries.filter(({ figures }) => figures === undefined);
  return {
    ranking: withoutEmptyColumns({
      header: [
        "Place",
        "Submission",
        "MRR",
        "MRR, real names",
        "95 % interval",
        "Class-wise MRR",
        "Class-wise NDCG",
        "Not told from",
        "Seconds",
        "Peak MiB",
        "Outcome",
        "Remarks",
      ],
      rows: [
        ...ranking.map((ranked) => rankedRow(ranked, byName.get(ranked.name)!)),
        ...failed.map((entry) => ["", entry.name, "", "", "", "", "", "", ...runCells(entry)]),
      ],
    }),
    comparisons: {
      header: ["System", "Other", "p"],
      rows: comparisons.map(({ first, second, p }) => [first, second, p.toFixed(4)]),
    },
    findings: {
      header: ["Submission", "", "Rule", "Cell", "Line", "Found"],
      rows: report.entries.flatMap(({ name, findings }) =>
        findings.map(({ severity, rule, cell, line, message }) => [
          name,
          severity,
          rule,
          cell?.toString() ?? "",
          line?.toString() ?? "",
          message,
        ])
      ),
    },
    pictures: ranking.length === 0 ? [] : [heatMapOf(ranking), rankCurvesOf(ranking)],
  };
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
    name,
    figures.mrr.toFixed(4),
    entry.namedMrr?.toFixed(4) ?? "",
    figures.mrrInterval.map((value) => value.toFixed(4)).join("\u00a0…\u00a0"),
    figures.classwiseMrr.toFixed(4),
    figures.classwiseNdcg.toFixed(4),
    tiedWith.join(", "),
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
    rows: ranking.map(({ name }) => name),
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
      label: name,
      points: rankCurve(figures.ranks, figures.items),
    })),
  });
}

function htmlTable(id: string, { header, rows }: Table, link = escapeHtml): string {
  const cells = (row: string[]) =>
    row.map((cell, i) =>
      `<td>${
        header[i] === "Submission" || header[i] === "System" ? link(cell) : escapeHtml(cell)
      }</td>`
    ).join("");
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
#ranking td:last-child { min-width: 18rem; }
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
