/** Every fact about the template's cells that organizers' programs rely on, in one place. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cell, type Notebook, NotebookError, readNotebook } from "../notebook/ipynb.ts";

/** The folder of this package, whose `deno.json` names what notebooks may import. */
export const PACKAGE_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

/** The one place of the fixed cells. */
export const TEMPLATE_PATH = join(PACKAGE_FOLDER, "notebooks", "template.ipynb");

/** The ids of the cells that participants fill in, and of those that the re-run looks for. */
export const CELL_IDS = {
  paths: "paths",
  setup: "setup",
  implementation: "implementation",
  instance: "instance",
  save: "save",
} as const;

/** The first lines of the cells that participants fill in. */
export const TODO_LINES = {
  paths: "// TODO: DEFINE YOUR PATHS HERE.",
  setup: "// TODO: SETUP YOUR PROJECT HERE.",
  implementation: "// TODO: ADD YOUR IMPLEMENTATION HERE.",
  instance: "// TODO: INSTANTIATE YOUR MODEL HERE.",
} as const;

/** A cell that participants fill in. */
export type TodoCell = keyof typeof TODO_LINES;

/** What a notebook finds in ROOT_PATH besides itself: it is handed in alone. */
export const BESIDE_NOTEBOOK = ["deno.json", "deno.lock", "helpers.ts", "lib"];

/** The names that the paths cell declares. */
export const PATH_NAMES = ["ROOT_PATH", "DATA_PATH"] as const;

/** Where below `ROOT_PATH` the fixed cells leave the scores. */
export const SCORES_FILE = join("output", "similarities.json");

/** A piece of the last cell that is the participant's to run: the one that saves the scores. */
export const LAST_CELL_HAS = "await currentRun.save(";

const TODO_LINE = /^\/\/ TODO: .* HERE\.$/;

/** The lines of a cell; line endings and trailing spaces don't count. */
export function cellLines(cell: Cell): string[] {
  return cell.source.trimEnd().split(/\r\n|\r|\n/).map((line) => line.trimEnd());
}

/** Whether participants may write what they want below the first line. */
export function isTodoCell(cell: Cell): boolean {
  return cell.cell_type === "code" && TODO_LINE.test(cellLines(cell)[0]);
}

/** The template, as it lies in the package. */
export function readTemplate(): Notebook {
  return readNotebook(TEMPLATE_PATH);
}

/** What a participant adds to the template: the code below the first lines of TODO cells, by id. */
export type TodoCells = Partial<Record<TodoCell, string>>;

/**
 * Puts the cells of a participant into the template; cells that are left out stay the template's.
 *
 * @returns A notebook of its own, without outputs.
 * @throws {NotebookError} Where the template lacks such a cell.
 *
 * @example
 * ```ts
 * import { composeNotebook, readTemplate } from "./template.ts";
 *
 * composeNotebook(readTemplate(), { instance: "const QBVIM_MODEL = new TwoDft();" });
 * ```
 */
export function composeNotebook(template: Notebook, cells: TodoCells): Notebook {
  const notebook = structuredClone(template);
  for (const [id, code] of Object.entries(cells)) {
    const cell = notebook.cells.find((cell) => cell.id === id);
    if (cell === undefined) {
      throw new NotebookError(`Expected a cell "${id}" in the template but found none`);
    }
    cell.source = `${TODO_LINES[id as TodoCell]}\n\n${code}`;
  }
  return notebook;
}
