import type { SystemFigures } from "./ranking.ts";
import type { RunOutcome } from "../rerun/run.ts";
import type { Finding } from "../verify/findings.ts";

/** What is known of a submission after it was verified and run. */
export interface Entry {
  /** The notebook's name without its ending. */
  name: string;
  /** SHA-256 of the notebook, and of the options that its figures depend on. */
  key: string;
  findings: Finding[];
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
}

/** All that `deno task rerun` finds out; `report.json`. */
export interface Report {
  data: string;
  isBlind: boolean;
  sandbox: boolean;
  network: string;
  entries: Entry[];
}

/** What came of an entry, in a few words. */
export function outcomeOf(entry: Entry): string {
  const failed = entry.runs.find(({ status }) => status !== "finished");
  if (failed !== undefined) {
    const place = failed.cell === undefined || failed.cell === 0 ? "" : ` in cell ${failed.cell}`;
    return `${failed.status}${place}`;
  }
  if (entry.scoresError !== undefined) return "no valid scores";
  return "finished";
}

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
  if (entry.scoresError !== undefined) remarks.push(entry.scoresError);
  const failed = entry.runs.find(({ message }) => message !== undefined);
  if (failed?.message !== undefined) remarks.push(inShort(failed.message));
  return remarks;
}

/** What a message says in one line: the error where it quotes a cell before. */
function inShort(message: string): string {
  const lines = message.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.find((line) => /^(Uncaught )?\w*Error\b/.test(line));
  return (error ?? lines[0]?.replace(/:$/, "") ?? "").slice(0, 200);
}
