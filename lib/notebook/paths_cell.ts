import { parse } from "@babel/parser";
import { type Notebook, NotebookError } from "./ipynb.ts";

/** The first line of the cell that declares the paths. */
export const PATHS_MARKER = "// TODO: DEFINE YOUR PATHS HERE.";

/** Values for the declarations of the paths cell. */
export interface Paths {
  ROOT_PATH?: string;
  DATA_PATH?: string;
}

/**
 * Puts other values into the declarations of the paths cell, and changes nothing else.
 *
 * @returns A notebook of its own; the given one stays as it is.
 * @throws {NotebookError} Where there is no paths cell, or it does not declare such a path.
 */
export function replacePaths(notebook: Notebook, paths: Paths): Notebook {
  const replacements = Object.entries(paths).filter(([, value]) => value !== undefined);
  if (replacements.length === 0) return notebook;
  const index = notebook.cells.findIndex((cell) =>
    cell.cell_type === "code" && cell.source.startsWith(PATHS_MARKER)
  );
  if (index < 0) {
    throw new NotebookError(`Expected a cell that begins with "${PATHS_MARKER}" but found none`);
  }
  let { source } = notebook.cells[index];
  for (const [name, value] of replacements) source = replaceValue(source, name, value, index);
  return {
    ...notebook,
    cells: notebook.cells.map((cell, i) => i === index ? { ...cell, source } : cell),
  };
}

function replaceValue(source: string, name: string, value: string, index: number): string {
  let range: { start?: number | null; end?: number | null } | undefined;
  try {
    const { program } = parse(source, { sourceType: "module", plugins: ["typescript"] });
    for (const statement of program.body) {
      if (statement.type !== "VariableDeclaration") continue;
      for (const { id, init } of statement.declarations) {
        if (id.type === "Identifier" && id.name === name && init) range = init;
      }
    }
  } catch (error) {
    throw new NotebookError(
      `Expected TypeScript in the paths cell, cell ${index + 1}: ${(error as Error).message}`,
    );
  }
  if (typeof range?.start !== "number" || typeof range.end !== "number") {
    throw new NotebookError(
      `Expected the paths cell, cell ${index + 1}, to declare ${name} with a value but it does not`,
    );
  }
  return source.slice(0, range.start) + JSON.stringify(value) + source.slice(range.end);
}
