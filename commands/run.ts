import { basename, dirname, join, resolve } from "node:path";
import { type Notebook, readNotebook, writeNotebook } from "../lib/notebook/ipynb.ts";
import { replacePaths } from "../lib/organizer/paths_cell.ts";
import { InterruptedError, runNotebook } from "../lib/notebook/runner.ts";
import { type Command, parseArguments, parseSeconds, UsageError } from "./command.ts";
import { OutputPrinter } from "./output_printer.ts";

/** What shells report for a program that Ctrl-C ended. */
const INTERRUPTED_STATUS = 130;

export const runCommand: Command = {
  name: "run",
  usage: "run NOTEBOOK [--data DIR] [--root DIR] [--out FILE] [--timeout SECONDS] " +
    "[--cell-timeout SECONDS]",
  help: `Runs a notebook in Deno's own Jupyter kernel, without Jupyter.

  --data DIR              use DIR for DATA_PATH
  --root DIR              use DIR for ROOT_PATH
  --out FILE              where the executed notebook goes; output/NOTEBOOK unless given,
                          inside the folder of --root where that is given
  --timeout SECONDS       how long the run may take
  --cell-timeout SECONDS  how long each cell may take`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      data: { type: "string" },
      root: { type: "string" },
      out: { type: "string" },
      timeout: { type: "string" },
      "cell-timeout": { type: "string" },
    });
    if (positionals.length !== 1) {
      throw new UsageError(`Expected one notebook but found ${positionals.length}`);
    }
    const path = positionals[0];
    const out = values.out ?? join(values.root ?? ".", "output", basename(path));
    if (resolve(out) === resolve(path)) {
      throw new UsageError(`Expected --out to name another file than the notebook, ${path}`);
    }
    const timeout = parseSeconds("--timeout", values.timeout);
    const cellTimeout = parseSeconds("--cell-timeout", values["cell-timeout"]);
    const notebook = replacePaths(readNotebook(path), {
      ROOT_PATH: values.root && resolve(values.root),
      DATA_PATH: values.data && resolve(values.data),
    });
    // Before the work: a place that can't be written to should not be found out after it.
    Deno.mkdirSync(dirname(resolve(out)), { recursive: true });

    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    const signals: Deno.Signal[] = Deno.build.os === "windows"
      ? ["SIGINT", "SIGBREAK"]
      : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) Deno.addSignalListener(signal, interrupt);
    const printer = new OutputPrinter();
    const total = notebook.cells.filter((cell) => cell.cell_type === "code").length;
    let count = 0;
    try {
      await runNotebook(notebook, {
        cwd: dirname(resolve(path)),
        timeout,
        cellTimeout,
        signal: interruption.signal,
        onCell: (_cell, index) => printer.startCell(++count, total, headingAbove(notebook, index)),
        onOutput: (message) => printer.print(message),
      });
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      console.error(error.message);
      return INTERRUPTED_STATUS;
    } finally {
      printer.end();
      for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
      writeNotebook(out, notebook);
      console.error(`The executed notebook: ${out}`);
    }
    return 0;
  },
};

/** The title of the section that a cell stands in. */
function headingAbove(notebook: Notebook, index: number): string {
  const above = notebook.cells.slice(0, index).filter((cell) => cell.cell_type === "markdown");
  return above.flatMap((cell) => cell.source.match(/^#+ .+/gm) ?? []).at(-1)?.replace(/^#+ /, "") ??
    "";
}
