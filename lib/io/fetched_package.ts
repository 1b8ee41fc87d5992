import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { cacheFolder } from "./cache_folder.ts";
import { QvimError } from "./errors.ts";
import { type HeldFile, holdFile } from "./held_file.ts";
import { pause } from "./pause.ts";
import { removeTree } from "./remove_tree.ts";
import { replaceFileSync } from "./replace_file.ts";

/** Thrown where packages that are fetched when first needed can't be had; the message says why. */
export class PackageError extends QvimError {}

/**
 * Packages that not everybody needs. They are not named in the root `deno.json`, whose packages the
 * very first run of anything fetches, but in a folder with a lock of its own.
 */
export interface FetchedPackages {
  /** What the folder that they are kept in is called. */
  name: string;
  /** What a person is told that is fetched, with its size. */
  title: string;
  /** The folder with `deno.json`, `deno.lock`, `package.json` and programs that use the packages. */
  manifest: string;
}

/** The file of a folder that is there while packages are fetched into it. */
const FETCHING = "fetching.lock";
/** How long whoever waits for them waits before the next look, in milliseconds. */
const WAIT = 200;
/** How long a program does not try again what failed, in milliseconds: each of many sounds would ask. */
const NOT_AGAIN = 60_000;
const failures = new Map<string, { at: number; error: unknown }>();
/** Characters of the hash at the end of a folder's name. */
const HASH = 12;
/** The file of a folder whose time of change says when that was last used. */
const STAMP = "package.json";
/** How exactly that is known, in milliseconds: nothing is written each time. */
const STAMPED_EVERY = 24 * 60 * 60 * 1000;
/** What other versions of this package have not used for so long goes, in milliseconds. */
const KEPT_FOR = 30 * STAMPED_EVERY;

/**
 * Loads packages, which are fetched when they are first asked for. With each new version what earlier
 * ones have left goes, where nothing has used it for a month.
 *
 * @param load Loads what is wanted, by a `require` that finds the packages, or from their folder; it
 * throws where they are not there.
 * @throws {PackageError} Where they can't be fetched, or do not run on this machine.
 */
export function loadPackages<T>(
  packages: FetchedPackages,
  load: (found: { require: NodeJS.Require; folder: string }) => T,
): T {
  const folder = installFolder(packages);
  const attempt = () => {
    return load({ require: createRequire(join(folder, "package.json")), folder });
  };
  // What is being fetched, or was when somebody stopped it, may be there in part.
  if (!existsSync(join(folder, FETCHING))) {
    try {
      const loaded = attempt();
      stamp(folder);
      return loaded;
    } catch {
      // They are not there: fetch them, once.
    }
  }
  const failed = failures.get(folder);
  if (failed !== undefined && Date.now() - failed.at < NOT_AGAIN) throw failed.error;
  const { wasLeft, release } = enter(folder, packages);
  try {
    // Somebody else may have fetched them meanwhile.
    if (wasLeft || !succeeds(attempt)) install(packages, folder);
  } catch (error) {
    failures.set(folder, { at: Date.now(), error });
    throw error;
  } finally {
    release();
  }
  removeUnused(folder);
  try {
    return attempt();
  } catch (error) {
    throw new PackageError(
      `Expected ${packages.title} to run on ${Deno.build.target} but found that it does not: ` +
        (error as Error).message.split("\n")[0],
    );
  }
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Makes the folder for packages, and keeps others from it; see {@linkcode waitFor}. */
function enter(folder: string, { title }: FetchedPackages): HeldFile {
  try {
    Deno.mkdirSync(folder, { recursive: true });
    return waitFor(join(folder, FETCHING));
  } catch (error) {
    throw new PackageError(
      `Expected to keep ${title} in ${folder} but found: ${(error as Error).message}; ` +
        "XDG_CACHE_HOME in the environment names another folder for caches",
    );
  }
}

/**
 * Waits until nobody else fetches into a folder, and keeps others from it.
 *
 * @returns What lets others go on; it was left where somebody was stopped while fetching.
 */
function waitFor(path: string): HeldFile {
  while (true) {
    const held = holdFile(path, `process ${Deno.pid} fetches packages\n`);
    if (held !== undefined) return held;
    pause(WAIT);
  }
}

/**
 * Where packages are kept: in the user's folder for caches, not in this package, which is copied for
 * each re-run; under a name of its own for each lock.
 */
function installFolder({ name, manifest }: FetchedPackages): string {
  const lock = createHash("sha256");
  for (const file of manifestFiles(manifest)) lock.update(Deno.readFileSync(join(manifest, file)));
  return join(cacheFolder(), `${name}-${lock.digest("hex").slice(0, HASH)}`);
}

function manifestFiles(manifest: string): string[] {
  return [...Deno.readDirSync(manifest)].filter(({ isFile }) => isFile).map(({ name }) => name)
    .sort();
}

function install({ title, manifest }: FetchedPackages, folder: string): void {
  console.error(`Fetching ${title}, this once …`);
  for (const name of manifestFiles(manifest)) {
    replaceFileSync(join(folder, name), Deno.readFileSync(join(manifest, name)));
  }
  const { success, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen"],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (success) return;
  // Half of them could pass for all.
  removeTree(join(folder, "node_modules"));
  const why = reasonOf(new TextDecoder().decode(stderr));
  throw new PackageError(
    `Expected to fetch ${title} from the npm registry into ${folder} but found: ${why}; ` +
      "they are fetched when they are next needed",
  );
}

/** What failed and why, of the lines that Deno says it in: the first one, and the last cause. */
function reasonOf(text: string): string {
  const lines = text.split("Stack backtrace:")[0].trim().split("\n").map((line) => line.trim());
  const [first, last] = [lines[0].replace(/^error: /, ""), lines.at(-1)!.replace(/^\d+: /, "")];
  return lines.length === 1 ? first : `${first}: ${last}`;
}

/** When a folder was last used; now where that can't be told. */
function lastUsed(folder: string): number {
  for (const path of [join(folder, STAMP), folder]) {
    try {
      return Deno.statSync(path).mtime?.getTime() ?? Date.now();
    } catch {
      // Half a folder has no stamp.
    }
  }
  return Date.now();
}

/** Notes that a folder is in use. */
function stamp(folder: string): void {
  if (Date.now() - lastUsed(folder) < STAMPED_EVERY) return;
  try {
    Deno.utimeSync(join(folder, STAMP), new Date(), new Date());
  } catch {
    // It may be somebody else's, or lie on a disk that can't be written to.
  }
}

/** Removes the folders of the same packages in other versions that have not been used for long. */
function removeUnused(folder: string): void {
  const base = dirname(folder), own = basename(folder);
  const prefix = own.slice(0, -HASH);
  for (const { name, isDirectory } of Deno.readDirSync(base)) {
    const isOther = isDirectory && name !== own && name.startsWith(prefix) &&
      /^[0-9a-f]+(\.gone)?$/.test(name.slice(prefix.length));
    if (!isOther || Date.now() - lastUsed(join(base, name)) < KEPT_FOR) continue;
    try {
      // Under another name first: half a folder would pass for a whole one.
      const gone = join(base, name.endsWith(".gone") ? name : `${name}.gone`);
      Deno.renameSync(join(base, name), gone);
      removeTree(gone);
    } catch {
      // Another program is at it, or it is somebody else's.
    }
  }
}
