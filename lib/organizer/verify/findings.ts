/** What a submission must keep to. */
export type Rule =
  | "cells"
  | "fixed-cell"
  | "todo-line"
  | "syntax"
  | "working-directory"
  | "processes"
  | "network"
  | "paths"
  | "output-folder"
  | "ground-truth"
  | "patching"
  | "eval"
  | "names-of-files"
  | "unclear"
  | "types"
  | "file-name"
  | "too-many";

/**
 * What came of a notebook: nothing was found and everything was understood, a person should look, or
 * a rule is broken.
 */
export type Verdict = "clean" | "look" | "breaks a rule";

/** What verification says of a notebook. */
export interface Verification {
  findings: Finding[];
  /** What it reaches: functions of the runtime, packages and modules, in the order of the alphabet. */
  powers: string[];
  /** The MRR that it says it reached, where it was handed in with outputs. */
  claimedMrr?: number;
}

/** The verdict that findings come to. */
export function verdictOf(findings: Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === "violation")) return "breaks a rule";
  return findings.length > 0 ? "look" : "clean";
}

/** Something that a check found in a notebook. */
export interface Finding {
  rule: Rule;
  /** A warning asks a person to look; a violation breaks a rule of the template. */
  severity: "violation" | "warning";
  /** The number of the cell, from 1, all cells counted. */
  cell?: number;
  /** The line in the cell, or in the file, from 1. */
  line?: number;
  /** A local module that the cell imports, where the line is in it. */
  file?: string;
  message: string;
  /** What differs, line by line. */
  diff?: string;
}

/** Findings that are told of a notebook; nobody reads more, and a hostile one could have millions. */
const MOST = 200;

/** The first findings, those that break a rule before the others where there are too many. */
export function mostOf(findings: Finding[]): Finding[] {
  if (findings.length <= MOST) return findings;
  const of = (wanted: Finding["severity"]) =>
    findings.filter(({ severity }) => severity === wanted);
  const rest = findings.length - MOST;
  return [
    ...[...of("violation").slice(0, MOST), ...of("warning").slice(0, MOST)].slice(0, MOST),
    { rule: "unclear", severity: "warning", message: `and ${rest} findings more` },
  ];
}
