import { basename, join, resolve } from "node:path";
import { prepareData } from "../lib/organizer/rerun/blind.ts";
import { readGroundTruth } from "../lib/challenge/dataset.ts";
import { hashFile } from "../lib/io/hash.ts";
import { replaceFileSync } from "../lib/io/replace_file.ts";
import { NotebookError, readNotebook } from "../lib/notebook/ipynb.ts";
import { makeCache } from "../lib/organizer/rerun/cache.ts";
import { hasBubblewrap, NETWORKS } from "../lib/organizer/rerun/sandbox.ts";
import { LAST_CELL_HAS, PACKAGE_FOLDER, TODO_LINES } from "../lib/organizer/template.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, NOTEBOOKS } from "./command.ts";
import { type Entry, outcomeOf, remarksOf, type Report } from "../lib/organizer/report/entry.ts";
import { toHtml, toMarkdown } from "../lib/organizer/report/report.ts";
import { claimedMrr, runSubmission, type Setting } from "../lib/organizer/rerun/submission.ts";
import { verifyAll } from "../lib/organizer/verify/verify_files.ts";

const MEBIBYTE = 2 ** 20;
const INTERRUPTED_STATUS = 130;
/** How often notebooks that take long are said to. */
const BOARD_MS = 10_000;

export const rerunCommand = defineCommand({
  name: "rerun",
  summary:
    "Verifies notebooks, runs each in a clean environment, evaluates its scores and ranks them.",
  positionals: NOTEBOOKS,
  options: {
    data: {
      kind: "text",
      value: "DIR",
      required: true,
      help: 'the data set; the cells never see its "DEV Dataset.csv"',
    },
    report: {
      kind: "text",
      value: "DIR",
      required: true,
      help: "where report.json, report.md, report.html and the executed notebooks go",
    },
    resume: { kind: "flag", help: "keep what report.json has of notebooks that have not changed" },
    jobs: { kind: "count", value: "N", default: 1, help: "run N at a time" },
    repeat: {
      kind: "count",
      value: "N",
      default: 1,
      help: "run each N times and report scores that differ",
    },
    network: {
      kind: "choice",
      choices: NETWORKS,
      default: "none",
      help: "none, setup: while the set-up cell runs, or full",
    },
    "no-blind": { kind: "flag", help: "show the cells the sounds under their own names" },
    both: {
      kind: "flag",
      help: "run each a second time under the original names, to see who reads them",
    },
    cold: { kind: "flag", help: "fill an empty Deno cache for each notebook" },
    "no-sandbox": { kind: "flag", help: "go on without bubblewrap" },
    timeout: {
      kind: "seconds",
      value: "SECONDS",
      default: 3600,
      help: "how long each run may take",
    },
    "cell-timeout": { kind: "seconds", value: "SECONDS", help: "how long each cell may take" },
    memory: {
      kind: "count",
      value: "MIB",
      default: 8192,
      help: "how much memory a run may take",
    },
    disk: { kind: "count", value: "MIB", default: 8192, help: "how much a run may write" },
  },
  async run(values, positionals) {
    const { network, jobs, repeat } = values;
    const limits = {
      timeout: values.timeout,
      memory: values.memory * MEBIBYTE,
      disk: values.disk * MEBIBYTE,
      processes: 256,
    };
    const sandbox = !values["no-sandbox"];
    if (sandbox && !await hasBubblewrap()) {
      console.error(
        "Expected bubblewrap, which keeps notebooks from your files, other processes and the " +
          "network, but found none that works; install it, or go on unprotected with --no-sandbox",
      );
      return 1;
    }
    const dataPath = resolve(values.data), reportFolder = resolve(values.report);
    const groundTruth = readGroundTruth(dataPath);
    const isBlind = !values["no-blind"];
    const scratchFolders = new Set<string>();
    const removeAll = () => {
      for (const folder of scratchFolders) Deno.removeSync(folder, { recursive: true });
      scratchFolders.clear();
    };
    const scratch = () => {
      const folder = Deno.makeTempDirSync({ prefix: "qvim-rerun-" });
      scratchFolders.add(folder);
      const remove = () => {
        if (scratchFolders.delete(folder)) Deno.removeSync(folder, { recursive: true });
      };
      return { folder, remove };
    };
    const interrupt = () => {
      // Runs in the sandbox end with this process.
      removeAll();
      console.error("Interrupted; --resume goes on from here");
      Deno.exit(INTERRUPTED_STATUS);
    };
    const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
    for (const signal of signals) Deno.addSignalListener(signal, interrupt);
    const board = new Board();
    try {
      console.error("Verifying");
      const findings = await verifyAll(positionals, true);
      const runOptions = { isBlind, both: Boolean(values.both), repeat, network, sandbox };
      const report: Report = { data: basename(dataPath), isBlind, sandbox, network, entries: [] };
      const earlier = values.resume ? readEntries(reportFolder) : new Map<string, Entry>();
      const waiting: { entry: Entry; path: string }[] = [];
      for (const [path, { findings: found }] of findings) {
        const name = uniqueName(basename(path, ".ipynb"), report.entries);
        const key = JSON.stringify([await hashFile(path), runOptions]);
        const known = earlier.get(name);
        if (known?.key === key) {
          report.entries.push({ ...known, findings: found });
          continue;
        }
        const entry: Entry = { name, key, findings: found, runs: [], claimedMrr: claimOf(path) };
        report.entries.push(entry);
        waiting.push({ entry, path });
      }
      const setting: Setting = {
        groundTruth,
        data: prepareData(dataPath, scratch().folder, isBlind),
        named: values.both ? prepareData(dataPath, scratch().folder, false) : undefined,
        repeat,
        notebooksFolder: join(reportFolder, "notebooks"),
        run: {
          packageFolder: PACKAGE_FOLDER,
          ownCache: Boolean(values.cold) || network !== "none",
          sandbox,
          network,
          limits,
          cellTimeout: values["cell-timeout"],
          lastCellHas: LAST_CELL_HAS,
          setupCellHas: TODO_LINES.setup,
        },
        cache: () => {
          const kind = values.cold ? "empty" : network === "none" ? "shared" : "copy";
          return makeCache(kind, PACKAGE_FOLDER);
        },
        scratch,
        onCell: (name, cell) => board.cell(name, cell),
      };
      Deno.mkdirSync(reportFolder, { recursive: true });
      let done = 0;
      const total = waiting.length;
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const { entry, path } = next;
          try {
            await runSubmission(entry.name, path, entry, setting);
          } catch (error) {
            // Whatever it is, the others run on.
            const message = error instanceof Error ? error.message : String(error);
            entry.runs.push({ status: "died", message, seconds: 0, peakMemory: 0 });
          }
          board.end(entry.name);
          writeReport(reportFolder, report);
          const mrr = entry.figures === undefined ? "" : `, MRR ${entry.figures.mrr.toFixed(4)}`;
          const { seconds } = entry.runs[0];
          console.error(
            `${++done} of ${total}: ${entry.name} ${outcomeOf(entry)} after ${
              seconds.toFixed(1)
            } s${mrr}`,
          );
        }
      };
      await Promise.all(Array.from({ length: jobs }, work));
      writeReport(reportFolder, report);
      console.log(summary(report));
      console.log(`\nThe report: ${join(reportFolder, "report.html")}`);
    } finally {
      board.close();
      removeAll();
      for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
    }
    return 0;
  },
});

