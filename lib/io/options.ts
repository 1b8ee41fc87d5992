/** What somebody calls a function with in a cell, where no types are checked. */

/** What a value has to be. */
export interface Kind {
  /** In words, after "Expected … to be". */
  words: string;
  /** Whether a value is so. */
  holds(value: unknown): boolean;
}

/** A text of any length. */
export const TEXT: Kind = { words: "a text", holds: (value) => typeof value === "string" };

/** A list of texts. */
export const TEXTS: Kind = {
  words: "a list of texts",
  holds: (value) => Array.isArray(value) && value.every(TEXT.holds),
};

/** A number in a range, its ends included; any finite one unless given. */
export function number(least = -Infinity, most = Infinity): Kind {
  return {
    words: `a number${inRange(least, most)}`,
    holds: (value) => Number.isFinite(value) && isBetween(value as number, least, most),
  };
}

/** A whole number in a range, its ends included. */
export function wholeNumber(least: number, most = Infinity): Kind {
  return {
    words: `a whole number${inRange(least, most)}`,
    holds: (value) => Number.isInteger(value) && isBetween(value as number, least, most),
  };
}

const isBetween = (value: number, least: number, most: number) => value >= least && value <= most;

function inRange(least: number, most: number): string {
  if (least === -Infinity) return "";
  return most === Infinity ? ` of at least ${least}` : ` from ${least} to ${most}`;
}

/**
 * Checks options: those that are not given are not looked at.
 *
 * @param options What a function was given.
 * @param kinds What they have to be, by their names.
 * @param Failure The class of the error.
 * @throws {Error} Of that class, where this is no object or one of them is something else.
 */
export function assertOptions(
  options: unknown,
  kinds: Record<string, Kind>,
  Failure: new (message: string) => Error,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new Failure(`Expected options as an object but found ${inspectShort(options)}`);
  }
  for (const [name, kind] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) assertKind(name, value, kind, Failure);
  }
}

/** Checks one value; see {@linkcode assertOptions}. */
export function assertKind(
  name: string,
  value: unknown,
  kind: Kind,
  Failure: new (message: string) => Error,
): void {
  if (kind.holds(value)) return;
  throw new Failure(`Expected ${name} to be ${kind.words} but found ${inspectShort(value)}`);
}

/** What somebody gave, in one line. */
export function inspectShort(value: unknown): string {
  return Deno.inspect(value, {
    depth: 1,
    breakLength: Infinity,
    iterableLimit: 4,
    strAbbreviateSize: 80,
  });
}
