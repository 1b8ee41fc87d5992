import { join } from "node:path";
import { isFolder } from "../../io/is_folder.ts";

/**
 * The folders of packages that the package's lock names, below a cache of Deno's: what the runner
 * itself is made of. A run sees them read-only, also in a cache of its own, so that what a set-up cell
 * does to it can't become a part of the runner.
 *
 * @param lockFile The package's `deno.lock`.
 * @param cacheFolder The cache.
 * @returns Paths relative to the cache, of those that are there.
 */
export function lockedPackages(lockFile: string, cacheFolder: string): string[] {
  const { npm = {} } = JSON.parse(Deno.readTextFileSync(lockFile));
  const folders: string[] = [];
  for (const registry of registriesIn(join(cacheFolder, "npm"))) {
    for (const key of Object.keys(npm)) {
      const at = key.indexOf("@", 1);
      // Behind an underscore stand the peers that a package was resolved with.
      const path = join("npm", registry, key.slice(0, at), key.slice(at + 1).split("_")[0]);
      if (isFolder(join(cacheFolder, path))) folders.push(path);
    }
  }
  return [...new Set(folders)];
}

function registriesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
