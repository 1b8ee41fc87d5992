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
