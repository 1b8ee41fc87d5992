/** The report as one HTML page that needs nothing else. */
import { plain, plainLines } from "../../io/plain.ts";
import { escapeHtml } from "../../ui/jupyter.ts";
import type { Table } from "../../ui/table.ts";
import {
  believeNothing,
  type Entry,
  nextStepOf,
  outcomeOf,
  remarksOf,
  type Report,
} from "./entry.ts";
import { introduction, PAIRS, type Parts, partsOf, POWERS, provenance, SETS } from "./report.ts";

/**
 * The report as one HTML page that needs nothing else.
 *
 * @param parts What {@linkcode partsOf} gives of it, where that is there already.
 */
export function toHtml(report: Report, parts: Parts = partsOf(report)): string {
  const { ranking, out, sets, comparisons, findings, powers, pictures } = parts;
  const entries = new Map(report.entries.map((entry) => [plain(entry.name), entry]));
  const linked = (name: string) => link(entries.get(name)?.executed, name);
  const placed = forThePage({ ...ranking, rows: ranking.rows.filter(([place]) => place !== "") });
  const unplaced = report.entries.filter(({ figures }) => figures === undefined);
  const failed = unplaced.filter((entry) => outcomeOf(entry) !== "finished");
  const listed = report.entries.filter((entry) => bestOf(entry).length > 0);
  const section = (title: string, text: string, body: string) =>
    body === "" ? "" : `<h2>${title}</h2>
${text === "" ? "" : `<p>${escapeHtml(text)}</p>`}
${body}`;
  const table = (id: string, table: Table) =>
    table.rows.length === 0 ? "" : htmlTable(id, table, linked);
  const isFailed = (row: string[]) =>
    failed.some(({ name }) => plain(name) === row[out.header.indexOf("Submission")]);
  const title = escapeHtml(`Submissions on ${plain(report.data)}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
${
    report.changed === undefined
      ? ""
      : `<p role="alert">${escapeHtml(plain(believeNothing(report.changed)))}</p>`
  }
<p>${escapeHtml(introduction(report))}</p>
${placed.rows.length === 0 ? "<p>Nothing is ranked.</p>" : table("ranking", placed)}
${
    section(
      "Broke a rule",
      "Not ranked.",
      table("out", forThePage({ ...out, rows: out.rows.filter((row) => !isFailed(row)) })),
    )
  }
${section("Did not finish", "", failed.map(failure).join("\n"))}
${section("The ten best items of each query", "", listed.map(best).join("\n"))}
${section("On all data sets", SETS, sets === undefined ? "" : table("sets", sets))}
${pictures.map((picture) => `<figure tabindex="0">${picture}</figure>`).join("\n")}
<h2>Differences between systems</h2>
<p>${escapeHtml(PAIRS)}</p>
${matrix(comparisons, ranking)}
<h2>What verification found</h2>
${table("findings", findings) || "<p>Nothing.</p>"}
${section("Powers used", POWERS, table("powers", powers))}
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

/** A file beside the report, by a name that may hold anything. */
function link(path: string | undefined, text: string): string {
  const href = path?.split("/").map(encodeURIComponent).join("/");
  return href === undefined
    ? escapeHtml(text)
    : `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;
}

/** What to do next stands beside the name, and what is the same in all rows is left out. */
function forThePage({ header, rows }: Table): Table {
  const order = ["Place", "Submission", "Next", ...header];
  const kept = [...new Set(order)].filter((title) =>
    header.includes(title) && rows.some((row) => row[header.indexOf(title)] !== "") &&
    !(title === "Outcome" && rows.every((row) => row[header.indexOf(title)] === "finished"))
  );
  return {
    header: kept,
    rows: rows.map((row) => kept.map((title) => row[header.indexOf(title)])),
  };
}

/** One line that opens. */
function failure(entry: Entry): string {
  const messages = [...entry.runs.map(({ message }) => message), entry.scoresError]
    .filter((message) => message !== undefined);
  return `<details><summary>${badge(nextStepOf(entry))} <b>${escapeHtml(plain(entry.name))}</b> ${
    escapeHtml([outcomeOf(entry), ...remarksOf(entry)].join("; "))
  }</summary><pre>${escapeHtml(messages.map(plainLines).join("\n"))}</pre>${
    entry.executed === undefined ? "" : `<p>${link(entry.executed, "What was run of it")}</p>`
  }</details>`;
}

/** The lists of best items of an entry, for each data set without answers. */
function bestOf({ best, others = [] }: Entry): string[] {
  return [best, ...others.map(({ best }) => best)].filter((path) => path !== undefined);
}

function best(entry: Entry): string {
  const links = bestOf(entry).map((path) => link(path, path.split("/")[0])).join(", ");
  return `<p>${badge(nextStepOf(entry))} <b>${escapeHtml(plain(entry.name))}</b> ${links} ${
    escapeHtml(remarksOf(entry).join("; "))
  }</p>`;
}

const badge = (next: string) => `<span class="${next}">${next}</span>`;

/** As tables of p values have it: `.012`. */
function inThreeDigits(p: string): string {
  if (Number(p) < 0.001) return "&lt;.001";
  return Number(p).toFixed(3).replace(/^0/, "").replace("1.000", "1");
}

/** The p values of all pairs, as a square: it grows with the systems, not with their pairs. */
function matrix(comparisons: Table, ranking: Table): string {
  const at = ranking.header.indexOf("Submission");
  const systems = ranking.rows.filter(([place]) => place !== "")
    .map((row) => ({ place: row[0], name: row[at] }));
  if (systems.length < 2) return "<p>Nothing.</p>";
  const p = new Map(comparisons.rows.flatMap(([a, b, value]) => [
    [`${a}\0${b}`, value],
    [`${b}\0${a}`, value],
  ]));
  const head = systems.map(({ place, name }) =>
    `<th scope="col" title="${escapeHtml(name)}">${place}</th>`
  );
  const rows = systems.map(({ place, name }) => {
    const cells = systems.map((other) => {
      const value = p.get(`${name}\0${other.name}`);
      if (value === undefined) return "<td>·</td>";
      const isTold = Number(value) < 0.05;
      return `<td${isTold ? ' class="told"' : ""} title="${value}">${inThreeDigits(value)}</td>`;
    });
    return `<tr><th scope="row">${place} ${escapeHtml(name)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="wide" tabindex="0"><table id="comparisons" class="matrix"><thead><tr><th></th>${
    head.join("")
  }</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function htmlTable(id: string, { header, rows }: Table, linked: (name: string) => string): string {
  const cell = (text: string, title: string) =>
    title === "Submission"
      ? `<td class="name">${linked(text)}</td>`
      : title === "Next"
      ? `<td>${badge(text)}</td>`
      : `<td${/^[-\d.\u00a0…]*$/.test(text) ? ' class="number"' : ""}>${escapeHtml(text)}</td>`;
  const line = (row: string[]) => row.map((text, i) => cell(text, header[i])).join("");
  return `<div class="wide"><table id="${id}"><thead><tr>${
    header.map((title) => `<th scope="col"><button>${escapeHtml(title)}</button></th>`).join("")
  }</tr></thead><tbody>${
    rows.map((row) => `<tr>${line(row)}</tr>`).join("\n")
  }</tbody></table></div>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1rem; color: #1c2733; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #d8dee5; text-align: left; vertical-align: top; }
th { background: #f2f5f8; vertical-align: bottom; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid #3572b0; }
th[aria-sort=ascending] button::after { content: " ▲"; }
th[aria-sort=descending] button::after { content: " ▼"; }
td { max-width: 24rem; overflow-wrap: anywhere; }
table:not(.matrix) td:last-child:not(.number) { min-width: 10rem; }
[role=alert] { background: #f6cfc9; color: #1c2733; padding: .5rem 1rem; border-left: .4rem solid #b3261e; font-weight: 600; overflow-wrap: anywhere; }
td.number { white-space: nowrap; }
td.name { min-width: 9rem; max-width: 14rem; }
.fine, .look, .out { padding: 0 .5em; border-radius: .5em; white-space: nowrap; color: #1c2733; }
.fine { background: #d9ecd9; } .look { background: #fbe7b2; } .out { background: #f6cfc9; }
summary { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; cursor: pointer; padding: .2rem 0; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 1.5rem; }
.matrix td { text-align: center; padding: .2rem .35rem; white-space: nowrap; }
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
@page { size: landscape; margin: 12mm; }
@media print {
  body { max-width: none; margin: 0; font-size: 11px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide, figure { overflow: visible; }
  tr, figure, details { break-inside: avoid; }
  /* Buttons are not drawn in heads that are repeated on each page. */
  thead { display: table-row-group; }
  th button::after { content: none; }
}
@media screen and (max-width: 60rem) {
  /* What is scrolled to keeps its name. */
  td.name { position: sticky; left: 0; background: Canvas; }
}
figure { margin: 1rem 0; display: inline-block; vertical-align: top; max-width: 100%; overflow-x: auto; }
`;

/** Sorts a table by the column whose title is pressed: numbers as numbers, empty cells last. */
const SCRIPT = `
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
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
