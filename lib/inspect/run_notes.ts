/** What the fixed cells of a notebook say beside their results: what these stand on. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { GROUND_TRUTH_FILE, type GroundTruthRow } from "../challenge/ground_truth.ts";
import { someOf } from "../io/counted.ts";
import { missingSounds } from "../challenge/missing_sounds.ts";
import { clearOutput } from "../ui/jupyter.ts";
import { type RunFiles, type RunState, someFailed } from "./run_state.ts";

/** The built-in data set, which is made by a program and no measure of anything. */
const BUILT_IN = fileURLToPath(new URL("../../data/qvim-mini", import.meta.url));

export function tellDataSet(path: string): void {
  const isBuiltIn = resolve(path) === BUILT_IN;
  console.log(
    `Data set: ${path}${isBuiltIn ? ", the small one that is built in: made by a program" : ""}`,
  );
}

/** Tells what a data set has none of, and where it was looked for: the fixed cell names no place. */
export function tellEmpty(path: string, { items, queries }: RunFiles): void {
  const missing = [["Items", items], ["Queries", queries]] as const;
  const empty = missing.filter(([, files]) => Object.keys(files).length === 0);
  if (empty.length === 2) {
    console.log(
      `There are no sounds in ${resolve(path)}; paths are relative to the notebook's folder`,
    );
  } else if (empty.length === 1) {
    const [[folder]] = empty;
    console.log(`There are no .wav files in ${resolve(path, folder)}, or below it`);
  }
}

/** Tells of sounds that the ground truth names and the data set has no file of, if there are any. */
export function tellMissing(groundTruth: GroundTruthRow[], files: RunFiles): void {
  const absent = missingSounds(groundTruth, {
    items: Object.keys(files.items),
    queries: Object.keys(files.queries),
  });
  for (const [folder, missing] of Object.entries(absent)) {
    if (missing.length === 0) continue;
    console.log(
      `${GROUND_TRUTH_FILE} names ${folder} that there are no .wav files of: ${someOf(missing)}`,
    );
  }
}

/** Tells of cells that have run in between, if there are any. */
export function tellOfOthers(since: string, cells: number, meaning: string): void {
  if (cells === 0) return;
  const have = cells === 1 ? "another cell has" : `${cells} other cells have`;
  console.log(`${since}, ${have} run: ${meaning}`);
}

/**
 * Takes figures back that have just been shown, where the cell before theirs turns out to have failed;
 * in a notebook that is not made of the template, only says so.
 */
export function retract({ checksSteps }: RunState): void {
  if (checksSteps) {
    clearOutput();
    console.error(`${someFailed()}`);
  } else {
    console.log("A cell has failed since this run began: the figures are of what the others made");
  }
}
