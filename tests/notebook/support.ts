import { type Cell, formatNotebook, type Notebook } from "../../lib/notebook/ipynb.ts";

/** A notebook of code cells for the Deno kernel. */
export function codeNotebook(...sources: string[]): Notebook {
  return {
    cells: sources.map((source, i): Cell => ({
      cell_type: "code",
      id: `cell-${i + 1}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
    metadata: { kernelspec: { name: "deno", display_name: "Deno", language: "typescript" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** The text of such a notebook. */
export function codeNotebookText(...sources: string[]): string {
  return formatNotebook(codeNotebook(...sources));
}
