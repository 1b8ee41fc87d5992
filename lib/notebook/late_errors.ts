/**
 * What a kernel is told before the first cell. A timer or a promise that throws after its cell would
 * end the kernel's thread, without a word, and the next cell would wait for half a minute: it is
 * printed instead, with the cell that started it where that can be told.
 */
export const REPORT_LATE_ERRORS = `{
  let cell = 0;
  const exit = Deno.exit;
  Deno.exit = (code) => {
    // What was printed goes through a queue of the kernel's, which an exit cuts off.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    exit(code);
  };
  const report = (error, started) => {
    const from = started === undefined ? "" : ", started by cell " + started;
    const what = error instanceof Error ? error.stack ?? String(error) : Deno.inspect(error);
    console.error("Error after its cell had ended" + from + ": " + what);
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
    report(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    report(event.reason);
  });
  Object.defineProperty(globalThis, Symbol.for("qvim.startCell"), {
    value: (number) => { cell = number; },
  });
}`;

/** Tells the kernel which cell comes next. @param number From 1. */
export function startCellCode(number: number): string {
  return `globalThis[Symbol.for("qvim.startCell")]?.(${number});`;
}
