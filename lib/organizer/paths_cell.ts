import { parse } from "@babel/parser";
import { type Notebook, NotebookError } from "../notebook/ipynb.ts";
import { PATH_NAMES, TODO_LINES } from "./template.ts";

const PATHS_MARKER = TODO_LINES.paths;

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

/** The paths that the paths cell declares as plain texts. */
export function readPaths(notebook: Notebook): Paths {
  const cell = notebook.cells.find(({ source }) => source.startsWith(PATHS_MARKER));
  const out: Paths = {};
  for (const name of PATH_NAMES) {
    const init = cell && findValue(cell.source, name);
    if (init?.type === "StringLiteral") out[name] = init.value;
  }
  return out;
}

function replaceValue(source: string, name: string, value: string, index: number): string {
  let range: ReturnType<typeof findValue>;
  try {
    range = findValue(source, name);
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

/** The expression that a variable of a cell begins with; of several declarations, the last. */
function findValue(source: string, name: string) {
  const { program } = parse(source, { sourceType: "module", plugins: ["typescript"] });
  return program.body
    .flatMap((statement) => statement.type === "VariableDeclaration" ? statement.declarations : [])
    .findLast(({ id, init }) => id.type === "Identifier" && id.name === name && init)?.init;
}
