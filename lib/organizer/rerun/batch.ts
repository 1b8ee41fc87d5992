/** Runs many submissions: verified, each in its own world, evaluated, ranked; the others run on. */
import { basename, join } from "node:path";
import { plain } from "../../io/plain.ts";
import { NotebookError, readNotebook } from "../../notebook/ipynb.ts";
import type { Entry, Report } from "../report/entry.ts";
import { writeAll } from "../report/write_all.ts";
import { LAST_CELL_HAS, PACKAGE_FOLDER, TODO_LINES } from "../template.ts";
import { verifyApart } from "../verify/verify_apart.ts";
import { listNotebooks } from "../verify/verify_files.ts";
import { BatchError } from "./batch_error.ts";
import { prepareData } from "./blind.ts";
import { makeCache, sharedCache } from "./cache.ts";
import {
  hashOfNotebook,
  packageDigestOf,
  packageVersion,
  readData,
  tracesOfUsed,
} from "./inputs.ts";
import type { Network } from "./sandbox.ts";
import { lock } from "./lock.ts";
import { removeLeftovers, ScratchFolders } from "./scratch.ts";
import { claimedMrr, runSubmission, type Setting } from "./submission.ts";
import type { Limits } from "./watch.ts";

/** What a batch is asked for. */
export interface BatchOptions {
  /** Notebooks, and folders of them. */
  paths: string[];
  /** Data sets, the first of which ranks. */
  data: string[];
  reportFolder: string;
  /** Whether entries of an earlier report are kept, where nothing has changed. */
  resume: boolean;
  jobs: number;
  repeat: number;
  network: Network;
  allowedHosts: string[];
  isBlind: boolean;
  both: boolean;
  cold: boolean;
  sandbox: boolean;
  limits: Limits;
  cellTimeout?: number;
  /** Whether entries that break a rule are ranked all the same. */
  keepViolations: boolean;
  /** One of several machines that share the work. */
  shard?: { index: number; count: number };
  /** How the program was called, for the report. */
  commandLine: string[];
}

/** What is told while a batch runs. */
export interface BatchHooks {
  say(line: string): void;
  onCell(name: string, cell: number): void;
  onEnd(entry: Entry, done: number, total: number): void;
}

/**
 * Runs a batch and writes its report, after each submission anew.
 *
 * @returns The report; every notebook has an entry, whatever became of it.
 * @throws {BatchError} Where another batch writes there, or what the runs used was changed.
 */
export async function runBatch(options: BatchOptions, hooks: BatchHooks): Promise<Report> {
  Deno.mkdirSync(options.reportFolder, { recursive: true });
  const unlock = lock(options.reportFolder);
  const scratch = new ScratchFolders();
  const removeAll = () => {
    scratch.removeAll();
    unlock();
  };
  globalThis.addEventListener("unload", removeAll);
  try {
    const removed = removeLeftovers();
    if (removed > 0) hooks.say(`Removed ${removed} folders of runs that had died`);
    return await runLocked(options, hooks, scratch);
  } finally {
    globalThis.removeEventListener("unload", removeAll);
    removeAll();
  }
}

