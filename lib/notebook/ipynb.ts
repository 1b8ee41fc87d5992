/** Reads and writes notebooks of nbformat 4. */
import { otherThanFile } from "../io/beginning.ts";
import { QvimError } from "../io/errors.ts";
import { isObject } from "../io/json_object.ts";
import { replaceFileSync } from "../io/replace_file.ts";

/** What a cell shows below itself, as nbformat 4 stores it. */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | { output_type: "display_data"; data: MimeBundle; metadata: Json }
  | {
    output_type: "execute_result";
    data: MimeBundle;
    metadata: Json;
    execution_count: number | null;
  }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

/** MIME type → content. */
export type MimeBundle = Record<string, unknown>;

type Json = Record<string, unknown>;

/** A cell, with its source as one string. */
export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: Json;
  source: string;
  /** Of code cells only. */
  outputs?: Output[];
  /** Of code cells only. */
  execution_count?: number | null;
}

/** A notebook of nbformat 4. */
export interface Notebook {
  cells: Cell[];
  metadata: Json;
  nbformat: number;
  nbformat_minor: number;
}

/** Whether the cell's author expects it to fail, as Jupyter's own tools know it. */
export function mayFail({ metadata }: Cell): boolean {
  return Array.isArray(metadata.tags) && metadata.tags.includes("raises-exception");
}

/** Thrown where a file is not a notebook that can be run here; the message names the file. */
export class NotebookError extends QvimError {}

/** The largest notebook that is read, with all its pictures. */
const MAX_BYTES = 2 ** 26;
/** Objects and lists in it: millions of empty ones take a hundred times their size in memory. */
const MAX_BRACKETS = 4_000_000;
/** The language that the notebooks are written in. */
const LANGUAGE = "typescript";

/**
 * Reads a notebook of the Deno kernel.
 *
 * @throws {NotebookError} Where there is none, or one of another format or language.
 */
export function readNotebook(path: string): Notebook {
  let text: string;
  try {
    const status = Deno.statSync(path), { size } = status, other = otherThanFile(status);
    // What a system says of a folder that is read as a file, each says in its own way.
    if (other !== undefined) {
      throw new NotebookError(`Expected a notebook but found ${other} at ${path}`);
    }
    if (size > MAX_BYTES) {
      throw new NotebookError(
        `Expected a notebook of at most ${MAX_BYTES / 2 ** 20} MiB but found ${
          Math.ceil(size / 2 ** 20)
        } MiB at ${path}`,
      );
    }
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new NotebookError(`Expected a notebook but found no file at ${path}`);
    }
    throw error;
  }
  return parseNotebook(text, path);
}

/**
 * Parses the text of a notebook; see {@linkcode readNotebook}.
 *
 * @param name What errors call it.
 */
export function parseNotebook(text: string, name: string): Notebook {
  const found = (what: string) =>
    new NotebookError(
      `Expected a notebook of nbformat 4 for the Deno kernel in ${name} but ${what}`,
    );
  if (countBrackets(text) > MAX_BRACKETS) {
    throw found(`found more than ${MAX_BRACKETS} objects and lists`);
  }
  if (text.startsWith("\ufeff")) {
    throw found(
      "found a byte order mark before it, as some editors write: Jupyter does not read it",
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw found(`found no JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw found("found no JSON object");
  if (value.nbformat !== 4) throw found(`found nbformat ${Deno.inspect(value.nbformat)}`);
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const kernelspec = isObject(metadata.kernelspec) ? metadata.kernelspec : {};
  const languageInfo = isObject(metadata.language_info) ? metadata.language_info : {};
  const language = kernelspec.language ?? languageInfo.name;
  if (language !== LANGUAGE) {
    throw found(`found the language ${language === undefined ? "undefined" : `"${language}"`}`);
  }
  if (!Array.isArray(value.cells)) throw found("found no list of cells");
  return {
    cells: value.cells.map((cell, index) => parseCell(cell, index, found)),
    metadata,
    nbformat: 4,
    nbformat_minor: typeof value.nbformat_minor === "number" ? value.nbformat_minor : 0,
  };
}

/** How many objects and lists a text of JSON can hold at the most; stops above {@linkcode MAX_BRACKETS}. */
function countBrackets(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length && count <= MAX_BRACKETS; i++) {
    const code = text.charCodeAt(i);
    // `[` and `{`
    if (code === 0x5b || code === 0x7b) count++;
  }
  return count;
}

function parseCell(value: unknown, index: number, found: (what: string) => Error): Cell {
  const at = `in cell ${index + 1}`;
  if (!isObject(value)) throw found(`found no object ${at}`);
  const type = value.cell_type;
  if (type !== "code" && type !== "markdown" && type !== "raw") {
    throw found(`found the cell type ${Deno.inspect(type)} ${at}`);
  }
  const source = joinLines(value.source);
  if (source === undefined) throw found(`found no source ${at}`);
  const cell: Cell = {
    ...value,
    cell_type: type,
    metadata: isObject(value.metadata) ? value.metadata : {},
    source,
  };
  if (type === "code") {
    const outputs = Array.isArray(value.outputs) ? value.outputs : [];
    if (!outputs.every(isObject)) throw found(`found an output that is no object ${at}`);
    cell.outputs = outputs.map(parseOutput);
    cell.execution_count = typeof value.execution_count === "number" ? value.execution_count : null;
  }
  return cell;
}

function parseOutput(value: Json): Output {
  if (value.output_type === "stream") {
    return { ...value, text: joinLines(value.text) ?? "" } as Output;
  }
  if (!isObject(value.data)) return value as Output;
  const data = Object.fromEntries(
    Object.entries(value.data).map(([type, content]) => [type, joinLines(content) ?? content]),
  );
  return { ...value, data } as Output;
}

/** nbformat stores text as one string or as a list of lines. */
export function joinLines(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) {
    return value.join("");
  }
  return undefined;
}

/** Writes a notebook under its name when it is whole. */
export function writeNotebook(path: string, notebook: Notebook): void {
  replaceFileSync(path, formatNotebook(notebook));
}

/** A notebook as Jupyter writes it: text as lists of lines, one space of indentation. */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: splitLines(cell.source),
    ...(cell.outputs && { outputs: cell.outputs.map(formatOutput) }),
  }));
  return JSON.stringify({ ...notebook, cells }, null, 1) + "\n";
}

function formatOutput(output: Output): unknown {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.fromEntries(
    Object.entries(output.data).map(([type, content]) => [
      type,
      typeof content === "string" ? splitLines(content) : content,
    ]),
  );
  return { ...output, data };
}

function splitLines(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== "");
}

/** The title of the section that a cell stands in; empty where there is none. */
export function headingAbove(notebook: Notebook, index: number): string {
  const above = notebook.cells.slice(0, index).filter((cell) => cell.cell_type === "markdown");
  return above.flatMap((cell) => cell.source.match(/^#+ .+/gm) ?? []).at(-1)?.replace(/^#+ /, "") ??
    "";
}
