import { join } from "node:path";
import { type PreparedData, underOriginalIds } from "./blind.ts";
import { DatasetError, type GroundTruthRow } from "../../challenge/dataset.ts";
import { evaluate } from "../../challenge/evaluation.ts";
import { figuresOf } from "../report/ranking.ts";
import { replaceFileSync } from "../../io/replace_file.ts";
import {
  type QueryScores,
  readSimilarities,
  SimilaritiesError,
} from "../../challenge/similarities.ts";
import type { Notebook } from "../../notebook/ipynb.ts";
import type { RunCache } from "./cache.ts";
import { rerunNotebook, type RerunOptions, type RunOutcome } from "./run.ts";
import { SCORES_FILE } from "../template.ts";
import type { Entry } from "../report/entry.ts";

/** What all submissions of a re-run have in common. */
export interface Setting {
  groundTruth: GroundTruthRow[];
  /** The data that the figures come from. */
  data: PreparedData;
  /** The data under its original names, where both are wanted. */
  named?: PreparedData;
  repeat: number;
  /** Where executed notebooks go. */
  notebooksFolder: string;
  run: Omit<RerunOptions, "dataFolder" | "onCell" | "cacheFolder">;
  /** Makes the cache of a run; `release` gives it back. */
  cache(): Promise<RunCache>;
  /** Makes a folder that is removed, whatever happens. */
  scratch(): { folder: string; remove(): void };
  onCell(name: string, cell: number): void;
}

/** Runs a submission and evaluates what it leaves. */
export async function runSubmission(
  name: string,
  path: string,
  entry: Entry,
  setting: Setting,
): Promise<void> {
  let first: Map<string, QueryScores> | undefined;
  for (let k = 0; k < setting.repeat; k++) {
    const { folder: root, remove } = setting.scratch();
    try {
      entry.runs.push(await runIn(root, name, path, setting.data, setting));
      if (k === 0) keepExecuted(root, name, entry, setting);
      if (entry.runs[k].status !== "finished") return;
      if (k === 0) {
        await readFigures(root, entry, setting);
        if (entry.figures === undefined) return;
      }
      if (setting.repeat > 1) {
        const scores = new Map(await Array.fromAsync(readSimilarities(join(root, SCORES_FILE))));
        if (first === undefined) first = scores;
        else {
          const difference = largestDifference(first, scores);
          entry.repeatDifference = Math.max(entry.repeatDifference ?? 0, difference);
        }
      }
    } finally {
      remove();
    }
  }
  if (setting.named !== undefined) await runNamed(name, path, entry, setting, setting.named);
}

async function runNamed(
  name: string,
  path: string,
  entry: Entry,
  setting: Setting,
  named: PreparedData,
): Promise<void> {
  const { folder: root, remove } = setting.scratch();
  try {
    const { status } = await runIn(root, name, path, named, setting);
    if (status !== "finished") return;
    const scores = underOriginalIds(readScores(root), named);
    entry.namedMrr = (await evaluate(scores, setting.groundTruth)).mrr;
  } catch (error) {
    if (!isAboutScores(error)) throw error;
  } finally {
    remove();
  }
}

async function runIn(
  root: string,
  name: string,
  path: string,
  data: PreparedData,
  setting: Setting,
): Promise<RunOutcome> {
  const cache = await setting.cache();
  try {
    return await rerunNotebook(path, root, {
      ...setting.run,
      dataFolder: data.folder,
      cacheFolder: cache.folder,
      onCell: (cell) => setting.onCell(name, cell),
    });
  } finally {
    cache.release();
  }
}

async function readFigures(root: string, entry: Entry, setting: Setting): Promise<void> {
  try {
    const scores = underOriginalIds(readScores(root), setting.data);
    entry.figures = figuresOf(await evaluate(scores, setting.groundTruth));
  } catch (error) {
    if (!isAboutScores(error)) throw error;
    entry.scoresError = error.message;
  }
}

/** The scores that a run left; a link would lead out of its folder. */
function readScores(root: string): ReturnType<typeof readSimilarities> {
  for (const path of [join(root, "output"), join(root, SCORES_FILE)]) {
    let isLink: boolean;
    try {
      isLink = Deno.lstatSync(path).isSymlink;
    } catch {
      throw new SimilaritiesError(`Expected scores in ROOT_PATH/${SCORES_FILE} but found none`);
    }
    if (isLink) throw new SimilaritiesError(`Expected ROOT_PATH/${SCORES_FILE} to be no link`);
  }
  return readSimilarities(join(root, SCORES_FILE));
}

function isAboutScores(error: unknown): error is Error {
  return error instanceof SimilaritiesError || error instanceof DatasetError ||
    error instanceof Deno.errors.NotFound;
}

function keepExecuted(root: string, name: string, entry: Entry, setting: Setting): void {
  const from = join(root, "executed.ipynb");
  try {
    if (!Deno.lstatSync(from).isFile) return;
  } catch {
    // It was ended before it could write what it had run.
    return;
  }
  Deno.mkdirSync(setting.notebooksFolder, { recursive: true });
  const to = join(setting.notebooksFolder, `${name}.ipynb`);
  replaceFileSync(to, (partial) => Deno.copyFileSync(from, partial));
  entry.executed = `notebooks/${name}.ipynb`;
}

function largestDifference(a: Map<string, QueryScores>, b: Map<string, QueryScores>): number {
  let largest = 0;
  for (const [query, row] of a) {
    const other = b.get(query) ?? {};
    for (const [item, score] of Object.entries(row)) {
      const difference = Math.abs(score - (other[item] ?? NaN));
      largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
    }
  }
  return largest;
}

/** The MRR that a notebook's own outputs show; undefined where it was handed in without any. */
export function claimedMrr(notebook: Notebook): number | undefined {
  for (const { outputs } of notebook.cells) {
    for (const output of outputs ?? []) {
      const found = output.output_type === "stream" && output.text.match(/^MRR\s+: ([\d.]+)$/m);
      if (found) return Number(found[1]);
    }
  }
  return undefined;
}
