/**
 * How what a cell printed is waited for where the cell ends the kernel: the kernel sends it through a
 * queue, which an exit cuts off.
 */
export interface LastWords {
  /** What is printed after all the rest. */
  mark: string;
  /** The file that is there once whoever reads the kernel's messages has seen the mark. */
  heard: string;
  /** How long is waited for it at most. */
  limitMs: number;
}

/**
 * What a kernel is told before the first cell. A timer or a promise that throws after its cell would
 * end the kernel's thread, without a word, and the next cell would wait for half a minute: it is
 * printed instead, with the cell that started it where that can be told. And an exit waits until what
 * was printed has been read.
 */
export function watchCellsCode({ mark, heard, limitMs }: LastWords): string {
  return `{
  let cell = 0;
  const { exit, statSync } = Deno, { log } = console;
  const isHeard = () => {
    try {
      return statSync(${JSON.stringify(heard)}).isFile;
    } catch {
      return false;
    }
  };
  Deno.exit = (code) => {
    log(${JSON.stringify(mark)});
    const end = Date.now() + ${limitMs}, nothing = new Int32Array(new SharedArrayBuffer(4));
    while (!isHeard() && Date.now() < end) Atomics.wait(nothing, 0, 0, 10);
    exit(code);
  };
  const show = (what, started) => {
    const from = started === undefined ? "" : ", started by cell " + started;
    console.error("Error that no cell caught" + from + ": " + what);
  };
  const report = (error, started) => {
    show(error instanceof Error ? error.stack ?? String(error) : Deno.inspect(error), started);
  };
  for (const name of ["setTimeout", "setInterval"]) {
    const original = globalThis[name];
    globalThis[name] = (run, ...others) => {
      if (typeof run !== "function") return original(run, ...others);
      const started = cell;
      return original((...values) => {
        try {
          const result = run(...values);
          if (result instanceof Promise) result.catch((error) => report(error, started));
          return result;
        } catch (error) {
          report(error, started);
        }
      }, ...others);
    };
    Object.assign(globalThis[name], original);
  }
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    const { error, message, filename, lineno } = event;
    // Of a worker's there is but the text.
    if (error === null && message) show(message + "\\n    at " + filename + ":" + lineno);
    else report(error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report(event.reason);
  });
  Object.defineProperty(globalThis, Symbol.for("qvim.print"), { value: log });
  Object.defineProperty(globalThis, Symbol.for("qvim.startCell"), {
    value: (number) => { cell = number; },
  });
}`;
}

/** Prints a text, also where a cell has put something else in the place of `console.log`. */
export function printCode(text: string): string {
  return `(globalThis[Symbol.for("qvim.print")] ?? console.log)(${JSON.stringify(text)});`;
}

/** Tells the kernel which cell comes next. @param number From 1. */
export function startCellCode(number: number): string {
  return `globalThis[Symbol.for("qvim.startCell")]?.(${number});`;
}
