/**
 * What belongs to the present run of a notebook. Deno's kernel goes on after an error, keeps what an
 * earlier run declared and says nothing of a cell that is no TypeScript: without this, a notebook
 * shows the figures of the model before.
 */
import { join } from "node:path";
import { listItems, listQueries, toPaths } from "../challenge/dataset.ts";
import { readGroundTruth } from "../challenge/ground_truth.ts";
import { evaluate, type Evaluation } from "../challenge/evaluation.ts";
import { inNotebook } from "../ui/jupyter.ts";
import { KeptLock } from "../io/kept_lock.ts";
import { CellRecord } from "./cell_record.ts";
import { markOf, valueOf } from "./run_basis.ts";
import { retract, tellDataSet, tellEmpty, tellMissing, tellOfOthers } from "./run_notes.ts";
import {
  checkClass,
  checkFile,
  checkFiles,
  checkModel,
  checkPaths,
  foldersOf,
  noResult,
  type RunFiles,
  type RunPaths,
  type RunState,
  SILENT_SYNTAX,
  someFailed,
  StaleRunError,
} from "./run_state.ts";
import { assertModel, type Similarities, type SoundPaths } from "../challenge/model.ts";
import {
  assertSimilarities,
  readSimilarities,
  writeSimilarities,
} from "../challenge/similarities.ts";

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
  readonly #cells = new CellRecord();
  #state?: RunState;
  /** All figures that were ever given, of earlier runs as well. */
  readonly #given = new WeakSet<Evaluation>();

  /** Makes a run that has not begun; {@linkcode currentRun} is the one of a notebook. */
  constructor() {
    if (inNotebook()) {
      const lock = new KeptLock();
      this.#cells.listen(() => lock.restore());
    }
    this.#cells.listen((place) => {
      const state = this.#state;
      if (state === undefined) return;
      const present = valueOf(state.model);
      if (present !== state.present) state.setAt = place;
      state.present = present;
      if (state.shownAt === place && this.#cells.hasFailure(state.before)) retract(state);
    });
  }

  /**
   * Begins a run: what an earlier one has left (its model, scores and figures, and the file of its
   * scores) counts no more.
   *
   * @param paths Gives the two paths of step 1.
   * @param model Gives what step 4 has set so far.
   * @throws {StaleRunError} Where step 1 has not set the paths, or not to those of folders.
   */
  start(paths: () => RunPaths, model: () => unknown): void {
    this.#state = undefined;
    const before = this.#cells.beginRun();
    const { ROOT_PATH, DATA_PATH } = foldersOf(paths);
    removeFile(join(ROOT_PATH, "output", "similarities.json"));
    this.#state = {
      rootPath: ROOT_PATH,
      dataPath: DATA_PATH,
      paths,
      model,
      formerModel: valueOf(model),
      present: valueOf(model),
      setAt: this.#cells.length,
      before,
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
    state.checksSteps = checkSteps;
    this.#checkCells(state);
    const { dataPath } = state;
    tellDataSet(dataPath);
    const items = toPaths(listItems(dataPath)), queries = toPaths(listQueries(dataPath));
    state.files = { items, queries };
    tellEmpty(dataPath, state.files);
    this.#cells.end();
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
    checkFiles(state.files);
    this.#checkCells(state);
    const present = valueOf(model);
    if (present === undefined || (isObject(present) && present === state.formerModel)) {
      throw new StaleRunError(
        `Expected ${state.checksSteps ? "step 4" : "a cell"} to set a model but it has set no ` +
          `model in this run (${SILENT_SYNTAX})`,
      );
    }
    assertModel(present);
    checkClass(present);
    if (present === state.present) {
      tellOfOthers(
        "Since step 4 made the model",
        this.#cells.othersSince(state.setAt),
        "it knows nothing of classes that they declared",
      );
    }
    // Copies: what a model does to them is none of the files of the run.
    const { items, queries } = state.files;
    let scores: Similarities;
    state.isAsked = true;
    try {
      scores = await present.computeSimilarities({ ...items }, { ...queries });
    } finally {
      state.isAsked = false;
    }
    // Another run may have begun while this one computed.
    if (this.#state === state) {
      state.scores = { given: scores, by: present, model, after: this.#cells.length };
    }
    this.#cells.end();
    return scores;
  }

  /**
   * Checks the scores of this run and writes them to `output/similarities.json` below the root.
   *
   * @throws {StaleRunError} Where this run has none.
   * @throws {SimilaritiesError} Where a pair lacks its score, or one is not a finite number.
   */
  async save(): Promise<void> {
    const state = this.#begin();
    state.saved = state.evaluation = undefined;
    if (state.files === undefined || state.scores === undefined) throw noResult("scores", state);
    checkModel(state.scores);
    this.#checkCells(state);
    const { items, queries } = state.files;
    const scores = state.scores.given;
    assertSimilarities(scores, items, queries);
    await writeSimilarities(this.#scoresFile(state), scores);
    state.saved = markOf(this.#scoresFile(state));
    this.#cells.end();
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
    if (state.scores === undefined || state.saved === undefined) {
      throw noResult("saved scores", state);
    }
    this.#checkCells(state);
    const path = this.#scoresFile(state);
    checkFile(path, state.saved);
    tellOfOthers(
      "Since the model made these scores",
      this.#cells.othersSince(state.scores.after),
      "the figures are of what it was then",
    );
    const scores = readSimilarities(path);
    const groundTruth = readGroundTruth(state.dataPath);
    if (state.files !== undefined) tellMissing(groundTruth, state.files);
    const evaluation = await evaluate(scores, groundTruth);
    // Somebody may have written it while it was read.
    checkFile(path, state.saved);
    state.evaluation = evaluation;
    this.#given.add(evaluation);
    state.shownAt = this.#cells.length;
    this.#cells.end();
    return evaluation;
  }

  /**
   * The figures of this run.
   *
   * @throws {StaleRunError} Where there are none.
   */
  evaluation(): Evaluation {
    const state = this.#begin(), { evaluation, scores } = state;
    if (scores !== undefined) checkModel(scores);
    if (evaluation === undefined) throw noResult("figures", state);
    this.#checkCells(state);
    state.shownAt = this.#cells.length;
    this.#cells.end();
    return evaluation;
  }

  /**
   * Where the sounds and the scores of this run lie, as far as it has come; for looking at them.
   *
   * @param of The figures that are looked into, where it is some.
   * @returns The file of the scores, the sounds by id, and each query's right item.
   * @throws {StaleRunError} Where the paths or the model are not those that the run had, or the figures
   * are an earlier run's.
   */
  sources(of?: Evaluation): {
    scores?: string;
    items?: SoundPaths;
    queries?: SoundPaths;
    rightItems?: Record<string, string>;
  } {
    const state = this.#state;
    if (state === undefined) return {};
    const { evaluation, files, saved, scores } = state;
    checkPaths(state);
    if (scores !== undefined) checkModel(scores);
    if (of !== evaluation && of !== undefined && this.#given.has(of)) {
      throw new StaleRunError(
        "Expected the figures of this run but they are an earlier one's: run the cell that evaluates",
      );
    }
    return {
      scores: saved !== undefined ? this.#scoresFile(state) : undefined,
      ...files,
      rightItems: evaluation &&
        Object.fromEntries(evaluation.results.map(({ query, item }) => [query, item])),
    };
  }

  /** The state of this run; notes that a fixed cell was begun, which counts as failed until it ends. */
  #begin(): RunState {
    this.#cells.begin();
    if (this.#state !== undefined) {
      checkPaths(this.#state);
      return this.#state;
    }
    throw new StaleRunError(
      "Expected a run but none has begun: run all cells, from step 1 on, and see which fails " +
        `first (${SILENT_SYNTAX})`,
    );
  }

  /** @throws {StaleRunError} Where a cell of a notebook that is made of the template has failed. */
  #checkCells({ checksSteps, before }: RunState): void {
    if (!checksSteps) return;
    this.#cells.checkSteps(before);
    if (this.#cells.hasFailure(before)) throw someFailed();
  }

  #scoresFile({ rootPath }: RunState): string {
    return join(rootPath, "output", "similarities.json");
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
