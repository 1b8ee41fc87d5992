import { basename, dirname } from "node:path";
import type { Evaluation, QueryResult } from "../challenge/evaluation.ts";
import type { QVIMModel, SoundPaths } from "../challenge/model.ts";
import { type QueryScores, readSimilarities } from "../challenge/similarities.ts";
import { display } from "../ui/jupyter.ts";
import { assertEvaluation, assertScores, ListenError, noScoresOf } from "./checks.ts";
import { currentRun } from "./current_run.ts";
import { playersOf, type Shown } from "./players.ts";

/** Where sounds and scores come from; those of the notebook's run unless given. */
export interface ListenOptions {
  /** How many answers are shown for each query; 3 unless given. */
  top?: number;
  /** The file of the scores. */
  scores?: string;
  /** Item → path. */
  items?: SoundPaths;
  /** Query → path. */
  queries?: SoundPaths;
  /** The recording that a library was searched by; shown above what was found. */
  recording?: { path: string };
  /** What finds sounds by a recording of one's own. */
  model?: QVIMModel;
  /** Query → its right item; that of the run's evaluation unless given. */
  rightItems?: Record<string, string>;
}

/** Rows are pictures and sounds; more of them are no use. */
const MOST_ROWS = 50, MOST_TOP = 10;

/** A sound that a library or another search has found. */
export interface FoundSound {
  /** The recording. */
  path: string;
  /** Higher is more alike. */
  score: number;
  /** The part of the recording that was found, in seconds; the whole unless given. */
  start?: number;
  /** Where that part ends. */
  end?: number;
}

/**
 * Shows a query with its right item and the top answers: players, spectrograms on one time axis, rank
 * and score. One sound plays at a time; the arrow keys go on, space plays.
 *
 * @param query A query of the data set, by its id (its file's name); a recording of your own, as
 * {@linkcode record} gives it, for which a model is asked; or what a library's search has found.
 * @param options Where sounds and scores come from.
 * @throws {ListenError} Where there is no such query, or no scores.
 *
 * @example
 * ```ts ignore
 * await listen("siren_1.wav");
 * await listen(await record(), { model: new VocalSearch() });
 * const take = await record();
 * await listen(await library.search(take), { recording: take });
 * ```
 */
export async function listen(
  query: string | { path: string } | FoundSound[],
  options: ListenOptions = {},
): Promise<void> {
  if (typeof query === "string") await showRows([query], options);
  else if (Array.isArray(query)) await showFound(query, options.recording);
  else await showRecording(query.path, options);
}

/** What a search has found, best first. */
async function showFound(found: FoundSound[], recording?: { path: string }): Promise<void> {
  if (found.length === 0) {
    throw new ListenError("Expected sounds that were found but there are none");
  }
  const sounds = found.slice(0, MOST_ROWS).map((sound, i): Shown => ({
    ...sound,
    role: `found ${i + 1}`,
    name: basename(sound.path),
    rank: i + 1,
  }));
  const asked: Shown[] = recording === undefined
    ? []
    : [{ role: "imitation", name: basename(recording.path), path: recording.path }];
  await showTables([["What was found", [...asked, ...sounds]]]);
}

/** What a model finds by a recording of one's own. */
async function showRecording(path: string, options: ListenOptions): Promise<void> {
  const top = checkTop(options);
  const { items } = { ...currentRun.sources(), ...options };
  if (options.model === undefined) {
    throw new ListenError(
      "Expected a model to find sounds by a recording with but found none: " +
        "listen(recording, { model: new VocalSearch() })",
    );
  }
  if (items === undefined || Object.keys(items).length === 0) {
    throw new ListenError(
      "Expected items to find but found none: run the cell that lists the files",
    );
  }
  const query = basename(path);
  const { [query]: scores } = await options.model.computeSimilarities(items, { [query]: path });
  await showTables([[
    "Your recording",
    choose(query, scores, undefined, top, { [query]: path }, items),
  ]]);
}

/**
 * Shows the queries whose right item came last.
 *
 * @param evaluation The figures of a run.
 * @param count How many; 5 unless given.
 * @param options Where sounds and scores come from.
 * @throws {ListenError} As {@linkcode listen}.
 *
 * @example
 * ```ts ignore
 * await showWorst(currentRun.evaluation(), 3);
 * ```
 */
