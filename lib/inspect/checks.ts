import type { Evaluation } from "../challenge/evaluation.ts";
import type { SoundPaths } from "../challenge/model.ts";
import { QvimError } from "../io/errors.ts";
import { inspectShort } from "../io/options.ts";

/** Thrown where there is nothing to listen to or to look at; the message says what to do. */
export class ListenError extends QvimError {}

/** @throws {ListenError} Where these are no figures of at least one query. */
export function assertEvaluation(evaluation: Evaluation | undefined): asserts evaluation {
  if (!Array.isArray(evaluation?.results) || evaluation.results.length === 0) {
    throw new ListenError("Expected an evaluation with queries in it but found none");
  }
  const wrong = evaluation.results.findIndex((result) =>
    [result?.query, result?.item, result?.class].some((name) => typeof name !== "string")
  );
  if (wrong >= 0) {
    throw new ListenError(
      "Expected an evaluation whose results have a query, an item and a class but found " +
        inspectShort(evaluation.results[wrong]),
    );
  }
}

/** @throws {ListenError} Where these are no sounds by their ids. */
export function assertPaths(what: string, paths: unknown): asserts paths is SoundPaths {
  if (typeof paths !== "object" || paths === null) {
    throw new ListenError(
      `Expected ${what} as a record of paths by their ids but found ${inspectShort(paths)}`,
    );
  }
  const wrong = Object.entries(paths).find(([, path]) => typeof path !== "string");
  if (wrong !== undefined) {
    throw new ListenError(`Expected the path of ${wrong[0]} but found ${inspectShort(wrong[1])}`);
  }
}

/** @throws {ListenError} Where there is no file of scores to look into. */
export function assertScores(path: string | undefined): asserts path {
  if (typeof path !== "string") {
    throw new ListenError("Expected scores to show but found none: run the cell that saves them");
  }
}

/** What says that scores are of another run than the figures. */
export function noScoresOf(query: string, path: string): ListenError {
  return new ListenError(`Expected scores for ${query} in ${path} but found none`);
}
