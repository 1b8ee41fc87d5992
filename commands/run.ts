import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  type Notebook,
  NotebookError,
  readNotebook,
  writeNotebook,
} from "../lib/notebook/ipynb.ts";
import { PACKAGE_FOLDER } from "../lib/organizer/template.ts";
import { joinCells, type Program, ProgramError } from "../lib/organizer/verify/program.ts";
import { checkTypes } from "../lib/organizer/verify/types.ts";
import { DatasetError, readGroundTruth } from "../lib/challenge/dataset.ts";
import { replacePaths } from "../lib/organizer/paths_cell.ts";
import { InterruptedError, runNotebook } from "../lib/notebook/runner.ts";
import { defineCommand, UsageError } from "./command.ts";
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
    const out = values.out ?? join(values.root ?? ".", "output", basename(path));
    if (resolve(out) === resolve(path)) {
      throw new UsageError(`Expected --out to name another file than the notebook, ${path}`);
    }
    const notebook = replacePaths(readNotebook(path), {
      ROOT_PATH: values.root && resolve(values.root),
      DATA_PATH: values.data && resolve(values.data),
    });
    checkImports(path, notebook);
    if (values.data !== undefined) checkDataset(values.data);
    // Before the work: a place that can't be written to should not be found out after it.
    Deno.mkdirSync(dirname(resolve(out)), { recursive: true });

    const interruption = new AbortController();
    const interrupt = () => interruption.abort();
    const signals: Deno.Signal[] = Deno.build.os === "windows"
      ? ["SIGINT", "SIGBREAK"]
      : ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) Deno.addSignalListener(signal, interrupt);
    const printer = new OutputPrinter();
    if (!values["no-types"]) await warnOfTypes(notebook, dirname(resolve(path)));
    try {
      await runNotebook(notebook, {
        cwd: dirname(resolve(path)),
        timeout: values.timeout,
        cellTimeout: values["cell-timeout"],
        signal: interruption.signal,
        onCell: (_cell, index) =>
          printer.startCell(index + 1, notebook.cells.length, headingAbove(notebook, index)),
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
});

/** Deno looks for what names mean in the folder of the notebook and in those above it. */
function checkImports(path: string, notebook: Notebook): void {
  const imports = /\b(from|import)\s*\(?\s*["']qvim(\/helpers)?["']/;
  if (
    !notebook.cells.some(({ cell_type, source }) => cell_type === "code" && imports.test(source))
  ) {
    return;
  }
  for (let folder = dirname(resolve(path));; folder = dirname(folder)) {
    const config = join(folder, "deno.json");
    if (existsSync(config) && Deno.readTextFileSync(config).includes('"qvim"')) return;
    if (dirname(folder) === folder) break;
  }
  throw new NotebookError(
    `Expected ${path} to lie where "qvim" can be imported but found no deno.json there that names ` +
      `it: copy the notebook into ${PACKAGE_FOLDER}, or a folder in it`,
  );
}

/** Types are not checked in the kernel: what is wrong with them is told before, and is no error. */
async function warnOfTypes(notebook: Notebook, folder: string): Promise<void> {
  let program: Program;
  try {
    program = joinCells(notebook);
  } catch (error) {
    // The run says it at the cell.
    if (error instanceof ProgramError) return;
    throw error;
  }
  const [findings] = await checkTypes([{ program, folder }], PACKAGE_FOLDER);
  for (const { cell, line, message } of findings) {
    const where = cell === undefined ? "" : `cell ${cell}, line ${line}: `;
    console.error(`Warning: ${where}${message}`);
  }
}

/** @throws {DatasetError} Where there is no data set: the first cell would make an empty folder. */
function checkDataset(folder: string): void {
  if (!existsSync(folder)) {
    throw new DatasetError(`Expected a data set for --data but found no folder at ${folder}`);
  }
  readGroundTruth(folder);
}

/** The title of the section that a cell stands in. */
function headingAbove(notebook: Notebook, index: number): string {
  const above = notebook.cells.slice(0, index).filter((cell) => cell.cell_type === "markdown");
  return above.flatMap((cell) => cell.source.match(/^#+ .+/gm) ?? []).at(-1)?.replace(/^#+ /, "") ??
    "";
}
