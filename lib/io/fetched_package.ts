import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { QvimError } from "./errors.ts";
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

/**
 * Loads packages, which are fetched when they are first asked for.
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
  try {
    return attempt();
  } catch {
    // They are not there, or only in part: fetch them, once.
  }
  install(packages, folder);
  try {
    return attempt();
  } catch (error) {
    throw new PackageError(
      `Expected ${packages.title} to run on ${Deno.build.target} but found that it does not: ` +
        (error as Error).message.split("\n")[0],
    );
  }
}

/**
 * Where packages are kept: in the user's folder for caches, not in this package, which is copied for
 * each re-run; under a name of its own for each lock.
 */
function installFolder({ name, manifest }: FetchedPackages): string {
  const lock = createHash("sha256");
  for (const file of manifestFiles(manifest)) lock.update(Deno.readFileSync(join(manifest, file)));
  const base = Deno.env.get("XDG_CACHE_HOME") ?? {
    darwin: join(homedir(), "Library", "Caches"),
    windows: Deno.env.get("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"),
  }[Deno.build.os as string] ?? join(homedir(), ".cache");
  return join(base, "qvim", `${name}-${lock.digest("hex").slice(0, 12)}`);
}

function manifestFiles(manifest: string): string[] {
  return [...Deno.readDirSync(manifest)].filter(({ isFile }) => isFile).map(({ name }) => name)
    .sort();
}

function install({ title, manifest }: FetchedPackages, folder: string): void {
  console.error(`Fetching ${title}, this once …`);
  Deno.mkdirSync(folder, { recursive: true });
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
  const why = new TextDecoder().decode(stderr).trim();
  throw new PackageError(`Expected to fetch ${title} into ${folder} but found: ${why}`);
}
