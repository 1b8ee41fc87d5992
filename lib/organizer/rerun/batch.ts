/** Runs many submissions: verified, each in its own world, evaluated, ranked; the others run on. */
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { prepareFolder } from "../../io/output_place.ts";
import { plain } from "../../io/plain.ts";
import { believeNothing, type Entry, outcomeOf, type Report } from "../report/entry.ts";
import { writeAll, writeData } from "../report/write_all.ts";
import { LAST_CELL_HAS, PACKAGE_FOLDER, TODO_LINES } from "../template.ts";
import { verifyApart } from "../verify/verify_apart.ts";
import { listNotebooks } from "../verify/verify_files.ts";
import { BatchError, KeepError } from "./batch_error.ts";
import { prepareData } from "./blind.ts";
import { type Earlier, readEarlier } from "./earlier.ts";
import {
  changedSince,
  hashOfNotebook,
  packageDigestOf,
  packageVersion,
  readData,
  tracesOfUsed,
} from "./inputs.ts";
import type { Network } from "./sandbox.ts";
import { lock } from "./lock.ts";
import { namesOf } from "./names.ts";
import { removeLeftovers, ScratchFolders } from "./scratch.ts";
import { runSubmission, type Setting } from "./submission.ts";
import type { Limits } from "./watch.ts";
import { heldBy, type Walls, wallsOf } from "./walls.ts";
import { World } from "./world.ts";

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
  /** Whether the code is given to the type checker as well, which finds no more than warnings. */
  types: boolean;
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

/**
 * How long is waited where there is no room for a run: what another one takes of this machine is taken
 * from it soon.
 */
const RETRY_MS = [1000, 5000, 10_000];
/** How often the pages of a report are drawn while a batch runs. */
const DRAWN_MS = 30_000;

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
 * @throws {BatchError} Where another batch writes there, its disk is full, or what the runs used was
 * changed.
 * @throws {PlaceError} Where a file lies in the report's place.
 */
export async function runBatch(options: BatchOptions, hooks: BatchHooks): Promise<Report> {
  prepareFolder(options.reportFolder);
  const unlock = lock(options.reportFolder);
  const scratch = new ScratchFolders();
  let walls: Walls | undefined;
  const removeAll = () => {
    scratch.removeAll();
    walls?.groups?.close();
    unlock();
  };
  globalThis.addEventListener("unload", removeAll);
  try {
    const removed = removeLeftovers();
    if (removed > 0) hooks.say(`Removed ${removed} folders of runs that had died`);
    walls = await wallsOf(options.sandbox, scratch, options.jobs);
    return await runLocked(options, hooks, scratch, walls);
  } finally {
    globalThis.removeEventListener("unload", removeAll);
    removeAll();
  }
}

