import { someOf } from "../../io/counted.ts";
import { join } from "node:path";
import { plain } from "../../io/plain.ts";
import { replaceFileSync } from "../../io/replace_file.ts";
import type { SystemFigures } from "./ranking.ts";
import type { RunOutcome } from "../rerun/run.ts";
import type { Finding } from "../verify/findings.ts";

/** What is known of a submission after it was verified and run. */
export interface Entry {
  /** The notebook's name without its ending. */
  name: string;
  /** Which one it is of all that were handed in, from 0. */
  order?: number;
  /** SHA-256 of the notebook, and of the options that its figures depend on. */
  key: string;
  /** SHA-256 of the notebook. */
  notebookHash?: string;
  /** With --resume: whether it is the earlier report's, or was run again in spite of one there. */
  origin?: "kept" | "again";
  findings: Finding[];
  /** What it reaches, as verification found it. */
  powers?: string[];
  /** One or, with --repeat, several runs under opaque names (or under the original's, --no-blind). */
  runs: RunOutcome[];
  /** The organizer's own evaluation of the first run's scores; absent where there are none. */
  figures?: SystemFigures;
  /** Why there are no figures although the run finished. */
  scoresError?: string;
  /** The MRR that the notebook as it was handed in says it reached. */
  claimedMrr?: number;
  /** With --both: the MRR under the original names. */
  namedMrr?: number;
  /** With --repeat: the largest difference between two runs' scores of a pair. */
  repeatDifference?: number;
  /** The executed notebook, beside the report. */
  executed?: string;
  /** Why the executed notebook was not kept. */
  executedError?: string;
  /** SHA-256 of the first run's scores. */
  scoresHash?: string;
  /** The ten best items of each query, beside the report, where the data set has no answers. */
  best?: string;
  /** How it did on the further data sets, in their order. */
  others?: OtherSet[];
  /** Whether it loses far more from the first data set to another than is usual. */
  falls?: boolean;
  /** Entries of other teams with the same notebook. */
  sameNotebook?: string[];
  /** Entries of other teams with the same ranks on every query. */
  sameScores?: string[];
}

/** How an entry did on a further data set. */
export interface OtherSet {
  /** As {@linkcode Entry.runs}; none where it did not finish on the first. */
  runs?: RunOutcome[];
  figures?: SystemFigures;
  /** What came of it there; undefined where it was not run, since it did not finish on the first. */
  outcome?: string;
  /** What it said where it did not finish. */
  message?: string;
  /** As {@linkcode Entry.best}. */
  best?: string;
}

/** All that `deno task rerun` finds out; `report.json`. */
export interface Report {
  data: string;
  isBlind: boolean;
  sandbox: boolean;
  network: string;
  /** The further data sets. */
  otherData?: string[];
  /** Whether the first data set has answers; where it has none, nothing is ranked. */
  hasAnswers?: boolean;
  /** Whether entries that break a rule are ranked all the same. */
  keepViolations?: boolean;
  /** Whether the types were checked, as they are unless left out. */
  types?: boolean;
  /** When it was made, ISO 8601. */
  date?: string;
  /** What it was run with: the package, Deno, and the data by content. */
  versions?: { package: string; packageDigest: string; deno: string; data: string[] };
  /** The options that figures depend on. */
  settings?: Record<string, unknown>;
  /** By what the limits were held. */
  heldBy?: string;
  /** How many notebooks were handed in, to all machines that share the work. */
  handedIn?: number;
  /** What the runs used and was no longer as it was after them: no figure can be believed then. */
  changed?: string[];
  /** How the program was called. */
  commandLine?: string[];
  entries: Entry[];
}

/** Writes the files of a report, each under its name when it is whole. */
export function writeReport(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    replaceFileSync(join(folder, name), text);
  }
}

/** What is said where what the runs used was changed. */
export function believeNothing(changed: string[]): string {
  const some = changed.slice(0, 5).join(", ") + (changed.length > 5 ? ", …" : "");
  return `Expected what the runs used to be as it was but found it changed: ${some}. ` +
    `Believe no figure of this batch, and look at how it could be written to`;
}

/** What an organizer does next: nothing, look at it, or leave it out. */
export type NextStep = "fine" | "look" | "out";

