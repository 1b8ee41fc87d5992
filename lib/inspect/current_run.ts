/**
 * What belongs to the present run of a notebook. Deno's kernel goes on after an error, keeps what an
 * earlier run declared and says nothing of a cell that is no TypeScript: without this, a notebook
 * shows the figures of the model before.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type CellLog, watchCells } from "../ui/jupyter.ts";
import { listItems, listQueries, readGroundTruth, toPaths } from "../challenge/dataset.ts";
import { evaluate, type Evaluation } from "../challenge/evaluation.ts";
import { markOf, valueOf } from "./run_basis.ts";
import {
  checkClass,
  checkModel,
  checkPaths,
  failed,
  noResult,
  type RunFiles,
  type RunPaths,
  type RunState,
  type Scores,
  SILENT_SYNTAX,
  StaleRunError,
} from "./run_state.ts";
import { assertModel, type Similarities, type SoundPaths } from "../challenge/model.ts";
import {
  assertSimilarities,
  readSimilarities,
  writeSimilarities,
} from "../challenge/similarities.ts";

/** The steps between the cell that makes the folders and the one that lists the files. */
const STEPS_BETWEEN = ["step 2", "step 3", "step 4"];

/** The built-in data set, which is made by a program and no measure of anything. */
const BUILT_IN = fileURLToPath(new URL("../../data/qvim-mini", import.meta.url));

/**
 * The run of a notebook that is under way: it begins with the cell that makes the folders, and each
 * later fixed cell asks it for what the cells before have made in this run, and in no other.
 *
 * @example
 * ```ts ignore
 * currentRun.start(() => ({ ROOT_PATH, DATA_PATH }), () => QBVIM_MODEL);
 * currentRun.listFiles();
 * await currentRun.predict(() => QBVIM_MODEL);
 * await currentRun.save();
 * const { mrr } = await currentRun.evaluate();
 * ```
 */
export class NotebookRun {
  readonly #cells: CellLog | undefined = watchCells();
  #state?: RunState;
  /** For each fixed cell that failed: the count of the last cell that had finished before it. */
  #failed: number[] = [];
  /** Places in the log of the fixed cells that finished. */
  readonly #fixed = new Set<number>();

