import { createTwoFilesPatch, diffArrays } from "diff";
import { type Cell, mayFail, type Notebook } from "../../notebook/ipynb.ts";
import { cellLines as lines, isTodoCell } from "../template.ts";
import type { Finding } from "./findings.ts";

/** What of a cell must stay. */
function fixedPart(cell: Cell): string {
  return isTodoCell(cell) ? lines(cell)[0] : lines(cell).join("\n");
}

function keyOf(cell: Cell): string {
  return `${cell.cell_type}\n${fixedPart(cell)}`;
}

interface Numbered {
  cell: Cell;
  /** From 1. */
  number: number;
}

/** Holds the cells of a notebook against those of the template. */
export function checkStructure(notebook: Notebook, template: Notebook): Finding[] {
  const number = (cells: Cell[]) => cells.map((cell, i) => ({ cell, number: i + 1 }));
  const before = number(template.cells), after = number(notebook.cells);
  const hunks = diffArrays(before, after, {
    comparator: (a: Numbered, b: Numbered) => keyOf(a.cell) === keyOf(b.cell),
  });
  const removed = hunks.filter((hunk) => hunk.removed).flatMap((hunk) => hunk.value);
  const added = hunks.filter((hunk) => hunk.added).flatMap((hunk) => hunk.value);
  const findings: Finding[] = [];
  const take = (list: Numbered[], found: (other: Numbered) => boolean): Numbered | undefined => {
    const index = list.findIndex(found);
    return index < 0 ? undefined : list.splice(index, 1)[0];
  };
  for (const original of [...removed]) {
    const moved = take(added, ({ cell }) => keyOf(cell) === keyOf(original.cell));
    if (moved === undefined) continue;
    removed.splice(removed.indexOf(original), 1);
    findings.push(cellFinding(moved.number, `moved here from cell ${original.number}`));
  }
  for (const original of removed) {
    // What stands between the same neighbours is the same cell, changed.
    const changed = take(added, (other) => isBetween(original, other, before, after));
    findings.push(
      changed === undefined
        ? cellFinding(
          undefined,
          `cell ${original.number} of the template is missing: ${title(original)}`,
        )
        : changeOf(original, changed),
    );
  }
  for (const extra of added) {
    findings.push(cellFinding(extra.number, `a cell that the template does not have`));
  }
  for (const { cell, number } of after) {
    if (cell.cell_type !== "code" || !mayFail(cell)) continue;
    const severity = isTodoCell(cell) ? "warning" : "violation";
    const message = "its tag raises-exception lets it fail, and the run goes on";
    findings.push({ ...cellFinding(number, message), severity });
  }
  return findings;
}

function isBetween(a: Numbered, b: Numbered, before: Numbered[], after: Numbered[]): boolean {
  const same = (x?: Numbered, y?: Numbered) =>
    x === undefined || y === undefined ? x === y : keyOf(x.cell) === keyOf(y.cell);
  const previous = same(before[a.number - 2], after[b.number - 2]);
  const next = same(before[a.number], after[b.number]);
  // Where the cell next to it changed as well, its own number and one neighbour must do.
  return previous && next || (previous || next) && a.number === b.number;
}

function changeOf(original: Numbered, changed: Numbered): Finding {
  if (original.cell.cell_type !== changed.cell.cell_type) {
    return cellFinding(
      changed.number,
      `expected a ${original.cell.cell_type} cell but found a ${changed.cell.cell_type} cell`,
    );
  }
  if (isTodoCell(original.cell)) {
    return {
      rule: "todo-line",
      severity: "violation",
      cell: changed.number,
      line: 1,
      message: `expected the first line "${fixedPart(original.cell)}" but found "${
        lines(changed.cell)[0]
      }"`,
    };
  }
  const [expected, found] = [original, changed].map(({ cell }) => lines(cell).join("\n") + "\n");
  const line = lines(changed.cell).findIndex((text, i) => text !== lines(original.cell)[i]);
  return {
    rule: "fixed-cell",
    severity: "violation",
    cell: changed.number,
    line: line < 0 ? lines(changed.cell).length : line + 1,
    message: `a fixed ${changed.cell.cell_type} cell was changed`,
    diff: createTwoFilesPatch("template", "notebook", expected, found, "", "", { context: 1 })
      .split("\n").slice(1).join("\n").trimEnd(),
  };
}

function title({ cell }: Numbered): string {
  return JSON.stringify(lines(cell).find((line) => line !== "")?.slice(0, 60) ?? "");
}

function cellFinding(cell: number | undefined, message: string): Finding {
  return { rule: "cells", severity: "violation", cell, message };
}
