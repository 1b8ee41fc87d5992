import stringWidth from "string-width";
import { escapeHtml } from "./jupyter.ts";

/** A table with a header, for people. */
export interface Table {
  /** The columns' names. */
  header: string[];
  /** Rows of as many cells. */
  rows: string[][];
}

/**
 * The table as plain text in columns.
 *
 * @example
 * ```ts
 * import { formatTable } from "qvim";
 *
 * const text = formatTable({ header: ["Model", "MRR"], rows: [["2DFT", "0.34"]] });
 * if (text !== "Model  MRR\n─────  ────\n2DFT   0.34") throw new Error(text);
 * ```
 */
export function formatTable({ header, rows }: Table): string {
  // Some characters take two columns of a terminal, others none.
  const widths = header.map((cell, i) =>
    rows.reduce((width, row) => Math.max(width, stringWidth(row[i])), stringWidth(cell))
  );
  const pad = (cell: string, width: number) => cell + " ".repeat(width - stringWidth(cell));
  const line = (row: string[]) => row.map((cell, i) => pad(cell, widths[i])).join("  ").trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)]
    .join("\n");
}

/**
 * The table as HTML: names to the left, figures to the right.
 *
 * @example
 * ```ts
 * import { tableToHtml } from "qvim";
 *
 * const html = tableToHtml({ header: ["Model"], rows: [["<b>"]] });
 * if (!html.includes("&lt;b&gt;")) throw new Error(html);
 * ```
 */
export function tableToHtml({ header, rows }: Table): string {
  const row = (tag: string, cells: string[]) =>
    `<tr>${
      cells.map((cell, i) =>
        `<${tag} style="text-align: ${i === 0 ? "left" : "right"}">${escapeHtml(cell)}</${tag}>`
      ).join("")
    }</tr>`;
  return `<table><thead>${row("th", header)}</thead><tbody>${
    rows.map((cells) => row("td", cells)).join("")
  }</tbody></table>`;
}

/** What Markdown and the HTML in it would obey. */
const MARKUP = /[\\`*[\]<>|]/g;

/** A text that Markdown shows as it is, in one line. */
export function markdownText(text: string): string {
  return text.replaceAll("\n", " ").replace(MARKUP, "\\$&");
}

/** The table as Markdown; what is in its cells is text and nothing else. */
export function formatMarkdown({ header, rows }: Table): string {
  const line = (cells: string[]) => `| ${cells.map(markdownText).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
