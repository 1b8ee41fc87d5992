import { QvimError } from "../io/errors.ts";
import { dirname } from "node:path";
import { writeAllSync } from "../io/bytes.ts";
import { isObject } from "../io/json_object.ts";
import { replaceFile } from "../io/replace_file.ts";
import type { Similarities, SoundPaths } from "./model.ts";
import { splitObject } from "./split_object.ts";

/** Thrown where similarity scores are not what they should be; the message names the pair. */
export class SimilaritiesError extends QvimError {}

/** The scores of one query, item → score. */
export type QueryScores = Record<string, number>;

/**
 * Checks what a model returned: for every query an object with a finite number for every item.
 *
 * @throws {SimilaritiesError} Where something is missing or is no finite number.
 *
 * @example
 * ```ts
 * import { assertSimilarities } from "qvim";
 *
 * assertSimilarities({ "q.wav": { "a.wav": 0.5 } }, { "a.wav": "a.wav" }, { "q.wav": "q.wav" });
 * ```
 */
export function assertSimilarities(
  scores: unknown,
  items: SoundPaths,
  queries: SoundPaths,
): asserts scores is Similarities {
  if (!isObject(scores)) {
    throw new SimilaritiesError(
      `Expected computeSimilarities to return query → item → score but found ${describe(scores)}`,
    );
  }
  const itemIds = Object.keys(items);
  for (const query of Object.keys(queries)) {
    checkRow(scores[query], query, itemIds);
  }
}

/** @throws {SimilaritiesError} Where `row` lacks one of the items or its score is not finite. */
function checkRow(
  row: unknown,
  query: string,
  items: Iterable<string>,
): asserts row is QueryScores {
  if (row === undefined) {
    throw new SimilaritiesError(`Expected scores for the query ${query} but found none`);
  }
  if (!isObject(row)) {
    throw new SimilaritiesError(
      `Expected the scores of the query ${query} to be item → score but found ${describe(row)}`,
    );
  }
  for (const item of items) {
    const score = row[item];
    if (score === undefined) {
      throw new SimilaritiesError(
        `Expected a score for the query ${query} and the item ${item} but found none`,
      );
    }
    if (typeof score !== "number" || !Number.isFinite(score)) {
      throw new SimilaritiesError(
        `Expected a finite number as the score for the query ${query} and the item ${item} but ` +
          `found ${describe(score)}`,
      );
    }
  }
}

function describe(value: unknown): string {
  return Deno.inspect(value, { depth: 0, colors: false });
}

/** Characters gathered before they are written. */
const WRITE_CHARACTERS = 1 << 20;

/**
 * Writes scores as JSON, a query at a time: no string is longer than one query's scores. The file
 * gets its name when it is whole.
 *
 * @param path The file; its folder is made where it is missing.
 * @param scores The scores, checked by {@linkcode assertSimilarities}, or their rows as they come.
 *
 * @example
 * ```ts
 * import { readSimilarities, writeSimilarities } from "qvim";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".json" });
 * await writeSimilarities(path, { "q.wav": { "a.wav": 0.5 } });
 * const [[query, row]] = await Array.fromAsync(readSimilarities(path));
 * if (query !== "q.wav" || row["a.wav"] !== 0.5) throw new Error(query);
 * ```
 */
export async function writeSimilarities(
  path: string,
  scores: Similarities | AsyncIterable<[query: string, row: QueryScores]>,
): Promise<void> {
  Deno.mkdirSync(dirname(path), { recursive: true });
  await replaceFile(path, async (partial) => {
    using file = Deno.openSync(partial, { write: true, create: true, truncate: true });
    const encoder = new TextEncoder();
    let text = "{";
    const flush = () => {
      writeAllSync(file, encoder.encode(text));
      text = "";
    };
    let separator = "\n";
    const rows = Symbol.asyncIterator in scores ? scores : Object.entries(scores as Similarities);
    for await (const [query, row] of rows as AsyncIterable<[string, QueryScores]>) {
      text += `${separator}${JSON.stringify(query)}: ${JSON.stringify(row)}`;
      separator = ",\n";
      if (text.length > WRITE_CHARACTERS) flush();
    }
    text += "\n}\n";
    flush();
  });
}

/**
 * Reads a similarities file, a query at a time, so that it may be longer than a string can be.
 * Scores are checked to be finite numbers.
 *
 * @param path A JSON file, query → item → score.
 * @throws {SimilaritiesError} Where the file is not of that form.
 *
 * @example
 * ```ts
 * import { readSimilarities, SimilaritiesError } from "qvim";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".json" });
 * Deno.writeTextFileSync(path, `{"q.wav": {"a.wav": 0.5}}`);
 * for await (const [query, row] of readSimilarities(path)) {
 *   if (row["a.wav"] !== 0.5) throw new SimilaritiesError(query);
 * }
 * ```
 */
export async function* readSimilarities(
  path: string,
): AsyncGenerator<[query: string, row: QueryScores]> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new SimilaritiesError(`Expected similarity scores but found no file at ${path}`);
  }
  using _ = file;
  if ((await file.stat()).isDirectory) {
    throw new SimilaritiesError(`Expected similarity scores but found a folder at ${path}`);
  }
  const fail = (found: string) =>
    new SimilaritiesError(`Expected an object query → item → score in ${path} but found ${found}`);
  for await (const [key, value] of splitObject(file, fail)) {
    const query: unknown = parseJson(key, `a query's name in ${path}`);
    if (typeof query !== "string") {
      throw new SimilaritiesError(`Expected a query's name in ${path} but found ${key}`);
    }
    const row = parseRow(value, query, path);
    checkRow(row, query, isObject(row) ? Object.keys(row) : []);
    yield [query, row];
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SimilaritiesError(`Expected ${what} as JSON: ${(error as Error).message}`);
  }
}

/** Python writes NaN and Infinity, which JSON has not: keep them as strings, to be named later. */
function parseRow(text: string, query: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const named = text.replace(/:\s*(NaN|-?Infinity)\b/g, ': "$1"');
    return parseJson(named, `the scores of the query ${query} in ${path}`);
  }
}
