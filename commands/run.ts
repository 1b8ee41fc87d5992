import { basename, dirname, join, resolve } from "node:path";
import { headingAbove, readNotebook, writeNotebook } from "../lib/notebook/ipynb.ts";
import { checkDataset, checkImports, warningsOfTypes } from "../lib/organizer/before_run.ts";
import { replacePaths } from "../lib/organizer/paths_cell.ts";
import { InterruptedError, runNotebook } from "../lib/notebook/runner.ts";
import { prepareFile } from "../lib/io/output_place.ts";
import { defineCommand, UsageError } from "./command.ts";
import { inPackage } from "./folders.ts";
import { OutputPrinter } from "./output_printer.ts";

/** What shells report for a program that Ctrl-C ended. */
const INTERRUPTED_STATUS = 130;

export const runCommand = defineCommand({
  name: "run",
  summary: "Runs a notebook in Deno's own Jupyter kernel, without Jupyter.",
  positionals: { usage: "NOTEBOOK", least: 1, most: 1, expected: "one notebook" },
  options: {
    data: { kind: "text", value: "DIR", help: "use DIR for DATA_PATH" },
    root: { kind: "text", value: "DIR", help: "use DIR for ROOT_PATH" },
    out: {
      kind: "text",
      value: "FILE",
      help:
        "where the executed notebook goes; output/NOTEBOOK unless given, inside the folder of " +
        "--root where that is given",
    },
    "no-types": { kind: "flag", help: "leave the type checker out" },
    timeout: { kind: "seconds", value: "SECONDS", help: "how long the run may take" },
    "cell-timeout": { kind: "seconds", value: "SECONDS", help: "how long each cell may take" },
  },
  async run(values, [path]) {
    const out = values.out ??
      join(
        values.root === undefined ? inPackage("output") : join(values.root, "output"),
        basename(path),
      );
    if (resolve(out) === resolve(path)) {
      throw new UsageError(`Expected --out to name another file than the notebook, ${path}`);
    }
    const notebook = replacePaths(readNotebook(path), {
      ROOT_PATH: values.root && resolve(values.root),
      DATA_PATH: values.data && resolve(values.data),
    });
    checkImports(path, notebook);
    if (values.data !== undefined) checkDataset(values.data);
    prepareFile(out);

    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    const signals: Deno.Signal[] = Deno.build.os === "windows"
      ? ["SIGINT", "SIGBREAK"]
      : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) Deno.addSignalListener(signal, interrupt);
    const printer = new OutputPrinter();
    // Beside the run: the checker takes seconds, and what it finds stops nothing.
    const typesChecked = values["no-types"]
      ? undefined
      : warningsOfTypes(notebook, dirname(resolve(path)), interruption.signal)
        .catch((error) => [`the types could not be checked: ${error}`])
        .then((warnings) => warnings.forEach((warning) => printer.warn(warning)));
    try {
      await runNotebook(notebook, {
        cwd: dirname(resolve(path)),
        timeout: values.timeout,
        cellTimeout: values["cell-timeout"],
        signal: interruption.signal,
        onCell: (_cell, index) =>
          printer.startCell(index + 1, notebook.cells.length, headingAbove(notebook, index)),
        onOutput: (message) => printer.print(message),
        onExpectedError: ({ message }) => console.error(`${message}\nIts tag says so; going on.`),
      });
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      console.error(error.message);
      return INTERRUPTED_STATUS;
    } finally {
      printer.end();
      writeNotebook(out, notebook);
      // Where a cell failed, its types may say why.
      await typesChecked;
      for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
      console.error(`The executed notebook: ${out}`);
    }
    printer.throwFailure();
    return 0;
  },
});