  /**
   * Begins a run: what an earlier one has left (its model, scores and figures, and the file of its
   * scores) counts no more.
   *
   * @param paths Gives the two paths of step 1.
   * @param model Gives what step 4 has set so far.
   * @throws {StaleRunError} Where step 1 has not set the paths.
   */
  start(paths: () => RunPaths, model: () => unknown): void {
    this.#state = undefined;
    const before = this.#lastFinished();
    // This cell may have been tried before, and fixed cells may have failed: no fault of step 1.
    const tries = this.#failed.filter((at) => at === before).length;
    this.#failed.push(before);
    const { ROOT_PATH, DATA_PATH } = valueOf(paths) ?? {};
    for (const [name, path] of Object.entries({ ROOT_PATH, DATA_PATH })) {
      if (typeof path !== "string" || path === "") {
        throw new StaleRunError(
          `Expected step 1 to set ${name} to a folder's path but found ${
            Deno.inspect(path)
          } (${SILENT_SYNTAX})`,
        );
      }
    }
    removeFile(join(ROOT_PATH!, "output", "similarities.json"));
    this.#state = {
      rootPath: ROOT_PATH!,
      dataPath: DATA_PATH!,
      paths,
      formerModel: valueOf(model),
      before: before + tries,
    };
  }

  /**
   * Lists the sounds, and says of which data set.
   *
   * @param options Of a notebook that is not made of the template, `checkSteps: false`.
   * @returns The items and the queries.
   * @throws {StaleRunError} Where one of the steps 1 to 4 has not run to its end in this run.
   * @throws {DatasetError} Where two sounds have one name.
   */
  listFiles({ checkSteps = true }: { checkSteps?: boolean } = {}): RunFiles {
    const state = this.#begin();
    state.files =
      state.scores =
      state.saved =
      state.evaluation =
        undefined;
    if (checkSteps) this.#checkSteps(state);
    const { dataPath } = state;
    console.log(
      `Data set: ${dataPath}${
        resolve(dataPath) === BUILT_IN ? ", the small one that is built in: made by a program" : ""
      }`,
    );
    const items = toPaths(listItems(dataPath)), queries = toPaths(listQueries(dataPath));
    if (Object.keys(items).length === 0 && Object.keys(queries).length === 0) {
      console.log(
        `There are no sounds in ${resolve(dataPath)}; paths are relative to the notebook's folder`,
      );
    }
    state.files = { items, queries };
    this.#end();
    return state.files;
  }

  /**
   * Lets the model score all queries against all items.
   *
   * @param model Gives what step 4 has set.
   * @returns The scores, as the model gives them.
   * @throws {StaleRunError} Where the sounds are not listed, or the model is an earlier run's.
   * @throws {TypeError} Where it is no model.
   */
  async predict(model: () => unknown): Promise<Similarities> {
    const state = this.#begin();
    state.scores = state.saved = state.evaluation = undefined;
    if (state.files === undefined) {
      throw new StaleRunError(
        "Expected the files of this run but found none: run the cell that lists them",
      );
    }
    const present = valueOf(model);
    if (present === undefined || (isObject(present) && present === state.formerModel)) {
      throw new StaleRunError(
        `Expected step 4 to set a model but it has set no model in this run (${SILENT_SYNTAX})`,
      );
    }
    assertModel(present);
    checkClass(present);
    const scores = await present.computeSimilarities(state.files.items, state.files.queries);
    // Another run may have begun while this one computed.
    if (this.#state === state) {
      const after = this.#cells?.finished.length ?? 0;
      state.scores = { given: scores, by: present, model, after };
    }
    this.#end();
    return scores;
  }

  /**
   * Checks the scores of this run and writes them to `output/similarities.json` below the root.
   *
   * @param options As of {@linkcode listFiles}.
   * @throws {StaleRunError} Where this run has none.
   * @throws {SimilaritiesError} Where a pair lacks its score, or one is not a finite number.
   */
  async save({ checkSteps = true }: { checkSteps?: boolean } = {}): Promise<void> {
    const state = this.#begin();
    state.saved = state.evaluation = undefined;
    if (state.files === undefined || state.scores === undefined) throw noResult("scores");
    checkModel(state.scores);
    if (checkSteps) {
      this.#checkSteps(state);
      this.#checkLaterCells(state);
    }
    const { items, queries } = state.files;
    const scores = state.scores.given;
    assertSimilarities(scores, items, queries);
    await writeSimilarities(this.#scoresFile(state), scores);
    state.saved = markOf(this.#scoresFile(state));
    this.#end();
  }

  /**
   * Evaluates the scores that this run has saved.
   *
   * @returns The figures.
   * @throws {StaleRunError} Where this run has saved none.
   */
  async evaluate(): Promise<Evaluation> {
    const state = this.#begin();
    state.evaluation = undefined;
    if (state.scores !== undefined) checkModel(state.scores);
    if (state.scores === undefined || state.saved === undefined) throw noResult("saved scores");
    const path = this.#scoresFile(state);
    if (markOf(path) !== state.saved) {
      throw new StaleRunError(
        `Expected the scores of this run in ${path} but somebody has written or removed them ` +
          "since: run the cell that saves them",
      );
    }
    this.#noteOtherCells(state.scores);
    const scores = readSimilarities(path);
    state.evaluation = await evaluate(scores, readGroundTruth(state.dataPath));
    this.#end();
    return state.evaluation;
  }

  /**
   * The figures of this run.
   *
   * @throws {StaleRunError} Where there are none.
   */
  evaluation(): Evaluation {
    const { evaluation, scores } = this.#begin();
    if (scores !== undefined) checkModel(scores);
    if (evaluation === undefined) throw noResult("figures");
    this.#end();
    return evaluation;
  }

  /**
   * Where the sounds and the scores of this run lie, as far as it has come; for looking at them.
   *
   * @returns The file of the scores, the sounds by id, and each query's right item.
   */
  sources(): {
    scores?: string;
    items?: SoundPaths;
    queries?: SoundPaths;
    rightItems?: Record<string, string>;
  } {
    const state = this.#state;
    if (state === undefined) return {};
    const { evaluation, files, saved } = state;
    return {
      scores: saved !== undefined ? this.#scoresFile(state) : undefined,
      ...files,
      rightItems: evaluation &&
        Object.fromEntries(evaluation.results.map(({ query, item }) => [query, item])),
    };
  }

  /** The state of this run; notes that a fixed cell was begun, which counts as failed until it ends. */
  #begin(): RunState {
    this.#failed.push(this.#lastFinished());
    if (this.#state !== undefined) {
      checkPaths(this.#state);
      return this.#state;
    }
    throw new StaleRunError(
      "Expected a run but none has begun: run all cells, from step 1 on, and see which fails " +
        `first (${SILENT_SYNTAX})`,
    );
  }

  #end(): void {
    this.#failed.pop();
    this.#fixed.add(this.#cells?.finished.length ?? 0);
  }

  /** Says it where cells have run that may have changed what the model stands on. */
  #noteOtherCells({ after }: Scores): void {
    const places = (this.#cells?.finished ?? []).map((_, place) => place);
    const others = places.filter((place) => place > after && !this.#fixed.has(place)).length;
    if (others === 0) return;
    console.log(
      `Since the model made these scores, ${others} other ${
        others === 1 ? "cell has" : "cells have"
      }` +
        " run: the figures are of what it was then",
    );
  }

  #lastFinished(): number {
    return this.#cells?.finished.at(-1) ?? 0;
  }

  #scoresFile({ rootPath }: RunState): string {
    return join(rootPath, "output", "similarities.json");
  }

  /** @throws {StaleRunError} Where a step failed, or has not run, since this run began. */
  #checkSteps({ before }: RunState): void {
    if (this.#cells === undefined) return;
    const done = this.#cells.finished.filter((count) => count > before);
    const [start, ...others] = done;
    if (start === undefined) throw failed("the cell below step 1");
    // Counts rise by one with each cell that is run: those that are missing have failed.
    if (start > before + 1) throw failed("step 1");
    const missing = STEPS_BETWEEN.findIndex((_, i) => others[i] !== start + 1 + i);
    if (others.length < STEPS_BETWEEN.length) throw failed(STEPS_BETWEEN[missing]);
  }

  /** @throws {StaleRunError} Where a cell of a step failed and none of them was run after that. */
  #checkLaterCells({ before }: RunState): void {
    const finished = this.#cells?.finished ?? [];
    for (let i = finished.findIndex((count) => count > before) + 1; i < finished.length; i++) {
      const failures = finished[i] - finished[i - 1] - 1;
      const ownFailures = this.#failed.filter((at) => at === finished[i - 1]).length;
      if (failures <= ownFailures) continue;
      if (finished.every((_, later) => later < i || this.#fixed.has(later))) {
        throw failed("a cell that was run before the scores were made");
      }
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
  }
}

/** The run of the notebook that this code runs in. */
export const currentRun: NotebookRun = new NotebookRun();