export async function showWorst(
  evaluation: Evaluation,
  count = 5,
  options: ListenOptions = {},
): Promise<void> {
  await showRanked(evaluation, count, (a, b) => b.rank - a.rank, options);
}

/**
 * Shows the queries whose right item came first; see {@linkcode showWorst}.
 *
 * @param evaluation The figures of a run.
 * @param count How many; 5 unless given.
 * @param options Where sounds and scores come from.
 *
 * @example
 * ```ts ignore
 * await showBest(currentRun.evaluation(), 3);
 * ```
 */
export async function showBest(
  evaluation: Evaluation,
  count = 5,
  options: ListenOptions = {},
): Promise<void> {
  await showRanked(evaluation, count, (a, b) => a.rank - b.rank, options);
}

async function showRanked(
  evaluation: Evaluation,
  count: number,
  order: (a: QueryResult, b: QueryResult) => number,
  options: ListenOptions,
): Promise<void> {
  if (!Number.isInteger(count) || count < 1 || count > MOST_ROWS) {
    throw new ListenError(`Expected from 1 to ${MOST_ROWS} rows but found ${count}`);
  }
  assertEvaluation(evaluation);
  const chosen = evaluation.results.toSorted(order).slice(0, count);
  const rightItems = Object.fromEntries(chosen.map(({ query, item }) => [query, item]));
  const sources = options.scores === undefined ? currentRun.sources(evaluation) : {};
  await showRows(chosen.map(({ query }) => query), { ...sources, rightItems, ...options });
}

function checkTop({ top = 3 }: ListenOptions): number {
  if (Number.isInteger(top) && top >= 1 && top <= MOST_TOP) return top;
  throw new ListenError(`Expected top to be a whole number from 1 to ${MOST_TOP} but found ${top}`);
}

async function showRows(queries: string[], options: ListenOptions): Promise<void> {
  const top = checkTop(options);
  const sources = { ...currentRun.sources(), ...options };
  const { items = {}, queries: known = {} } = sources;
  assertScores(sources.scores);
  const unknown = queries.find((query) => !Object.hasOwn(known, query));
  if (unknown !== undefined) {
    throw new ListenError(`Expected a query of the data set but found ${JSON.stringify(unknown)}`);
  }
  const rows = await readRows(sources.scores, queries);
  await showTables(queries.map((query) => {
    const scores = rows.get(query);
    if (scores === undefined) throw noScoresOf(query, sources.scores!);
    return [query, choose(query, scores, sources.rightItems?.[query], top, known, items)];
  }));
}

/** Players where a page can show them, and words where it can't. */
async function showTables(tables: [title: string, sounds: Shown[]][]): Promise<void> {
  const words = tables.map(([title, sounds]) => {
    const answers = sounds.filter(({ rank }) => rank !== undefined);
    const places = answers.map(({ name, rank, isRight }) =>
      `${rank}. ${name}${isRight ? " ✓" : ""}`
    );
    return `${title}: ${places.join(", ")}`;
  });
  await display({ "text/plain": words.join("\n"), "text/html": playersOf(tables) });
}

async function readRows(path: string, wanted: string[]): Promise<Map<string, QueryScores>> {
  const rows = new Map<string, QueryScores>();
  for await (const [query, row] of readSimilarities(path)) {
    if (wanted.includes(query)) rows.set(query, row);
    if (rows.size === new Set(wanted).size) break;
  }
  return rows;
}

/** The class of an item: the folder that it lies in. */
const classOf = (path: string) => basename(dirname(path));

function choose(
  query: string,
  scores: QueryScores,
  right: string | undefined,
  top: number,
  queries: SoundPaths,
  items: SoundPaths,
): Shown[] {
  const ranked = Object.entries(scores).filter(([item]) => Object.hasOwn(items, item))
    .sort(([, a], [, b]) => b - a);
  const answers = ranked.slice(0, top).map(([name, score], i): Shown => ({
    ...{ role: `answer ${i + 1}`, name, path: items[name], rank: i + 1, score },
    class: classOf(items[name]),
    isRight: name === right,
  }));
  const shown: Shown[] = [{ role: "imitation", name: query, path: queries[query] }];
  const place = ranked.findIndex(([item]) => item === right);
  if (right !== undefined && place >= top) {
    const [name, score] = ranked[place];
    const path = items[name];
    const group = classOf(path), rank = place + 1;
    shown.push({ role: "right item", name, path, class: group, rank, score, isRight: true });
  }
  return [...shown, ...answers];
}
