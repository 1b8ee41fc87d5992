import { join } from "node:path";
import { removeTree } from "../../io/remove_tree.ts";
import { BatchError } from "./batch_error.ts";

/** A cache of Deno's for a run. */
export interface RunCache {
  folder: string;
  /** Removes it, where it was made for the run. */
  release(): void;
}

/** What of a cache is packages. Copies, since a run could write through a link. */
const PACKAGES = ["npm", "remote", "registries"];

/**
 * The cache that a run uses.
 *
 * @param kind `shared`: this process's own, which the run may only read; `copy`: one of its own with
 * the packages of that; `empty`: one of its own, filled from the registry with what the package needs.
 * @param packageFolder The package, whose `deno.lock` names what it needs.
 * @param scratch Makes the folder of a cache of its own.
 */
export async function makeCache(
  kind: "shared" | "copy" | "empty",
  packageFolder: string,
  scratch: () => { folder: string; remove(): void },
): Promise<RunCache> {
  const shared = await sharedCache();
  if (kind === "shared") return { folder: shared, release: () => {} };
  const { folder, remove: release } = scratch();
  try {
    if (kind === "copy") {
      for (const part of PACKAGES) copyTree(join(shared, part), join(folder, part));
    } else await fill(folder, packageFolder);
  } catch (error) {
    release();
    throw error;
  }
  return { folder, release };
}

/** Removes from a run's own cache all but packages. */
export function keepPackages(folder: string): void {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (!PACKAGES.includes(name)) removeTree(join(folder, name));
  }
}

let shared: string | undefined;

/** The folder of this process's own cache. */
export async function sharedCache(): Promise<string> {
  if (shared === undefined) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    shared = JSON.parse(new TextDecoder().decode(stdout)).denoDir as string;
  }
  return shared;
}

async function fill(folder: string, packageFolder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "lib/mod.ts", "helpers.ts"],
    cwd: packageFolder,
    env: { DENO_DIR: folder },
    stdout: "null",
  }).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new BatchError(`Expected to fill an empty cache but could not: ${said}`);
  }
}

function copyTree(from: string, to: string): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(from)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory, isSymlink } of entries) {
    const source = join(from, name), target = join(to, name);
    if (isDirectory) copyTree(source, target);
    else if (isSymlink) Deno.symlinkSync(Deno.readLinkSync(source), target);
    else Deno.copyFileSync(source, target);
  }
}
