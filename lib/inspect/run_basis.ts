/** What the figures of a run stand on, and whether it is still what it was when they were made. */

/** What a cell has declared, or `undefined` where it has not. */
export function valueOf<T>(value: () => T): T | undefined {
  try {
    return value();
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * The name of a class of the model's (its own, or one that it extends) that a cell has declared anew
 * since the model was made: the model is then of the older one.
 */
export function redeclaredClass(model: object): string | undefined {
  for (
    let prototype = Object.getPrototypeOf(model);
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    const { constructor } = prototype;
    if (typeof constructor !== "function" || !NAME.test(constructor.name)) continue;
    const present = declared(constructor.name);
    if (typeof present !== "function" || present === constructor) continue;
    // Another thing of that name, such as a helper of a package, is no newer version of the class.
    if ("computeSimilarities" in (present.prototype ?? {})) return constructor.name;
  }
  return undefined;
}

/** What a name means in the cells: code that is evaluated from outside of a function sees that. */
function declared(name: string): unknown {
  try {
    return (0, eval)(name);
  } catch {
    return undefined;
  }
}

/** The state of a file, which changes where somebody writes it. */
export function markOf(path: string): string | undefined {
  try {
    const { ino, size, mtime } = Deno.statSync(path);
    return `${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return undefined;
  }
}
