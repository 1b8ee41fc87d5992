/** Whose folder paths count from: `deno task` runs everything in that of the package. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where what is not named goes, where that is another folder than the one that paths count from. */
let packageFolder: string | undefined;

/**
 * Goes to the folder that a task was called in. `deno task` calls it `INIT_CWD`, as npm does, and goes
 * to the package's itself: `.` in a folder of sounds would be the whole package.
 */
export function enterFolderOfUser(): void {
  const folder = Deno.env.get("INIT_CWD"), script = Deno.env.get("npm_lifecycle_event");
  // It is of this call alone, and not of what it starts.
  Deno.env.delete("INIT_CWD");
  // A script of npm has gone elsewhere since then, if it came here.
  if (folder === undefined || (script !== undefined && script !== "npx")) return;
  const here = Deno.cwd();
  try {
    const ours = Deno.realPathSync(fileURLToPath(new URL("..", import.meta.url)));
    if (Deno.realPathSync(here) !== ours || Deno.realPathSync(folder) === ours) return;
    Deno.chdir(folder);
  } catch {
    // It is gone, or of no use to this user.
    return;
  }
  packageFolder = here;
}

/** A place in the package, where nobody has named one: `output`, from wherever a task was called. */
export function inPackage(path: string): string {
  return packageFolder === undefined ? path : join(packageFolder, path);
}