/** The MRR that a notebook says it reached; undefined where it can't be read. */
function claimOf(path: string): number | undefined {
  try {
    return claimedMrr(readNotebook(path));
  } catch (error) {
    if (error instanceof NotebookError) return undefined;
    throw error;
  }
}

/** Two folders may hold notebooks of one name. */
function uniqueName(name: string, entries: Entry[]): string {
  let unique = name;
  for (let k = 2; entries.some((entry) => entry.name === unique); k++) unique = `${name} (${k})`;
  return unique;
}

/** Says from time to time which notebooks are being run, and in which cell each is. */
class Board {
  readonly #running = new Map<string, { cell: number; start: number }>();
  readonly #timer = setInterval(() => this.#show(), BOARD_MS);

  cell(name: string, cell: number): void {
    const start = this.#running.get(name)?.start ?? performance.now();
    this.#running.set(name, { cell, start });
  }

  end(name: string): void {
    this.#running.delete(name);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    for (const [name, { cell, start }] of this.#running) {
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.error(`  ${name}: in cell ${cell}, ${seconds} s`);
    }
  }
}

function readEntries(folder: string): Map<string, Entry> {
  try {
    const report: Report = JSON.parse(Deno.readTextFileSync(join(folder, "report.json")));
    // What was begun and not ended is run again.
    const ended = report.entries.filter(({ runs }) => runs.length > 0);
    return new Map(ended.map((entry) => [entry.name, entry]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}

function writeReport(folder: string, report: Report): void {
  const ended = { ...report, entries: report.entries.filter(({ runs }) => runs.length > 0) };
  const files = {
    "report.json": JSON.stringify(ended, null, 2) + "\n",
    "report.md": toMarkdown(ended),
    "report.html": toHtml(ended),
  };
  for (const [name, text] of Object.entries(files)) {
    replaceFileSync(join(folder, name), (partial) => Deno.writeTextFileSync(partial, text));
  }
}

function summary(report: Report): string {
  const sorted = report.entries.toSorted((a, b) => (b.figures?.mrr ?? -1) - (a.figures?.mrr ?? -1));
  return formatTable({
    header: ["Submission", "MRR", "NDCG", "Seconds", "Outcome", "Remarks"],
    rows: sorted.map((entry) => [
      entry.name,
      entry.figures?.mrr.toFixed(4) ?? "",
      entry.figures?.classwiseNdcg.toFixed(4) ?? "",
      entry.runs[0].seconds.toFixed(1),
      outcomeOf(entry),
      remarksOf(entry).join("; "),
    ]),
  });
}
