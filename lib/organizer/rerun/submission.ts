import { basename, join } from "node:path";
import { type PreparedData, tellingSound, underOriginalIds } from "./blind.ts";
import { DatasetError } from "../../challenge/dataset.ts";
import type { GroundTruthRow } from "../../challenge/ground_truth.ts";
import { evaluate } from "../../challenge/evaluation.ts";
import { figuresOf } from "../report/ranking.ts";
import { shortened } from "../../io/plain.ts";
import { hashFile } from "../../io/hash.ts";
import { replaceFileSync } from "../../io/replace_file.ts";
import {
  type QueryScores,
  readSimilarities,
  SimilaritiesError,
} from "../../challenge/similarities.ts";
import { KeepError } from "./batch_error.ts";
import { copyOut, HandedOutError, readWithin } from "./handed_out.ts";
import { EXECUTED, rerunNotebook, type RerunOptions, type RunOutcome } from "./run.ts";
import { SCORES_FILE } from "../template.ts";
import type { Entry } from "../report/entry.ts";
import type { Host, World } from "./world.ts";

/** The largest executed notebook that is kept. */
const MAX_EXECUTED = 2 ** 26;

/** What all submissions of a re-run have in common. */
export interface Setting {
  /** The answers; undefined where the data set has none. */
  groundTruth?: GroundTruthRow[];
  /** The data that the figures come from. */
  data: PreparedData;
  /** The data under its original names, where both are wanted. */
  named?: PreparedData;
  repeat: number;
  /** Where executed notebooks go. */
  notebooksFolder: string;
  /** Where the scores are kept. */
  scoresFolder: string;
  /** How long scores may be read and evaluated, in seconds; as long as any of their size can need unless given. */
  secondsToRead?: number;
  run: Omit<RerunOptions, "dataFolder" | "onCell">;
  /** Makes the world of a run, which is removed, whatever happens. */
  world(): Promise<World>;
  /** Makes a folder that is removed, whatever happens. */
  scratch(): Host;
  onCell(name: string, cell: number): void;
}

/** Runs a submission and evaluates what it leaves. */
export async function runSubmission(
  name: string,
  path: string,
  entry: Entry,
  setting: Setting,
): Promise<void> {
  removeKept(name, setting);
  let first: Map<string, QueryScores> | undefined;
  for (let k = 0; k < setting.repeat; k++) {
    const world = await setting.world();
    try {
      entry.runs.push(await runIn(world, name, path, entry, setting.data, setting));
      if (k === 0) keepExecuted(world, name, entry, setting);
      if (entry.runs[k].status !== "finished") return;
      if (k === 0) {
        await readFigures(world, name, entry, setting);
        if (entry.scoresError !== undefined) return;
      }
      if (setting.repeat > 1) {
        const scores = await again(world, entry, setting);
        if (scores === undefined) return;
        if (first === undefined) first = scores;
        else {
          const difference = largestDifference(first, scores);
          entry.repeatDifference = Math.max(entry.repeatDifference ?? 0, difference);
        }
      }
    } finally {
      world.remove();
    }
  }
  if (setting.named !== undefined) await runNamed(name, path, entry, setting, setting.named);
}

/** What an earlier run has left is not to be taken for what this one comes to. */
function removeKept(name: string, { notebooksFolder, scoresFolder }: Setting): void {
  const kept = [
    join(notebooksFolder, `${name}.ipynb`),
    ...["json", "top10.csv"].map((ending) => join(scoresFolder, `${name}.${ending}`)),
  ];
  for (const path of kept) {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw new KeepError((error as Error).message);
    }
  }
}

/** The scores of one of several runs; what is wrong with them costs the entry its place. */
async function again(
  world: World,
  entry: Entry,
  setting: Setting,
): Promise<Map<string, QueryScores> | undefined> {
  const { folder, remove } = setting.scratch();
  try {
    const scores = readScores(world, setting.data, join(folder, "scores.json"), setting);
    return new Map(await Array.fromAsync(scores));
  } catch (error) {
    if (!isAboutScores(error)) throw error;
    entry.scoresError = shortened(`run ${entry.runs.length}: ${error.message}`);
    return undefined;
  } finally {
    remove();
  }
}

async function runNamed(
  name: string,
  path: string,
  entry: Entry,
  setting: Setting,
  named: PreparedData,
): Promise<void> {
  const { folder, remove } = setting.scratch();
  const world = await setting.world();
  try {
    const { status } = await runIn(world, name, path, entry, named, setting);
    if (status !== "finished") return;
    if (setting.groundTruth === undefined) return;
    const scores = readScores(world, named, join(folder, "scores.json"), setting);
    entry.namedMrr = (await evaluate(scores, setting.groundTruth)).mrr;
  } catch (error) {
    if (!isAboutScores(error)) throw error;
  } finally {
    world.remove();
    remove();
  }
}

