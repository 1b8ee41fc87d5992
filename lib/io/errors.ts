/**
 * The base of every error that this package foresees: its message says what was expected, what was
 * found and where, so that nobody needs a stack to act on it.
 *
 * @example
 * ```ts
 * try {
 *   readWav("Items/dog/a.wav");
 * } catch (error) {
 *   if (error instanceof QvimError) console.error(error.message);
 *   else throw error;
 * }
 * ```
 */
export abstract class QvimError extends Error {
  override name = "QvimError";
}
