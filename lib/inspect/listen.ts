import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Evaluation, QueryResult } from "../challenge/evaluation.ts";
import type { QVIMModel, SoundPaths } from "../challenge/model.ts";
import { type QueryScores, readSimilarities } from "../challenge/similarities.ts";
import { assertOptions, inspectShort, TEXT, wholeNumber } from "../io/options.ts";
import { plain } from "../io/plain.ts";
import { placeAt } from "../ui/place_at.ts";
import { display } from "../ui/jupyter.ts";
import { startProgress } from "../ui/progress.ts";
import { assertEvaluation, assertPaths, assertScores, ListenError, noScoresOf } from "./checks.ts";
import { currentRun } from "./current_run.ts";
import { playersPage, type ShownSound, soundTable } from "./players.ts";
import { choose, classOf, rank } from "./ranked.ts";
import { FIRST_SECONDS, openRecording } from "./sounds.ts";

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
const KINDS = { top: wholeNumber(1, MOST_TOP), scores: TEXT };
/** Answers that are shown of each query. */
const TOP = 3;
/** More rows than these take a while. */
const FEW = 5;

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
 * {@linkcode record} gives it, or its path, for which a model is asked; or what a library's search has
 * found.
 * @param options Where sounds and scores come from.
 * @throws {ListenError} Where there is no such query, or no scores.
 *
 * @example
 * ```ts ignore
 * await listen("siren_1_voice_2.wav");
 * await listen(await record(), { model: new VocalSearch() });
 * const take = await record();
 * await listen(await library.search(take), { recording: take });
 * ```
 */
export async function listen(
  query: string | { path: string } | FoundSound[],
  options: ListenOptions = {},
): Promise<void> {
  assertOptions(options, KINDS, ListenError);
  if (typeof query === "string") return await showNamed(query, options);
  if (Array.isArray(query)) return await showFound(query, options.recording);
  if (typeof query?.path === "string") return await showRecording(query.path, options);
  throw new ListenError(
    "Expected the id of a query, a recording with its path, or sounds that were found, but found " +
      inspectShort(query),
  );
}

/** A query of the data set, as it was scored or by a model that is asked now; or a recording's path. */
async function showNamed(query: string, options: ListenOptions): Promise<void> {
  if (options.model === undefined) return await showRows([query], options);
  const { queries = {} } = { ...currentRun.sources(), ...options };
  assertPaths("queries", queries);
  await showRecording(Object.hasOwn(queries, query) ? queries[query] : query, options);
}

/** What a search has found, best first. */
async function showFound(found: FoundSound[], recording?: { path: string }): Promise<void> {
  if (found.length === 0) {
    throw new ListenError("Expected sounds that were found but there are none");
  }
  if (found.length > MOST_ROWS) {
    throw new ListenError(`Expected at most ${MOST_ROWS} sounds but found ${found.length}`);
  }
  const sounds = found.map((sound, i): ShownSound => {
    assertFound(sound);
    const { path, score, start, end } = sound;
    return {
      ...{ role: `found ${i + 1}`, name: basename(path), path, score, start, end },
      rank: i + 1,
    };
  });
  if (recording !== undefined && typeof recording?.path !== "string") {
    throw new ListenError(
      `Expected a recording with its path but found ${inspectShort(recording)}`,
    );
  }
  const asked: ShownSound[] = recording === undefined
    ? []
    : [{ role: "imitation", name: basename(recording.path), path: recording.path }];
  await showTables([["What was found", [...asked, ...sounds]]]);
}

/** @throws {ListenError} Where this is nothing that a search has found. */
function assertFound(sound: unknown): asserts sound is FoundSound {
  const { path, score, start = 0, end = Infinity } = (sound ?? {}) as Partial<FoundSound>;
  const isFound = typeof path === "string" && typeof score === "number";
  if (isFound && Number.isFinite(score) && start >= 0 && end > start) return;
  throw new ListenError(
    "Expected sounds that were found, each with its path, a finite score and a part that ends after " +
      `it begins, but found ${inspectShort(sound)}`,
  );
}