async function runIn(
  world: World,
  name: string,
  path: string,
  { notebookHash }: Entry,
  data: PreparedData,
  setting: Setting,
): Promise<RunOutcome> {
  const outcome = await rerunNotebook(path, world, {
    ...setting.run,
    notebookHash,
    dataFolder: data.folder,
    onCell: (cell) => setting.onCell(name, cell),
  });
  if (outcome.message === undefined) return outcome;
  return { ...outcome, message: tellingSound(outcome.message, data) };
}

/** Evaluates the scores that a run left; what is wrong with them costs the entry its figures. */
export async function readFigures(
  world: Pick<World, "part">,
  name: string,
  entry: Entry,
  setting: Omit<Setting, "run" | "world" | "scratch" | "onCell">,
): Promise<void> {
  try {
    const kept = join(setting.scoresFolder, `${name}.json`);
    const scores = readScores(world, setting.data, kept, setting);
    entry.scoresHash = await hashFile(kept);
    if (setting.groundTruth === undefined) await keepBest(scores, name, entry, setting);
    else entry.figures = figuresOf(await evaluate(scores, setting.groundTruth));
  } catch (error) {
    if (!isAboutScores(error)) throw error;
    entry.scoresError = shortened(error.message);
  }
}

/**
 * The scores that a run left, under the names of the original; copied out of its world first.
 *
 * @param keep Where the copy goes.
 */
function readScores(
  world: Pick<World, "part">,
  data: PreparedData,
  keep: string,
  { secondsToRead }: Pick<Setting, "secondsToRead">,
): ReturnType<typeof underOriginalIds> {
  const most = mostScoreBytes(data);
  copyOut(world.part("root"), SCORES_FILE.replaceAll("\\", "/"), keep, most);
  const seconds = secondsToRead ?? LEAST_SECONDS + Math.ceil(most / SLOWEST);
  return underOriginalIds(readWithin(readSimilarities(keep), seconds), data);
}

/** Seconds that any scores may be read, and bytes a second that a busy machine reads at least. */
const LEAST_SECONDS = 60, SLOWEST = 2 ** 20;

/** Digits, quotes and spaces around a score, with a name. */
const SCORE_BYTES = 64;

/** How large the scores of all pairs can be, twice over. */
function mostScoreBytes({ items, queries }: PreparedData): number {
  const ids = [...items.keys(), ...queries.keys()];
  const longest = ids.reduce((most, id) => Math.max(most, id.length), 1);
  // Each character may be written as `\\u` and four digits.
  return 2 ** 20 + 2 * (items.size + 1) * queries.size * (6 * longest + SCORE_BYTES);
}

function isAboutScores(error: unknown): error is Error {
  return error instanceof SimilaritiesError || error instanceof DatasetError ||
    error instanceof HandedOutError || error instanceof Deno.errors.NotFound;
}

function keepExecuted(world: World, name: string, entry: Entry, setting: Setting): void {
  Deno.mkdirSync(setting.notebooksFolder, { recursive: true });
  const to = join(setting.notebooksFolder, `${name}.ipynb`);
  try {
    replaceFileSync(to, (partial) => copyOut(world.part("root"), EXECUTED, partial, MAX_EXECUTED));
  } catch (error) {
    if (!(error instanceof HandedOutError)) throw error;
    // A run that was ended had no time to write it.
    const isDue = entry.runs[0].status === "finished" || !error.message.endsWith("found none");
    if (isDue) entry.executedError = error.message;
    return;
  }
  entry.executed = `${basename(setting.notebooksFolder)}/${name}.ipynb`;
}

/** Items that are kept of each query for listening tests, where there are no answers. */
const BEST = 10;

async function keepBest(
  scores: AsyncIterable<[query: string, row: QueryScores]>,
  name: string,
  entry: Entry,
  setting: Pick<Setting, "scoresFolder">,
): Promise<void> {
  const lines = ["query,rank,item,score"];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  for await (const [query, row] of scores) {
    const best = Object.entries(row).sort(([, a], [, b]) => b - a).slice(0, BEST);
    best.forEach(([item, score], i) =>
      lines.push(`${quoted(query)},${i + 1},${quoted(item)},${score}`)
    );
  }
  const path = join(setting.scoresFolder, `${name}.top10.csv`);
  replaceFileSync(path, lines.join("\n") + "\n");
  entry.best = `${basename(setting.scoresFolder)}/${name}.top10.csv`;
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
