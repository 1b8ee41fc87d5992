/** What a batch runs with: data, package, Deno; and what tells whether it was changed. */
import { basename, join, resolve } from "node:path";
import { DatasetError, listItems, listQueries } from "../../challenge/dataset.ts";
import {
  GROUND_TRUTH_FILE,
  type GroundTruthRow,
  readGroundTruth,
} from "../../challenge/ground_truth.ts";
import { missingSounds } from "../../challenge/missing_sounds.ts";
import { hashFile } from "../../io/hash.ts";
import { someOf } from "../../io/counted.ts";
import { isFolder } from "../../io/is_folder.ts";
import { PACKAGE_FOLDER } from "../template.ts";
import { sharedCache } from "./cache.ts";
import { digestOf, type Trace, tracesOf } from "./digest.ts";
import { lockedPackages } from "./locked_packages.ts";

/** A data set as the runs get it. */
export interface Data {
  path: string;
  digest: string;
  groundTruth?: GroundTruthRow[];
}

/** The parts of the package that a run is done with. */
const PARTS = ["deno.json", "deno.lock", "helpers.ts", "lib"];

/**
 * Looks at a data set.
 *
 * @throws {DatasetError} Where there is none, sounds are missing, or its answers can't be read.
 */
export async function readData(path: string): Promise<Data> {
  const folder = resolve(path);
  if (!isFolder(folder)) {
    throw new DatasetError(`Expected a data set but found no folder at ${folder}`);
  }
  let groundTruth: GroundTruthRow[] | undefined;
  try {
    groundTruth = readGroundTruth(folder);
  } catch (error) {
    // A set for listening tests has no answers; one that can't be read is an error.
    if (!(error instanceof DatasetError) || !/found no file/.test(error.message)) throw error;
  }
  checkSounds(folder, groundTruth);
  return { path: folder, digest: await digestOf(folder), groundTruth };
}

/** What a data set lacks, every submission would be blamed for. */
function checkSounds(folder: string, groundTruth: GroundTruthRow[] | undefined): void {
  const items = listItems(folder).map(({ id }) => id);
  const queries = listQueries(folder).map(({ id }) => id);
  for (const [name, ids] of [["Items", items], ["Queries", queries]] as const) {
    if (ids.length > 0) continue;
    throw new DatasetError(
      `Expected .wav files in ${join(folder, name)}, or below it, but found none`,
    );
  }
  const missing = missingSounds(groundTruth ?? [], { items, queries });
  const absent = [...missing.items, ...missing.queries];
  if (absent.length === 0) return;
  throw new DatasetError(
    `Expected a .wav file of each sound that ${GROUND_TRUTH_FILE} names in ${folder} but found ` +
      `none of ${someOf(absent)}`,
  );
}

/** A digest of the package's parts. */
export async function packageDigestOf(): Promise<string> {
  const digests = await Promise.all(PARTS.map((part) => digestOf(join(PACKAGE_FOLDER, part))));
  return digests.map((digest) => digest.slice(0, 16)).join("-");
}

/** The package's version. */
export async function packageVersion(): Promise<string> {
  return JSON.parse(await Deno.readTextFile(join(PACKAGE_FOLDER, "deno.json"))).version;
}

/** Marks that Deno itself leaves in its cache while programs run, and what it knows of further versions. */
const OWN_MARKS = /^(\.scripts-.*|\.initialized|registry\.json)$/;

/**
 * What a batch uses, to tell whether it was changed while it ran: each file's size, mode and content;
 * of packages that the project itself does not name, size and time.
 *
 * @param known What was found before.
 */
export async function tracesOfUsed(
  data: string[],
  sandbox: boolean,
  known?: ReadonlyMap<string, Trace>,
): Promise<Map<string, Trace>> {
  const all = new Map<string, Trace>();
  const add = async (path: string, byContent: boolean) => {
    for (const [file, trace] of await tracesOf(path, byContent, known)) {
      if (!all.has(file)) all.set(file, trace);
    }
  };
  const own = PARTS.map((part) => join(PACKAGE_FOLDER, part));
  for (const path of [...own, Deno.execPath(), ...data]) await add(path, true);
  // Without a sandbox a run uses the cache as any program does, and may add to it.
  if (!sandbox) return all;
  const cache = await sharedCache();
  const isMark = (path: string) => path.startsWith(cache) && OWN_MARKS.test(basename(path));
  for (const path of lockedPackages(join(PACKAGE_FOLDER, "deno.lock"), cache)) {
    await add(join(cache, path), true);
  }
  for (const part of ["npm", "remote"]) await add(join(cache, part), false);
  return new Map([...all].filter(([path]) => !isMark(path)));
}

/**
 * What is no longer as it was. Another program may add packages to the cache meanwhile, but nothing to
 * those that this one uses.
 */
export async function changedSince(
  before: Map<string, Trace>,
  data: string[],
  sandbox: boolean,
): Promise<string[]> {
  const after = await tracesOfUsed(data, sandbox, before);
  const cache = await sharedCache();
  const locked = lockedPackages(join(PACKAGE_FOLDER, "deno.lock"), cache)
    .map((path) => join(cache, path) + "/");
  const mayBeNew = (path: string) =>
    path.startsWith(cache) && !locked.some((folder) => path.startsWith(folder));
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) =>
    before.get(path)?.text !== after.get(path)?.text && (before.has(path) || !mayBeNew(path))
  );
}

/** The hash of a notebook's file; what can't be read, such as a pipe, has none. */
export async function hashOfNotebook(path: string): Promise<string> {
  try {
    return await hashFile(path);
  } catch {
    return "unreadable";
  }
}
