/** What is looked at before a notebook of one's own is run, and beside it. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatasetError } from "../challenge/dataset.ts";
import { readGroundTruth } from "../challenge/ground_truth.ts";
import { type Notebook, NotebookError } from "../notebook/ipynb.ts";
import { PACKAGE_FOLDER } from "./template.ts";
import { joinCells, type Program, ProgramError } from "./verify/program.ts";
import { checkTypes } from "./verify/types.ts";

/**
 * Deno looks for what names mean in the folder of the notebook and in those above it.
 *
 * @throws {NotebookError} Where it imports this package, and no such folder says where that is.
 */
export function checkImports(path: string, notebook: Notebook): void {
  const imports = /\b(from|import)\s*\(?\s*["']qvim(\/helpers)?["']/;
  if (
    !notebook.cells.some(({ cell_type, source }) => cell_type === "code" && imports.test(source))
  ) {
    return;
  }
  for (let folder = dirname(resolve(path));; folder = dirname(folder)) {
    const config = join(folder, "deno.json");
    if (existsSync(config) && Deno.readTextFileSync(config).includes('"qvim"')) return;
    if (dirname(folder) === folder) break;
  }
  throw new NotebookError(
    `Expected ${path} to lie where "qvim" can be imported but found no deno.json there that names ` +
      `it: copy the notebook into ${PACKAGE_FOLDER}, or a folder in it`,
  );
}

/**
 * What is wrong with a notebook's types: the kernel does not check them, and runs it all the same.
 *
 * @param folder The folder of the notebook.
 * @param signal Ends the check; nothing is found then.
 * @returns Sentences with the cell and the line, or that the types could not be checked; none where the cells don't fit together, which the
 * run says at the cell.
 */
export async function warningsOfTypes(
  notebook: Notebook,
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  let program: Program;
  try {
    program = joinCells(notebook);
  } catch (error) {
    if (error instanceof ProgramError) return [];
    throw error;
  }
  const [findings] = await checkTypes([{ program, folder }], PACKAGE_FOLDER, signal);
  if (signal?.aborted) return [];
  return findings.map(({ rule, cell, line, message }) =>
    `${cell === undefined ? rule : `cell ${cell}, line ${line}`}: ${message}`
  );
}

/** @throws {DatasetError} Where there is no data set: the first cell would make an empty folder. */
export function checkDataset(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new DatasetError(`Expected a data set for --data but found no folder at ${folder}`);
  }
  readGroundTruth(folder);
}
