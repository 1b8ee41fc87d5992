/**
 * What belongs to the present run of a notebook. Deno's kernel goes on after an error, keeps what an
 * earlier run declared and says nothing of a cell that is no TypeScript: without this, a notebook
 * shows the figures of the model before.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { listItems, listQueries, readGroundTruth, toPaths } from "../challenge/dataset.ts";
import { evaluate, type Evaluation } from "../challenge/evaluation.ts";
import { inNotebook } from "../ui/jupyter.ts";
import { KeptLock } from "../io/kept_lock.ts";
import { CellRecord } from "./cell_record.ts";
import { markOf, valueOf } from "./run_basis.ts";
import {
  checkClass,
  checkModel,
  checkPaths,
  noResult,
  type RunFiles,
  type RunPaths,
  type RunState,
  SILENT_SYNTAX,
  StaleRunError,
} from "./run_state.ts";
import { assertModel, type Similarities, type SoundPaths } from "../challenge/model.ts";
import {
  assertSimilarities,
  readSimilarities,
  writeSimilarities,
} from "../challenge/similarities.ts";

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
  readonly #cells = new CellRecord();
  #state?: RunState;

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
    });
  }

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
    const before = this.#cells.beginRun();
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
    if (checkSteps) this.#cells.checkSteps(state.before);
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
    const others = this.#cells.othersSince(state.setAt);
    if (others > 0 && present === state.present) {
      console.log(
        `Since step 4 made the model, ${cellsHave(others)} run: it knows nothing of classes that ` +
          "they declared",
      );
    }
    const scores = await present.computeSimilarities(state.files.items, state.files.queries);
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
      this.#cells.checkSteps(state.before);
      this.#cells.checkLaterCells(state.before);
    }
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
    if (state.scores === undefined || state.saved === undefined) throw noResult("saved scores");
    const path = this.#scoresFile(state);
    if (markOf(path) !== state.saved) {
      throw new StaleRunError(
        `Expected the scores of this run in ${path} but somebody has written or removed them ` +
          "since: run the cell that saves them",
      );
    }
    const others = this.#cells.othersSince(state.scores.after);
    if (others > 0) {
      console.log(
        `Since the model made these scores, ${cellsHave(others)} run: the figures are of what it ` +
          "was then",
      );
    }
    const scores = readSimilarities(path);
    state.evaluation = await evaluate(scores, readGroundTruth(state.dataPath));
    this.#cells.end();
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
    this.#cells.end();
    return evaluation;
  }

  /**
   * Where the sounds and the scores of this run lie, as far as it has come; for looking at them.
   *
   * @returns The file of the scores, the sounds by id, and each query's right item.
   * @throws {StaleRunError} Where the paths or the model are not those that the run had.
   */
  sources(): {
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

  #scoresFile({ rootPath }: RunState): string {
    return join(rootPath, "output", "similarities.json");
  }
}

function cellsHave(count: number): string {
  return count === 1 ? "another cell has" : `${count} other cells have`;
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
