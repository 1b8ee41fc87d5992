import { plainLines, shortened } from "./plain.ts";

/**
 * The base of every error that this package foresees: its message says what was expected, what was
 * found and where, so that nobody needs a stack to act on it.
 *
 * @example
 * ```ts
 * import { decodeWav, QvimError } from "qvim";
 *
 * try {
 *   decodeWav(new Uint8Array(4), "Items/dog/a.wav");
 * } catch (error) {
 *   if (error instanceof QvimError) console.error(error.message);
 *   else throw error;
 * }
 * ```
 */
export abstract class QvimError extends Error {
  /**
   * Names the error after its class. Of a message that quotes a stranger's text, whatever its length,
   * as much is kept as anybody reads.
   *
   * @param message What was expected, what was found, and where.
   * @param options The error that it came from, as its `cause`.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(shortened(message), options);
    this.name = new.target.name;
  }
}

/**
 * Has a refusal of the system say of which file it is: that of a full disk does not, where the file
 * was open already.
 */
export function nameFile(error: unknown, path: string): unknown {
  if (error instanceof Error && isRefusal(error) && !error.message.includes(path)) {
    error.message += `: ${path}`;
  }
  return error;
}

/** What the system refused, in words that name no constant. */
const REFUSALS: [string, string][] = [
  ["ENOSPC", "there is no room left on the disk"],
  ["EDQUOT", "the quota of the disk is used up"],
  ["EROFS", "the disk can only be read"],
  ["EACCES", "this user may not do that"],
  ["EPERM", "this user may not do that"],
  ["ENOENT", "there is no such file"],
  ["EEXIST", "there is a file of that name already"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "a part of its path is no folder"],
  ["ENAMETOOLONG", "a name in its path is too long"],
  ["ELOOP", "links lead in a circle"],
  ["EIO", "the disk can't read or write it"],
  ["EMFILE", "too many files are open"],
  ["ENOTEMPTY", "the folder is not empty"],
];

/**
 * What a person is told of an error that ends a program: the message alone of those that were
 * foreseen and of what the system refused, since a stack helps with nothing but what nobody foresaw.
 *
 * @returns Text, or the error itself where its stack is wanted.
 */
export function describeFailure(error: unknown): unknown {
  // It may quote names that a terminal would obey.
  if (error instanceof QvimError) return plainLines(`${error.name}: ${error.message}`);
  if (!(error instanceof Error)) return error;
  if (!isRefusal(error)) return error;
  const known = wordsFor(error);
  return known === undefined
    ? plainLines(error.message)
    : plainLines(`Expected to go on but ${known[1]}: ${error.message}`);
}

function isRefusal(error: Error): boolean {
  return wordsFor(error) !== undefined ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}

function wordsFor(error: Error): [code: string, words: string] | undefined {
  const code = (error as { code?: unknown }).code;
  return REFUSALS.find(([name]) => name === code) ??
    REFUSALS.find(([name]) => error.message.includes(`(${name}`));
}