/** What to do with an entry. */
export function nextStepOf(entry: Entry): NextStep {
  if (entry.findings.some(({ severity }) => severity === "violation")) return "out";
  if (entry.runs.length === 0) return "look";
  if (outcomeOf(entry) !== "finished") return "out";
  return remarksOf(entry).length > 0 ? "look" : "fine";
}

/** What came of an entry, in a few words. */
export function outcomeOf(entry: Entry): string {
  if (entry.runs.length === 0) return "not run yet";
  const failed = entry.runs.find(({ status }) => status !== "finished");
  if (failed !== undefined) {
    const place = failed.cell === undefined || failed.cell === 0 ? "" : ` in cell ${failed.cell}`;
    return `${failed.status}${place}`;
  }
  if (entry.scoresError !== undefined) return "no valid scores";
  return "finished";
}

/** More make a table unreadable; `report.json` has them all. */
const ATTEMPTS_TOLD = 5;

/** What a person should look at, one sentence each. */
export function remarksOf(entry: Entry): string[] {
  const remarks: string[] = [];
  const count = (severity: Finding["severity"]) =>
    entry.findings.filter((finding) => finding.severity === severity).length;
  const violations = count("violation"), warnings = count("warning");
  if (violations > 0) {
    remarks.push(`breaks the rules in ${violations} place${violations > 1 ? "s" : ""}`);
  }
  if (warnings > 0) remarks.push(`${warnings} warning${warnings > 1 ? "s" : ""}`);
  const { figures, claimedMrr, namedMrr, repeatDifference } = entry;
  if (
    figures !== undefined && claimedMrr !== undefined && Math.abs(figures.mrr - claimedMrr) > 1e-4
  ) {
    remarks.push(`says MRR ${claimedMrr} of itself`);
  }
  if (figures !== undefined && namedMrr !== undefined && namedMrr - figures.mrr > 0.01) {
    remarks.push(`MRR ${namedMrr.toFixed(4)} where it sees the names of files: it reads them`);
  }
  if (repeatDifference !== undefined && repeatDifference > 0) {
    remarks.push(`scores differ from run to run by up to ${repeatDifference.toPrecision(2)}`);
  }
  for (const [k, { outcome, message }] of (entry.others ?? []).entries()) {
    if (outcome === undefined || outcome === "finished") continue;
    remarks.push(`data set ${k + 2}: ${outcome}${message ? `, ${inShort(message)}` : ""}`);
  }
  if (entry.falls) remarks.push("falls from the first data set far more than the others");
  const twins = entry.sameNotebook ?? [];
  const alike = (entry.sameScores ?? []).filter((name) => !twins.includes(name));
  if (twins.length > 0) remarks.push(`the same notebook as ${someOf(twins)}`);
  if (alike.length > 0) remarks.push(`the same results as ${someOf(alike)}`);
  // It may know which set it is run on, and do there alone what it has in mind.
  const runs = [...entry.runs, ...(entry.others ?? []).flatMap(({ runs }) => runs ?? [])];
  const fetched = new Map<string, number>();
  for (const [host, bytes] of runs.flatMap(({ fetched }) => Object.entries(fetched ?? {}))) {
    fetched.set(host, Math.max(bytes, fetched.get(host) ?? 0));
  }
  if (fetched.size > 0) {
    const hosts = Array.from(
      fetched,
      ([host, bytes]) => `${host} ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    );
    remarks.push(`fetched from ${hosts.join(", ")}`);
  }
  const attempts = [...new Set(runs.flatMap(({ attempts }) => attempts ?? []))];
  remarks.push(...attempts.slice(0, ATTEMPTS_TOLD));
  if (attempts.length > ATTEMPTS_TOLD) {
    remarks.push(`${attempts.length - ATTEMPTS_TOLD} attempts more`);
  }
  if (entry.executedError !== undefined) remarks.push(entry.executedError);
  if (entry.scoresError !== undefined) remarks.push(entry.scoresError);
  const failed = entry.runs.find(({ message }) => message !== undefined);
  if (failed?.message !== undefined) remarks.push(inShort(failed.message));
  return remarks.map(plain);
}

/** What a message says in one line: the error where it quotes a cell before. */
function inShort(message: string): string {
  const lines = message.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.find((line) => /^(Uncaught )?\w*Error\b/.test(line));
  return (error ?? lines[0]?.replace(/:$/, "") ?? "").slice(0, 200);
}