/** What a model finds by a recording of one's own. */
async function showRecording(path: string, options: ListenOptions): Promise<void> {
  const { items = {}, queries = {}, top = TOP } = { ...currentRun.sources(), ...options };
  assertPaths("items", items);
  if (options.model === undefined) {
    throw new ListenError(
      "Expected a model to find sounds by a recording with but found none: " +
        "listen(recording, { model: new VocalSearch() })",
    );
  }
  if (Object.keys(items).length === 0) {
    throw new ListenError(
      "Expected items to find but found none: run the cell that lists the files",
    );
  }
  if (typeof options.model?.computeSimilarities !== "function") {
    throw new ListenError(
      `Expected a model that computes similarities but found ${inspectShort(options.model)}`,
    );
  }
  // Before a model listens to all items.
  (await openRecording(path, undefined, FIRST_SECONDS))[Symbol.dispose]();
  const query = basename(path);
  const similarities = await options.model.computeSimilarities(items, { [query]: path });
  const scores = similarities?.[query];
  const lacking = Object.keys(items).find((item) => !Number.isFinite(scores?.[item]));
  if (lacking !== undefined) {
    throw new ListenError(
      `Expected the model to give a finite score for ${lacking} but found ${scores?.[lacking]}`,
    );
  }
  const isOwn = Object.values(queries).every((known) => known !== path);
  await showTables([[
    isOwn ? "Your recording" : query,
    choose({ name: query, path }, rank(scores, new Set(Object.keys(items))), undefined, top, items),
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
  assertOptions(options, KINDS, ListenError);
  if (!wholeNumber(1, MOST_ROWS).holds(count)) {
    throw new ListenError(
      `Expected from 1 to ${MOST_ROWS} rows but found ${inspectShort(count)}`,
    );
  }
  assertEvaluation(evaluation);
  const chosen = evaluation.results.toSorted(order).slice(0, count);
  const rightItems = Object.fromEntries(
    evaluation.results.map(({ query, item }) => [query, item]),
  );
  const sources = options.scores === undefined ? currentRun.sources(evaluation) : {};
  await showRows(chosen.map(({ query }) => query), { ...sources, rightItems, ...options });
}

async function showRows(queries: string[], options: ListenOptions): Promise<void> {
  const sources = { ...currentRun.sources(), ...options };
  const { items = {}, queries: known = {}, top = TOP } = sources;
  assertScores(sources.scores);
  assertPaths("items", items);
  assertPaths("queries", known);
  const unknown = queries.find((query) => !Object.hasOwn(known, query));
  if (unknown !== undefined) {
    throw new ListenError(
      `Expected a query of the data set but found ${
        JSON.stringify(unknown)
      }; by a recording of your ` +
        "own a model finds sounds: listen(path, { model })",
    );
  }
  const rows = await readRows(sources.scores, queries);
  // An evaluation ranks the items of the ground truth alone.
  const rightItems = sources.rightItems ?? {};
  const counted = new Set(sources.rightItems ? Object.values(rightItems) : Object.keys(items));
  await showTables(queries.map((query) => {
    const scores = rows.get(query);
    if (scores === undefined) throw noScoresOf(query, sources.scores!);
    const ranked = rank(scores, counted);
    const right = Object.hasOwn(rightItems, query) ? rightItems[query] : undefined;
    const place = ranked.find(({ item }) => item === right)?.rank;
    const unknown = ranked.find(({ item }) => !Object.hasOwn(items, item));
    if (ranked.length === 0 || unknown !== undefined) {
      throw new ListenError(
        `Expected the path of ${unknown?.item ?? "each item that has a score"} but found none`,
      );
    }
    const title = place === undefined
      ? query
      : `${query}: its item is at rank ${place} of ${ranked.length}`;
    const imitation = { name: query, path: known[query], class: classOf(known[query]) };
    return [title, choose(imitation, ranked, right, top, items)];
  }));
}

/** Players where a page can show them, and words where it can't. */
async function showTables(tables: [title: string, sounds: ShownSound[]][]): Promise<void> {
  const words = tables.map(([title, sounds]) => {
    const answers = sounds.filter(({ rank }) => rank !== undefined);
    const places = answers.map(({ name, rank, start, isRight }) =>
      `${rank}. ${plain(name)}${placeAt(start)}${isRight ? " ✓" : ""}`
    );
    return `${title}: ${places.join(", ")}`;
  });
  const html: string[] = [];
  const progress = tables.length > FEW
    ? startProgress("Drawing rows", { total: tables.length })
    : undefined;
  try {
    for (const [title, sounds] of tables) {
      html.push(await soundTable(title, sounds));
      progress?.update(html.length);
      await delay(0);
    }
  } finally {
    await progress?.finish();
  }
  await display({ "text/plain": words.join("\n"), "text/html": playersPage(html) });
}

async function readRows(path: string, wanted: string[]): Promise<Map<string, QueryScores>> {
  const rows = new Map<string, QueryScores>();
  for await (const [query, row] of readSimilarities(path)) {
    if (wanted.includes(query)) rows.set(query, row);
    if (rows.size === new Set(wanted).size) break;
  }
  return rows;
}
