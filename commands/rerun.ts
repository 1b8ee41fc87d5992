import { join, resolve } from "node:path";
import { plain } from "../lib/io/plain.ts";
import { outcomeOf, remarksOf, type Report } from "../lib/organizer/report/entry.ts";
import { runBatch } from "../lib/organizer/rerun/batch.ts";
import { mergeReports } from "../lib/organizer/rerun/merge.ts";
import { allowedHost } from "../lib/organizer/rerun/proxy.ts";
import { faultOfBubblewrap, NETWORKS } from "../lib/organizer/rerun/sandbox.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, NOTEBOOKS, UsageError } from "./command.ts";

const MEBIBYTE = 2 ** 20;
const INTERRUPTED_STATUS = 130;
/** Processes that a run may have at a time. */
const MOST_PROCESSES = 256;
/** MiB without which Deno itself does not start: each submission would be said to have died. */
const LEAST_MEMORY = 768;
/** How often notebooks that take long are said to. */
const BOARD_MS = 10_000;

export const rerunCommand = defineCommand({
  name: "rerun",
  summary:
    "Verifies notebooks, runs each in a clean environment, evaluates its scores and ranks them.",
  details:
    "The exit status is 0 once the report is written, whatever came of the notebooks; the report " +
    "says what is out, and why.",
  positionals: { ...NOTEBOOKS, least: 0 },
  options: {
    data: {
      kind: "text",
      value: "DIR",
      many: true,
      help:
        'a data set, needed but with --merge; the cells never see its "DEV Dataset.csv". Of several, ' +
        "the first ranks, and who falls from it to another is marked",
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
      help: "setup lets the set-up cell reach public hosts by HTTPS, full all cells anything",
    },
    "allow-host": {
      kind: "text",
      value: "HOST",
      many: true,
      help: "let the set-up cell reach HOST alone; HOST:PORT may be a private one",
    },
    "no-blind": { kind: "flag", help: "show the cells the sounds under their own names" },
    both: {
      kind: "flag",
      help: "run each a second time under the original names, to see who reads them",
    },
    "no-types": { kind: "flag", help: "leave the type checker out" },
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
      least: LEAST_MEMORY,
      default: 8192,
      help: "how much memory a run may take, with the files that it writes",
    },
    "keep-violations": { kind: "flag", help: "rank entries that break a rule as well" },
    shard: { kind: "shard", value: "I/N", help: "do the I-th of N parts, on one of N machines" },
    merge: {
      kind: "text",
      value: "DIR",
      many: true,
      help: "put the reports of such parts together, instead of running anything",
    },
    disk: {
      kind: "count",
      value: "MIB",
      default: 4096,
      help: "how much a run may write; in memory, where the kernel allows it, and counted as such",
    },
  },
  async run(values, positionals, given) {
    const reportFolder = resolve(values.report);
    if (values.merge.length > 0) {
      if (positionals.length > 0) {
        throw new UsageError(`Expected --merge without notebooks but found ${positionals[0]}`);
      }
      const others = given.filter((name) => !["merge", "report"].includes(name));
      if (others.length > 0) {
        const found = others.map((name) => `--${name}`).join(", ");
        throw new UsageError(`Expected --merge with --report alone but found ${found}`);
      }
      const report = mergeReports(values.merge.map((folder) => resolve(folder)), reportFolder);
      console.log(summary(report));
      console.log(`\nThe report: ${join(reportFolder, "report.html")}`);
      return 0;
    }
    if (positionals.length === 0) throw new UsageError("Expected one or more notebooks");
    if (values.data.length === 0) throw new UsageError("Expected --data DIR");
    if (values.both && values["no-blind"]) {
      throw new UsageError("Expected --both without --no-blind, which shows the names anyway");
    }
    const sandbox = !values["no-sandbox"];
    const allowedHosts = hostsOf(values["allow-host"], sandbox && values.network === "setup");
    const fault = sandbox ? await faultOfBubblewrap() : undefined;
    if (fault !== undefined) {
      console.error(
        "Expected bubblewrap, which keeps notebooks from your files, other processes and the " +
          `network, but found ${fault}; ` +
          (Deno.build.os === "linux"
            ? "docs/organizers.md says what it needs"
            : "run it on Linux, whose it is") +
          ", or go on unprotected with --no-sandbox",
      );
      return 1;
    }
    const board = new Board();
    const interrupt = () => {
      // Runs in the sandbox end with this process, and its folders with it.
      console.error("Interrupted; --resume goes on from here");
      Deno.exit(INTERRUPTED_STATUS);
    };
    const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
    for (const signal of signals) Deno.addSignalListener(signal, interrupt);
    try {
      const report = await runBatch({
        paths: positionals,
        data: values.data,
        reportFolder,
        resume: values.resume,
        jobs: values.jobs,
        repeat: values.repeat,
        network: values.network,
        allowedHosts,
        isBlind: !values["no-blind"],
        both: values.both,
        types: !values["no-types"],
        cold: values.cold,
        sandbox,
        limits: {
          timeout: values.timeout,
          memory: values.memory * MEBIBYTE,
          disk: values.disk * MEBIBYTE,
          processes: MOST_PROCESSES,
        },
        cellTimeout: values["cell-timeout"],
        keepViolations: values["keep-violations"],
        shard: values.shard,
        commandLine: Deno.args,
      }, {
        say: (line) => console.error(line),
        onCell: (name, cell) => board.cell(name, cell),
        onEnd: (entry, done, total) => {
          board.end(entry.name);
          const mrr = entry.figures === undefined ? "" : `, MRR ${entry.figures.mrr.toFixed(4)}`;
          const seconds = (entry.runs[0]?.seconds ?? 0).toFixed(1);
          console.error(
            `${done} of ${total}: ${plain(entry.name)} ${
              outcomeOf(entry)
            } after ${seconds} s${mrr}`,
          );
        },
      });
      console.log(summary(report));
      console.log(`\nThe report: ${join(reportFolder, "report.html")}`);
    } finally {
      board.close();
      for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
    }
    return 0;
  },
});

/** Hosts as the proxy knows them; what it would never meet is no narrowing of anything. */
function hostsOf(given: string[], hasProxy: boolean): string[] {
  if (given.length > 0 && !hasProxy) {
    throw new UsageError(
      "Expected --allow-host with --network setup and a sandbox: nothing else has such a list",
    );
  }
  return given.map((text) => {
    const host = allowedHost(text);
    if (host !== undefined) return host;
    throw new UsageError(`Expected --allow-host HOST or HOST:PORT but found ${text}`);
  });
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
      console.error(`  ${plain(name)}: in cell ${cell}, ${seconds} s`);
    }
  }
}

function summary(report: Report): string {
  const sorted = report.entries.toSorted((a, b) => (b.figures?.mrr ?? -1) - (a.figures?.mrr ?? -1));
  return formatTable({
    header: ["Submission", "MRR", "NDCG", "Seconds", "Outcome", "Remarks"],
    rows: sorted.map((entry) => [
      plain(entry.name),
      entry.figures?.mrr.toFixed(4) ?? "",
      entry.figures?.classwiseNdcg.toFixed(4) ?? "",
      (entry.runs[0]?.seconds ?? 0).toFixed(1),
      outcomeOf(entry),
      remarksOf(entry).join("; "),
    ]),
  });
}
