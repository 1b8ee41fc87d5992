import { join } from "node:path";

/**
 * Removes a folder, also where whoever made it took the permissions of folders in it away, or nested
 * them deeper than a path can tell. Links are removed, not followed.
 *
 * @throws {Error} Where something is left, for instance another user's.
 */
export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    open(path);
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (second) {
      if (Deno.build.os === "windows") throw second;
      // These walk by descriptors, however deep.
      const run = (command: string, ...args: string[]) =>
        new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
      run("chmod", "-R", "u+rwX", path);
      if (!run("rm", "-rf", "--", path)) throw second;
    }
  }
}

function open(folder: string): void {
  try {
    const { isDirectory, isSymlink } = Deno.lstatSync(folder);
    if (!isDirectory || isSymlink) return;
    Deno.chmodSync(folder, 0o700);
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) open(join(folder, name));
    }
  } catch {
    // What is another user's, or too deep, is told of by the removal.
  }
}
