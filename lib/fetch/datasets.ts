import { QvimError } from "../io/errors.ts";
import { join } from "node:path";
import { listItems, listQueries } from "../challenge/dataset.ts";
import { readGroundTruth } from "../challenge/ground_truth.ts";
import { missingSounds } from "../challenge/missing_sounds.ts";
import { download } from "./download.ts";
import type { DownloadOptions } from "./download_job.ts";
import { DownloadError } from "./http.ts";
import { unpack, type UnpackOptions } from "./unpack.ts";

/** The organizers' data sets. */
export type DatasetName = "qvim-dev" | "vimsketch";

/** Thrown where a data set that was unpacked is not laid out as it should be. */
export class LayoutError extends QvimError {}

interface Source {
  url: string;
  /** A file of the set by which its folder is found inside the archive. */
  landmark: string;
  /** What is in the set, in words; throws {@linkcode LayoutError} where something is missing. */
  check(folder: string): string;
}

const SOURCES: Record<DatasetName, Source> = {
  "qvim-dev": {
    url: "https://cloud.cp.jku.at/index.php/s/R2tJQnPmxp6RSSz/download/qvim-dev.zip",
    landmark: "DEV Dataset.csv",
    check: checkChallengeLayout,
  },
  vimsketch: {
    url: "https://zenodo.org/records/2596911/files/Vim_Sketch_Dataset.zip?download=1",
    landmark: "vocal_imitation_file_names.csv",
    check: checkVimSketchLayout,
  },
};

/** The names that {@linkcode fetchDataset} takes. */
export const DATASET_NAMES = Object.keys(SOURCES) as DatasetName[];

/**
 * Downloads one of the organizers' data sets, unpacks it and checks its layout. A set that is there
 * already is only checked.
 *
 * @param name Which one.
 * @param dataFolder The folder of the data sets; it goes to a folder of its name in there.
 * @returns What is in the set, in words.
 * @throws {DownloadError} Where the network does not reach it.
 * @throws {LayoutError} Where something is missing in it.
 */
export async function fetchDataset(
  name: DatasetName,
  dataFolder: string,
  options: DownloadOptions & UnpackOptions = {},
): Promise<string> {
  const source: Source | undefined = SOURCES[name];
  if (source === undefined) {
    throw new TypeError(
      `Expected a data set's name, ${DATASET_NAMES.join(" or ")}, but found ${Deno.inspect(name)}`,
    );
  }
  const folder = join(dataFolder, name);
  if (!await exists(folder)) {
    const archive = join(dataFolder, `${name}.zip`);
    const staging = join(dataFolder, `.${name}`);
    try {
      await download(() => Promise.resolve(new URL(source.url)), archive, options);
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      throw new DownloadError(
        `Expected to fetch the data set ${name} but the network does not bring it here; where ` +
          `it does, put ${source.url} to ${archive} and call this again. ${error.message}`,
      );
    }
    await Deno.remove(staging, { recursive: true }).catch(() => {});
    try {
      await unpack(archive, staging, options);
      const found = await findFolder(staging, source.landmark);
      if (found === undefined) {
        throw new LayoutError(`Expected "${source.landmark}" in ${archive} but found none`);
      }
      source.check(found);
      await Deno.rename(found, folder);
    } finally {
      await Deno.remove(staging, { recursive: true }).catch(() => {});
    }
    await Deno.remove(archive);
  }
  return `${folder}: ${source.check(folder)}`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** The highest folder with a file of that name: archives like to wrap what they hold. */
async function findFolder(folder: string, name: string): Promise<string | undefined> {
  const deeper: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name === name) return folder;
    // macOS leaves a shadow of every file there.
    if (entry.isDirectory && entry.name !== "__MACOSX") deeper.push(join(folder, entry.name));
  }
  for (const path of deeper.sort()) {
    const found = await findFolder(path, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkChallengeLayout(folder: string): string {
  const rows = readGroundTruth(folder);
  const items = listItems(folder), queries = listQueries(folder);
  const missing = missingSounds(rows, {
    items: items.map(({ id }) => id),
    queries: queries.map(({ id }) => id),
  });
  const absent = [...missing.items, ...missing.queries];
  if (absent.length > 0 || rows.length === 0) {
    throw new LayoutError(
      `Expected all files that the ground truth of ${folder} names but found ${items.length} ` +
        `items, ${queries.length} queries and ${rows.length} rows; missing: ` +
        (absent.slice(0, 5).join(", ") || "all"),
    );
  }
  return `${items.length} items, ${queries.length} queries, ${rows.length} rows of ground truth`;
}

/** VimSketch lists its recordings and imitations in two files of one name a line. */
function checkVimSketchLayout(folder: string): string {
  const counts = [
    ["references", "reference_file_names.csv"],
    ["vocal_imitations", "vocal_imitation_file_names.csv"],
  ].map(([sounds, list]) => {
    let names: string[];
    try {
      names = Deno.readTextFileSync(join(folder, list)).split(/\r?\n/).filter((line) =>
        line !== ""
      );
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new LayoutError(`Expected ${list} in ${folder} but found none`);
    }
    const there = new Set([...Deno.readDirSync(join(folder, sounds))].map(({ name }) => name));
    const absent = names.filter((name) => !there.has(name));
    if (absent.length > 0 || names.length === 0) {
      throw new LayoutError(
        `Expected the ${names.length} files of ${list} in ${join(folder, sounds)} but ` +
          `${absent.length} are missing: ${absent.slice(0, 5).join(", ")}`,
      );
    }
    return names.length;
  });
  return `${counts[0]} references, ${counts[1]} vocal imitations`;
}
