/** What a batch runs with: data, package, Deno; and what tells whether it was changed. */
import { join, resolve } from "node:path";
import { DatasetError, type GroundTruthRow, readGroundTruth } from "../../challenge/dataset.ts";
import { hashFile } from "../../io/hash.ts";
import { PACKAGE_FOLDER } from "../template.ts";
import { sharedCache } from "./cache.ts";
import { digestOf, tracesOf } from "./digest.ts";

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
 * @throws {DatasetError} Where there is none, or its answers can't be read.
 */
export async function readData(path: string): Promise<Data> {
  const folder = resolve(path);
  let groundTruth: GroundTruthRow[] | undefined;
  try {
    groundTruth = readGroundTruth(folder);
  } catch (error) {
    // A set for listening tests has no answers; one that can't be read is an error.
    if (!(error instanceof DatasetError) || !/found no file/.test(error.message)) throw error;
    if (!isFolder(folder)) {
      throw new DatasetError(`Expected a data set but found none at ${folder}`);
    }
  }
  return { path: folder, digest: await digestOf(folder), groundTruth };
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
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

/**
 * What a batch uses, to tell whether it was changed while it ran. Packages in the cache are looked at
 * by size and time: they are many, and another program may add some meanwhile.
 */
export async function tracesOfUsed(data: string[], sandbox: boolean): Promise<Map<string, string>> {
  const own = PARTS.map((part) => join(PACKAGE_FOLDER, part));
  const all = new Map<string, string>();
  for (const path of [...own, Deno.execPath(), ...data]) {
    for (const [file, trace] of await tracesOf(path, true)) all.set(file, trace);
  }
  if (!sandbox) return all;
  for (const part of ["npm", "remote"]) {
    for (const [file, trace] of await tracesOf(join(await sharedCache(), part), false)) {
      all.set(file, trace);
    }
  }
  return all;
}

/** The hash of a notebook's file; a pipe or a device could be read for ever, and has none. */
export async function hashOfNotebook(path: string): Promise<string> {
  try {
    return Deno.statSync(path).isFile ? await hashFile(path) : "unreadable";
  } catch {
    return "unreadable";
  }
}