async function runLocked(
  options: BatchOptions,
  hooks: BatchHooks,
  scratch: ScratchFolders,
  walls: Walls,
): Promise<Report> {
  const { isBlind, both, repeat, network, sandbox, limits, reportFolder } = options;
  const data = await Promise.all(options.data.map(readData));
  hooks.say("Verifying");
  const names = namesOf(listNotebooks(options.paths, hooks.say).keys());
  const { shard } = options;
  const orders = new Map([...names.keys()].map((path, order) => [path, order]));
  const isOurs = (order: number) => shard === undefined || order % shard.count === shard.index - 1;
  // Before they are verified: one that is changed after this is not run.
  const hashes = new Map<string, string>();
  for (const [path, order] of orders) {
    if (isOurs(order)) hashes.set(path, await hashOfNotebook(path));
  }
  const found = await verifyApart(options.paths, {
    jobs: options.jobs,
    types: options.types,
    isWanted: (path) => hashes.has(path),
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
    types: options.types,
    date: new Date().toISOString(),
    versions,
    settings,
    heldBy: heldBy(walls),
    handedIn: names.size,
    commandLine: options.commandLine,
    entries: [],
  };
  const earlier: Partial<Earlier> = options.resume ? readEarlier(reportFolder) : {};
  const waiting: { entry: Entry; path: string }[] = [];
  for (const [path, notebookHash] of hashes) {
    const name = names.get(path)!, order = orders.get(path)!;
    // One that is gone by now is run, and says so.
    const { findings, powers, claimedMrr } = found.get(path) ?? { findings: [], powers: [] };
    const key = JSON.stringify([notebookHash, versions, settings]);
    const known = earlier.entries?.get(name);
    if (known?.key === key) {
      report.entries.push({ ...known, order, findings, powers, origin: "kept" });
      continue;
    }
    const isAgain = known !== undefined || earlier.spoiled?.has(name) === true;
    if (isAgain) {
      const why = known === undefined
        ? "what the runs used was changed while it ran"
        : "it, or what it was run with, has changed";
      hooks.say(`${plain(name)} is run again: ${why}`);
    }
    const about = { name, order, key, notebookHash, findings, powers };
    const entry: Entry = { ...about, ...isAgain && { origin: "again" }, runs: [], claimedMrr };
    report.entries.push(entry);
    waiting.push({ entry, path });
  }
  const kept = report.entries.length - waiting.length;
  if (kept > 0) hooks.say(`Kept ${kept} of ${report.entries.length} entries of the earlier report`);
  const prepared = data.map((it) => ({
    ...it,
    blind: prepareData(it.path, scratch.make().folder, isBlind),
    named: both ? prepareData(it.path, scratch.make().folder, false) : undefined,
  }));
  const copies = prepared.flatMap(({ blind, named }) => [blind, ...named ? [named] : []]);
  const used = copies.map(({ folder }) => folder);
  const before = await tracesOfUsed(used, sandbox);
  const settingFor = (k: number, job: number): Setting => ({
    groundTruth: prepared[k].groundTruth,
    data: prepared[k].blind,
    named: k === 0 ? prepared[k].named : undefined,
    repeat: k === 0 ? repeat : 1,
    notebooksFolder: join(reportFolder, k === 0 ? "notebooks" : `notebooks_${k + 1}`),
    scoresFolder: join(reportFolder, k === 0 ? "scores" : `scores_${k + 1}`),
    run: {
      packageFolder: PACKAGE_FOLDER,
      ...{ cold: options.cold, sandbox, network, limits, allowedHosts: options.allowedHosts },
      ...{ groups: walls.groups, share: 1 / options.jobs, processors: walls.processors[job] },
      cellTimeout: options.cellTimeout,
      lastCellHas: LAST_CELL_HAS,
      setupCellHas: TODO_LINES.setup,
    },
    world: async () => {
      try {
        return await World.make(scratch.make(), walls.isSized);
      } catch (error) {
        throw new BatchError(`Expected room for a run but found: ${(error as Error).message}`);
      }
    },
    scratch: () => scratch.make(),
    onCell: hooks.onCell,
  });
  const ofJobs = Array.from(
    { length: options.jobs },
    (_, job) => prepared.map((_, k) => settingFor(k, job)),
  );
  for (const { scoresFolder } of ofJobs[0]) Deno.mkdirSync(scoresFolder, { recursive: true });
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
  let drawn = performance.now();
  const work = async (allSettings: Setting[]) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runOn(next.entry, next.path, allSettings, hooks.say);
      ended.add(next.entry);
      // While a page is drawn nobody watches the runs.
      const isDue = performance.now() - drawn > DRAWN_MS;
      (isDue ? writeAll : writeData)(reportFolder, asOfNow());
      if (isDue) drawn = performance.now();
      hooks.onEnd(next.entry, ++done, total);
    }
  };
  await Promise.all(ofJobs.map(work));
  const changed = await changedSince(before, used, sandbox);
  if (changed.length > 0) report.changed = changed;
  writeAll(reportFolder, report);
  if (changed.length > 0) throw new BatchError(believeNothing(changed));
  return report;
}

/**
 * Runs a submission on every data set; whatever it does costs its own entry alone.
 *
 * @throws {BatchError} Where there is no room for a run, or for what it came to.
 */
async function runOn(
  entry: Entry,
  path: string,
  settings: Setting[],
  say: BatchHooks["say"],
): Promise<void> {
  const attempt = async (target: Entry, setting: Setting) => {
    const fresh = { ...target };
    const waits = [...RETRY_MS];
    while (true) {
      try {
        return await runSubmission(entry.name, path, target, setting);
      } catch (error) {
        if (!(error instanceof BatchError)) {
          const message = error instanceof Error ? error.message : String(error);
          target.runs.push({ status: "failed", cell: 0, message, seconds: 0, peakMemory: 0 });
          return;
        }
        const wait = waits.shift();
        if (wait === undefined || error instanceof KeepError) throw error;
        for (const key of Object.keys(target)) delete target[key as keyof Entry];
        Object.assign(target, fresh, { runs: [] });
        say(`${plain(entry.name)} is tried again in ${wait / 1000} s. ${error.message}`);
        await delay(wait);
      }
    }
  };
  await attempt(entry, settings[0]);
  for (const setting of settings.slice(1)) {
    const other: Entry = { ...entry, runs: [], figures: undefined, scoresError: undefined };
    delete other.best;
    const isRun = entry.runs[0].status === "finished";
    if (isRun) await attempt(other, setting);
    entry.others = [...entry.others ?? [], {
      runs: other.runs,
      figures: other.figures,
      outcome: isRun ? outcomeOf(other) : undefined,
      message: other.scoresError ?? other.runs.find(({ message }) => message)?.message,
      best: other.best,
    }];
  }
}
