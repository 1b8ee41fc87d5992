import { type CellLog, watchCells } from "../ui/jupyter.ts";
import { failed } from "./run_state.ts";

/** The steps between the cell that makes the folders and the one that lists the files. */
const STEPS_BETWEEN = ["step 2", "step 3", "step 4"];

/**
 * Which cells of a notebook have run, as far as that can be told: the kernel says of each cell that
 * ended well by its count, and the fixed cells say of themselves that they begin and end.
 */
export class CellRecord {
  readonly #cells: CellLog | undefined = watchCells();
  /** For each fixed cell that failed: the count of the last cell that had finished before it. */
  #failed: number[] = [];
  /** Places in the log of the fixed cells that finished. */
  readonly #fixed = new Set<number>();

  /** How many cells have finished; the running one will have this place in the log. */
  get length(): number {
    return this.#cells?.finished.length ?? 0;
  }

  /** Calls `listener` whenever a cell has finished, with its place in the log. */
  listen(listener: (place: number) => void): void {
    this.#cells?.listen(listener);
  }

  /** Notes that the running cell is a fixed one, which counts as failed until it ends. */
  begin(): void {
    this.#failed.push(this.#lastFinished());
  }

  /** Notes that the fixed cell which began last ends well. */
  end(): void {
    this.#failed.pop();
    this.#fixed.add(this.length);
  }

  /**
   * Notes that the cell which begins a run does so.
   *
   * @returns The count of the last cell that is none of the run.
   */
  beginRun(): number {
    const before = this.#lastFinished();
    // This cell may have been tried before, and fixed cells may have failed: no fault of step 1.
    const tries = this.#failed.filter((at) => at === before).length;
    this.#failed.push(before);
    return before + tries;
  }

  /** How many cells other than the fixed ones have finished after a place in the log. */
  othersSince(place: number): number {
    let others = 0;
    for (let at = place + 1; at < this.length; at++) {
      if (!this.#fixed.has(at)) others++;
    }
    return others;
  }

  /** @throws {StaleRunError} Where a step failed, or has not run, since a run began. */
  checkSteps(before: number): void {
    if (this.#cells === undefined) return;
    const done = this.#cells.finished.filter((count) => count > before);
    const [start, ...others] = done;
    if (start === undefined) throw failed("the cell below step 1");
    // Counts rise by one with each cell that is run: those that are missing have failed.
    if (start > before + 1) throw failed("step 1");
    const missing = STEPS_BETWEEN.findIndex((_, i) => others[i] !== start + 1 + i);
    if (others.length < STEPS_BETWEEN.length) throw failed(STEPS_BETWEEN[missing]);
  }

  /**
   * Whether a cell other than the fixed ones has failed since a run began. Which one can't be told:
   * the kernel says nothing of it, and only the next cell that ends well shows that a count is missing.
   */
  hasFailure(before: number): boolean {
    const finished = this.#cells?.finished ?? [];
    const first = finished.findIndex((count) => count > before);
    if (first < 0) return false;
    return finished.some((count, i) => {
      if (i <= first) return false;
      const ownFailures = this.#failed.filter((at) => at === finished[i - 1]).length;
      return count - finished[i - 1] - 1 > ownFailures;
    });
  }

  #lastFinished(): number {
    return this.#cells?.finished.at(-1) ?? 0;
  }
}
