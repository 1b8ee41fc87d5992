/** What the fixed cells of a notebook know of a run, and what they refuse where it has gone stale. */
import { existsSync } from "node:fs";
import { counted } from "../io/counted.ts";
import { QvimError } from "../io/errors.ts";
import { isFolder } from "../io/is_folder.ts";
import type { Evaluation } from "../challenge/evaluation.ts";
import type { Similarities, SoundPaths } from "../challenge/model.ts";
import { markOf, redeclaredClass, valueOf } from "./run_basis.ts";

/** Thrown where a cell is run whose results would be another run's; the message says what to do. */
export class StaleRunError extends QvimError {}

/** The sounds of a run, id → path. */
export interface RunFiles {
  /** The sounds to be found. */
  items: SoundPaths;
  /** The imitations. */
  queries: SoundPaths;
}

/** The two paths of step 1. */
export interface RunPaths {
  /** Where the project lives, and `output` goes. */
  ROOT_PATH: string;
  /** Where the data set lies. */
  DATA_PATH: string;
}

/** Scores and where they come from. */
export interface Scores {
  given: Similarities;
  by: object;
  /** Gives what step 4 has set, as it is now. */
  model: () => unknown;
  /** How many cells had finished when they were made. */
  after: number;
}

/** What the fixed cells hold on to, from the cell that makes the folders on. */
export interface RunState {
  rootPath: string;
  dataPath: string;
  /** Gives the paths of step 1, as they are now. */
  paths: () => RunPaths;
  /** Gives what step 4 has set, as it is now. */
  model: () => unknown;
  /** What it had set when the last cell ended, and the place of the cell that set it. */
  present: unknown;
  setAt: number;
  /** What step 4 had set before this run. */
  formerModel: unknown;
  /** The count of the cell that had run before the one that began this run. */
  before: number;
  /** Whether the notebook is made of the template, so that each of its steps is to end well. */
  checksSteps?: boolean;
  files?: RunFiles;
  /** Whether the model was asked and has neither given scores nor failed. */
  isAsked?: boolean;
  /** What the model gave, whatever that is. */
  scores?: Scores;
  /** The state of the file, where the scores are in it. */
  saved?: string;
  evaluation?: Evaluation;
  /** The place of the cell that shows the figures. */
  shownAt?: number;
}

/** What to say where a step has not done what it should, for no reason that can be seen. */
export const SILENT_SYNTAX = "a cell with a syntax error shows nothing in Jupyter: " +
  "`deno task run NOTEBOOK` says where it is";

/**
 * The paths that step 1 has set. What can be no folder is refused here: the cell makes what is not
 * there, and a folder called "~" is no home.
 *
 * @throws {StaleRunError} Where it has set none, or not to those of folders.
 */
export function foldersOf(paths: () => RunPaths): RunPaths {
  const { ROOT_PATH, DATA_PATH } = valueOf(paths) ?? {};
  return {
    ROOT_PATH: folderOf("ROOT_PATH", ROOT_PATH),
    DATA_PATH: folderOf("DATA_PATH", DATA_PATH),
  };
}

function folderOf(name: string, path: unknown): string {
  const refuse = (found: string) =>
    new StaleRunError(`Expected step 1 to set ${name} to a folder's path but found ${found}`);
  if (typeof path !== "string" || path === "") {
    throw refuse(`${Deno.inspect(path)} (${SILENT_SYNTAX})`);
  }
  if (path.startsWith("~")) {
    throw refuse(`${path}: only a shell knows what ~ is, write the whole path`);
  }
  if (existsSync(path) && !isFolder(path)) throw refuse(`a file at ${path}`);
  return path;
}

/** @throws {StaleRunError} Where step 1 has set other paths since the run began. */
export function checkPaths({ paths, rootPath, dataPath }: RunState): void {
  const { ROOT_PATH, DATA_PATH } = valueOf(paths) ?? {};
  for (
    const [name, now, then] of [["ROOT_PATH", ROOT_PATH, rootPath], [
      "DATA_PATH",
      DATA_PATH,
      dataPath,
    ]]
  ) {
    if (now === then) continue;
    throw new StaleRunError(
      `Expected ${name} to be ${then}, as when this run began, but step 1 has set it to ${now} ` +
        "since: run all cells from the one below step 1 on",
    );
  }
}

/** @throws {StaleRunError} Where the sounds are not listed, or there are none: a model has no work. */
export function checkFiles(files: RunFiles | undefined): asserts files is RunFiles {
  if (files === undefined) {
    throw new StaleRunError(
      "Expected the files of this run but found none: run the cell that lists them",
    );
  }
  const items = Object.keys(files.items).length, queries = Object.keys(files.queries).length;
  if (items > 0 && queries > 0) return;
  throw new StaleRunError(
    `Expected items and queries in DATA_PATH but found ${counted(items, "item")} and ` +
      `${queries === 1 ? "1 query" : `${queries} queries`}: see the cell that lists them`,
  );
}

/** @throws {StaleRunError} Where the scores are not those that this run has saved. */
export function checkFile(path: string, saved: string): void {
  if (markOf(path) === saved) return;
  throw new StaleRunError(
    `Expected the scores of this run in ${path} but somebody has written or removed them ` +
      "since: run the cell that saves them",
  );
}

/** @throws {StaleRunError} Where the model is of a class that was declared anew since. */
export function checkClass(model: object): void {
  const name = redeclaredClass(model);
  if (name === undefined) return;
  throw new StaleRunError(
    `Expected a model of the class ${name} as it is now but step 4 made it of an earlier one: run ` +
      "step 4 and the cells below it",
  );
}

/** @throws {StaleRunError} Where scores are of another model than step 4 has set by now. */
export function checkModel({ by, model }: Scores): void {
  if (valueOf(model) !== by) {
    throw new StaleRunError(
      "Expected the scores of the model that step 4 has set but they are an earlier one's: run the " +
        "cells below step 4",
    );
  }
  checkClass(by);
}

export function failed(step: string): StaleRunError {
  return new StaleRunError(
    `Expected the steps 1 to 4 to have run to their ends in this run but ${step} has not: ` +
      `look at it, then run all cells (${SILENT_SYNTAX})`,
  );
}

/** What to say where some cell of a run has failed. */
export function someFailed(): StaleRunError {
  return new StaleRunError(
    "Expected all cells of this run to have run to their ends but one has failed since it began: " +
      `look at the steps 1 to 4, then run all cells from the one below step 1 on (${SILENT_SYNTAX})`,
  );
}

export function noResult(what: string, { isAsked }: RunState): StaleRunError {
  if (isAsked) {
    // The kernel runs one cell after the other: it has given that one up.
    return new StaleRunError(
      `Expected ${what} of this run but the model has neither given scores nor failed: it waits for ` +
        "a promise that nothing settles, and Deno ends such a cell without a word",
    );
  }
  return new StaleRunError(
    `Expected ${what} of this run but there are none: look at the first cell above that failed`,
  );
}
