import { parse } from "csv-parse/sync";
import { join } from "node:path";
import { otherThanFile } from "../io/beginning.ts";
import { DatasetError } from "./dataset.ts";

/** The file with the ground truth, inside a data set. */
export const GROUND_TRUTH_FILE = "DEV Dataset.csv";

/** One query of the ground truth, with the item that it imitates. */
export interface GroundTruthRow {
  /** What the sound is called. */
  label: string;
  /** What kind of sound it is. */
  class: string;
  /** The item's id: its file's name, with the extension. */
  item: string;
  /** The query's id, likewise. */
  query: string;
}

/** The strings that pandas 2.2 reads as missing. */
const MISSING = new Set([
  "",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "-nan",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
  "n/a",
  "nan",
  "null",
]);

const ID_COLUMNS = ["Label", "Class", "Items"];
const QUERY_COLUMNS = ["Query 1", "Query 2", "Query 3"];

/** What a ground truth may have: a byte can ask for forty of memory, a row for 14 µs. */
const MOST_BYTES = 2 ** 25, MOST_ROWS = 2 ** 19;

/**
 * Reads the ground truth of a data set.
 *
 * @param dataPath The data set's folder.
 * @throws {DatasetError} Where the file is not there or is not as {@linkcode parseGroundTruth}
 * expects it.
 *
 * @example
 * ```ts
 * import { readGroundTruth } from "qvim";
 *
 * const [{ item, query }] = readGroundTruth("data/qvim-mini");
 * if (!item.endsWith(".wav") || !query.endsWith(".wav")) throw new Error(`${item}, ${query}`);
 * ```
 */
export function readGroundTruth(dataPath: string): GroundTruthRow[] {
  const path = join(dataPath, GROUND_TRUTH_FILE);
  let text: string;
  try {
    const status = Deno.statSync(path), { size } = status, other = otherThanFile(status);
    if (other !== undefined) {
      throw new DatasetError(`Expected the ground truth but found ${other} at ${path}`);
    }
    if (size > MOST_BYTES) {
      throw new DatasetError(
        `Expected a ground truth of at most ${MOST_BYTES / 2 ** 20} MB but found ` +
          `${Math.ceil(size / 2 ** 20)} MB in ${path}`,
      );
    }
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Deno.readFileSync(path),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new DatasetError(`Expected the ground truth but found no file at ${path}`);
    }
    if (!(error instanceof TypeError)) throw error;
    throw new DatasetError(
      `Expected UTF-8 text but found other bytes in ${path}: save it as UTF-8, not as Latin-1`,
    );
  }
  return parseGroundTruth(text, path);
}

/**
 * Parses the ground truth: one title line, the header, then a row for each item. The three query
 * columns are stacked, all of `Query 1` before all of `Query 2`; rows with a missing label, class,
 * item or query drop out. Columns are found by name.
 *
 * @param text The CSV.
 * @param name What errors call it.
 */
export function parseGroundTruth(text: string, name: string): GroundTruthRow[] {
  let records: string[][];
  try {
    // An empty title is a line all the same.
    records = parse(text.replace(/^(\ufeff?)(?=[\r\n])/, "$1 "), {
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: MOST_ROWS + 1,
      // All that pandas takes for the end of a row, however they are mixed.
      record_delimiter: ["\r\n", "\n", "\r"],
    });
  } catch (error) {
    throw new DatasetError(`Expected CSV but found none in ${name}: ${(error as Error).message}`);
  }
  if (records.length > MOST_ROWS) {
    throw new DatasetError(`Expected at most ${MOST_ROWS} rows but found more in ${name}`);
  }
  const [, ...lines] = records;
  const [header, ...rows] = lines.filter((line) => line.length > 1 || line[0].trim() !== "");
  const columns = [...ID_COLUMNS, ...QUERY_COLUMNS];
  const absent = columns.filter((column) => !header?.includes(column));
  if (absent.length > 0) {
    throw new DatasetError(
      `Expected a title line, then a header with the columns ${columns.join(", ")} in ${name} ` +
        `but found no ${absent.join(", no ")} in ${JSON.stringify((header ?? []).join(","))}`,
    );
  }
  rows.forEach((row, i) => {
    if (row.length > header.length) {
      throw new DatasetError(
        `Expected ${header.length} fields but found ${row.length} in row ${i + 1} after the ` +
          `header of ${name}: ${JSON.stringify(row.join(","))}`,
      );
    }
  });
  const cell = (row: string[], column: string) => row[header.indexOf(column)] ?? "";
  checkClasses(new Set(rows.map((row) => cell(row, "Class"))), name);
  return QUERY_COLUMNS.flatMap((queryColumn) =>
    rows.filter((row) =>
      [...ID_COLUMNS, queryColumn].every((column) => !MISSING.has(cell(row, column)))
    ).map((row) => ({
      label: cell(row, "Label"),
      class: cell(row, "Class"),
      item: cell(row, "Items"),
      query: cell(row, queryColumn),
    }))
  );
}

/** What pandas takes for a number, and for a truth value, where a whole column is of them. */
const NUMBER = /^\s*[-+]?(inf(inity)?|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)\s*$/i;
const TRUTH_VALUE = /^(true|True|TRUE|false|False|FALSE)$/;

/**
 * pandas reads a column of nothing but numbers as numbers: to it the classes 1 and 01 are one, and
 * the class-wise figures come out higher than they do by the names.
 */
function checkClasses(cells: Set<string>, name: string): void {
  const classes = [...cells].filter((text) => !MISSING.has(text));
  const valueOf = classes.every((text) => NUMBER.test(text))
    ? (text: string) => Number(text.trim().toLowerCase().replace(/inf.*/, "Infinity"))
    : classes.every((text) => TRUTH_VALUE.test(text))
    ? (text: string) => text.toLowerCase()
    : (text: string) => text;
  const seen = new Map<number | string, string>();
  for (const text of classes) {
    const value = valueOf(text), other = seen.get(value);
    if (other !== undefined) {
      throw new DatasetError(
        `Expected names of classes that pandas tells apart but found ${JSON.stringify(other)} ` +
          `and ${JSON.stringify(text)}, both ${value} to it, in ${name}`,
      );
    }
    seen.set(value, text);
  }
}