async function runLocked(
  options: BatchOptions,
  hooks: BatchHooks,
  scratch: ScratchFolders,
): Promise<Report> {
  const { isBlind, both, repeat, network, sandbox, limits, reportFolder } = options;
  const data = await Promise.all(options.data.map(readData));
  hooks.say("Verifying");
  const names = namesOf(listNotebooks(options.paths).keys());
  const { shard } = options;
  const isOurs = (index: number) => shard === undefined || index % shard.count === shard.index - 1;
  const found = await verifyApart(options.paths, {
    jobs: options.jobs,
    types: true,
    isWanted: isOurs,
  });
  const packageDigest = await packageDigestOf();
  const settings = {
    ...{ isBlind, both, repeat, network, sandbox, limits, cellTimeout: options.cellTimeout },
    ...{ allowedHosts: options.allowedHosts, cold: options.cold },
  };
  const versions = {
    package: await packageVersion(),
    packageDigest,
    deno: Deno.version.deno,
    data: data.map(({ digest }) => digest),
  };
  const report: Report = {
    data: basename(data[0].path),
    ...(data.length > 1 && { otherData: data.slice(1).map(({ path }) => basename(path)) }),
    isBlind,
    sandbox,
    network,
    hasAnswers: data[0].groundTruth !== undefined,
    keepViolations: options.keepViolations,
    date: new Date().toISOString(),
    versions,
    settings,
    commandLine: options.commandLine,
    entries: [],
  };
  const earlier = options.resume ? readEntries(reportFolder) : new Map<string, Entry>();
  const waiting: { entry: Entry; path: string }[] = [];
  for (const [path, { findings, powers }] of found) {
    const name = names.get(path)!;
    const notebookHash = await hashOfNotebook(path);
    const key = JSON.stringify([notebookHash, versions, settings]);
    const known = earlier.get(name);
    if (known?.key === key) {
      report.entries.push({ ...known, findings, powers });
      continue;
    }
    if (known !== undefined) {
      hooks.say(`${plain(name)} is run again: it, or what it was run with, has changed`);
    }
    const claim = claimOf(path);
    const entry: Entry = { name, key, notebookHash, findings, powers, runs: [], claimedMrr: claim };
    report.entries.push(entry);
    waiting.push({ entry, path });
  }
  const prepared = data.map((it) => ({
    ...it,
    blind: prepareData(it.path, scratch.make().folder, isBlind),
    named: both ? prepareData(it.path, scratch.make().folder, false) : undefined,
  }));
  const copies = prepared.flatMap(({ blind, named }) => [blind, ...named ? [named] : []]);
  const used = copies.map(({ folder }) => folder);
  const before = await tracesOfUsed(used, sandbox);
  const settingFor = (k: number): Setting => ({
    groundTruth: prepared[k].groundTruth,
    data: prepared[k].blind,
    named: k === 0 ? prepared[k].named : undefined,
    repeat: k === 0 ? repeat : 1,
    notebooksFolder: join(reportFolder, k === 0 ? "notebooks" : `notebooks_${k + 1}`),
    scoresFolder: join(reportFolder, k === 0 ? "scores" : `scores_${k + 1}`),
    run: {
      packageFolder: PACKAGE_FOLDER,
      ownCache: options.cold || network !== "none",
      ...{ sandbox, network, limits, allowedHosts: options.allowedHosts },
      cellTimeout: options.cellTimeout,
      lastCellHas: LAST_CELL_HAS,
      setupCellHas: TODO_LINES.setup,
    },
    cache: () => {
      const kind = options.cold ? "empty" : network === "none" ? "shared" : "copy";
      return makeCache(kind, PACKAGE_FOLDER, () => scratch.make("cache"));
    },
    scratch: () => scratch.make(),
    onCell: hooks.onCell,
  });
  const allSettings = prepared.map((_, k) => settingFor(k));
  for (const { scoresFolder } of allSettings) Deno.mkdirSync(scoresFolder, { recursive: true });
  const total = waiting.length;
  let done = 0;
  // What another job is half through with has no figures yet, and must not look as if it had none.
  const ended = new Set(report.entries.filter(({ runs }) => runs.length > 0));
  const asOfNow = (): Report => ({
    ...report,
    entries: report.entries.map((entry) =>
      ended.has(entry) ? entry : { ...entry, runs: [], figures: undefined, others: undefined }
    ),
  });
  writeAll(reportFolder, asOfNow());
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runOn(next.entry, next.path, allSettings);
      ended.add(next.entry);
      writeAll(reportFolder, asOfNow());
      hooks.onEnd(next.entry, ++done, total);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  writeAll(reportFolder, report);
  const after = await tracesOfUsed(used, sandbox);
  const cache = await sharedCache();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((path) =>
    before.get(path) !== after.get(path) && (before.has(path) || !path.startsWith(cache))
  );
  if (changed.length > 0) {
    const some = changed.slice(0, 5).join(", ") + (changed.length > 5 ? ", …" : "");
    throw new BatchError(
      `Expected what the runs used to be as it was but found it changed: ${some}. ` +
        `Believe no figure of this batch, and look at how it could be written to`,
    );
  }
  return report;
}

/** Runs a submission on every data set; whatever it does costs its own entry alone. */
async function runOn(entry: Entry, path: string, settings: Setting[]): Promise<void> {
  const attempt = async (target: Entry, setting: Setting) => {
    try {
      await runSubmission(entry.name, path, target, setting);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      target.runs.push({ status: "failed", cell: 0, message, seconds: 0, peakMemory: 0 });
    }
  };
  await attempt(entry, settings[0]);
  for (const setting of settings.slice(1)) {
    const other: Entry = { ...entry, runs: [], figures: undefined, scoresError: undefined };
    if (entry.runs[0].status === "finished") await attempt(other, setting);
    entry.others = [...entry.others ?? [], {
      figures: other.figures,
      message: other.scoresError ?? other.runs.find(({ message }) => message)?.message,
    }];
  }
}

/** The MRR that a notebook says it reached; undefined where it can't be read. */
function claimOf(path: string): number | undefined {
  try {
    return claimedMrr(readNotebook(path));
  } catch (error) {
    if (error instanceof NotebookError) return undefined;
    throw error;
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

/** Names of entries by path: two folders may hold notebooks of one name. */
function namesOf(paths: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const path of paths) {
    const name = basename(path, ".ipynb");
    let unique = name;
    for (let k = 2; taken.has(unique); k++) unique = `${name} (${k})`;
    taken.add(unique);
    names.set(path, unique);
  }
  return names;
}
