/** What a run begins with, copied into its world. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { NotebookError } from "../../notebook/ipynb.ts";
import { BESIDE_NOTEBOOK } from "../template.ts";

/** The largest notebook that is run, with all its pictures. */
const MAX_NOTEBOOK = 2 ** 26;

/** Copies what a participant finds besides the notebook. */
export function copyPackage(packageFolder: string, root: string): void {
  for (const part of BESIDE_NOTEBOOK) copy(join(packageFolder, part), join(root, part));
}

/** Copies a file or a folder. */
function copy(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) copy(join(from, name), join(to, name));
}

/**
 * Copies a notebook, which may be anything: its bytes, up to what a notebook can need.
 *
 * @param expected Its SHA-256 as it was verified, where it was.
 * @throws {NotebookError} Where it can't be read, is too large, or another one by now.
 */
export function copyNotebook(from: string, to: string, expected?: string): void {
  const bytes = readNotebookFile(from);
  if (expected !== undefined && createHash("sha256").update(bytes).digest("hex") !== expected) {
    throw new NotebookError(
      `Expected the notebook that was verified but found that ${from} has changed since`,
    );
  }
  // A new file: through what is there, a link perhaps, nothing is written.
  Deno.writeFileSync(to, bytes, { mode: 0o644, createNew: true });
}

function readNotebookFile(path: string): Uint8Array {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (isFile && size <= MAX_NOTEBOOK) return Deno.readFileSync(path);
    const found = isFile ? `${Math.ceil(size / 2 ** 20)} MiB` : "no file";
    throw new NotebookError(
      `Expected a notebook of at most ${MAX_NOTEBOOK / 2 ** 20} MiB but found ${found} at ${path}`,
    );
  } catch (error) {
    if (error instanceof NotebookError) throw error;
    throw new NotebookError(`Expected to read a notebook but found: ${(error as Error).message}`);
  }
}
