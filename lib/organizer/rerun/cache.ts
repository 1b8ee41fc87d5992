import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "../../io/remove_tree.ts";
import { BatchError } from "./batch_error.ts";
import type { World } from "./world.ts";

/** What of a cache is packages. */
export const PACKAGES = ["npm", "remote", "registries"];

/**
 * Fills the cache of a run's own.
 *
 * @param isCold Whether it begins empty, and is filled from the registry with what the package needs;
 * else it begins with the packages of this process's own.
 * @param packageFolder The package, whose `deno.lock` names what it needs.
 */
export async function fillCache(
  world: World,
  isCold: boolean,
  packageFolder: string,
): Promise<void> {
  const folder = world.part("cache");
  if (isCold) return await fetchPackages(folder, packageFolder);
  const shared = await sharedCache();
  for (const part of PACKAGES) {
    const from = join(shared, part);
    if (!existsSync(from) || await world.overlay(from, part)) continue;
    // No links: a run could write through them.
    copyTree(from, join(folder, part));
  }
}

/** Removes from a run's own cache all but packages. */
export function keepPackages(folder: string): void {
  for (const { name } of [...Deno.readDirSync(folder)]) {
    if (!PACKAGES.includes(name)) removeTree(join(folder, name));
  }
}

/**
 * Removes what Deno has transpiled of modules below a folder from this process's own cache, which a run
 * without a sandbox fills: nobody comes back to a folder that is gone.
 */
export async function forgetModules(folder: string): Promise<void> {
  const generated = join(await sharedCache(), "gen", "file");
  for (const path of new Set([folder, Deno.realPathSync(folder)])) {
    removeTree(join(generated, path.replace(":", "")));
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

async function fetchPackages(folder: string, packageFolder: string): Promise<void> {
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
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(from)) {
    const source = join(from, name), target = join(to, name);
    if (isDirectory) copyTree(source, target);
    else if (isSymlink) Deno.symlinkSync(Deno.readLinkSync(source), target);
    else Deno.copyFileSync(source, target);
  }
}
