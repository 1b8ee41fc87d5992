import { type Cell, formatNotebook, type Notebook, type Output } from "../../lib/notebook/ipynb.ts";
import { runNotebook, type RunOptions } from "../../lib/notebook/runner.ts";
import { withFolder } from "../support.ts";

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

/** Code that never ends, and hears nothing, as an endless loop does; but other tests have the core. */
export const FOREVER = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

/** The text of such a notebook. */
export function codeNotebookText(...sources: string[]): string {
  return formatNotebook(codeNotebook(...sources));
}

/** Runs a notebook in a folder that is removed afterwards. @returns The outputs of each cell. */
export async function run(
  notebook: Notebook,
  options: Partial<RunOptions> = {},
): Promise<Output[][]> {
  await withFolder((cwd) => runNotebook(notebook, { cwd, ...options }));
  return notebook.cells.map((cell) => cell.outputs!);
}
