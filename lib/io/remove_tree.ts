import { join } from "node:path";

/**
 * Removes a folder, also where whoever made it took the permissions of folders in it away. Links are
 * removed, not followed.
 */
export function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    open(path);
    Deno.removeSync(path, { recursive: true });
  }
}

function open(folder: string): void {
  const { isDirectory, isSymlink } = Deno.lstatSync(folder);
  if (!isDirectory || isSymlink) return;
  try {
    Deno.chmodSync(folder, 0o700);
  } catch {
    // What belongs to somebody else is told of by the removal.
  }
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) open(join(folder, name));
  }
}
