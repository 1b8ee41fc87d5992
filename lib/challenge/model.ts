/** Identifiers of sounds (their file names) → the paths of their files. */
export type SoundPaths = Record<string, string>;

/** Query → item → score; higher means more alike. */
export type Similarities = Record<string, Record<string, number>>;

/**
 * The interface of every query-by-vocal-imitation system.
 *
 * @example
 * ```ts
 * import { QVIMModel, type Similarities, type SoundPaths } from "qvim";
 *
 * class ByLength extends QVIMModel {
 *   computeSimilarities(items: SoundPaths, queries: SoundPaths): Similarities {
 *     const size = (path: string) => Deno.statSync(path).size;
 *     return Object.fromEntries(Object.entries(queries).map(([query, queryPath]) => [
 *       query,
 *       Object.fromEntries(Object.entries(items).map(([item, itemPath]) =>
 *         [item, -Math.abs(size(queryPath) - size(itemPath))]
 *       )),
 *     ]));
 *   }
 * }
 * ```
 */
export abstract class QVIMModel {
  /**
   * Scores every query against every item.
   *
   * @param items Item → path of its file.
   * @param queries Query → path of its file.
   * @returns For each query, a finite number for each item.
   */
  abstract computeSimilarities(
    items: SoundPaths,
    queries: SoundPaths,
  ): Similarities | Promise<Similarities>;
}

/**
 * Makes sure that a model was made.
 *
 * @throws {TypeError} Where `model` has no method `computeSimilarities`.
 *
 * @example
 * ```ts
 * import { assertModel, TwoDft } from "qvim";
 *
 * assertModel(new TwoDft());
 * ```
 */
export function assertModel(model: unknown): asserts model is QVIMModel {
  const method = (model as Partial<QVIMModel> | null | undefined)?.computeSimilarities;
  if (typeof method !== "function") {
    throw new TypeError(
      `Expected QBVIM_MODEL to be an instance of a QVIMModel but found ${Deno.inspect(model)}`,
    );
  }
}
