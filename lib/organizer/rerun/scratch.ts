import process from "node:process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../io/remove_tree.ts";
import type { Host } from "./world.ts";

/** What the temporary folders of runs are called: with the number of the process that made them. */
const NAME = /^qvim-rerun-(\d+)-/;

/** Folders for runs, which are gone in the end. */
export class ScratchFolders {
  readonly #folders = new Set<string>();

  /** Makes a folder. */
  make(): Host {
    const folder = Deno.makeTempDirSync({ prefix: `qvim-rerun-${Deno.pid}-` });
    this.#folders.add(folder);
    return {
      folder,
      remove: () => {
        if (this.#folders.delete(folder)) removeTree(folder);
      },
    };
  }

  /** Removes all that are left. */
  removeAll(): void {
    for (const folder of this.#folders) removeTree(folder);
    this.#folders.clear();
  }
}

/**
 * Removes the folders of runs whose process is gone: killed, or on a machine that was switched off.
 *
 * @returns How many there were.
 */
export function removeLeftovers(): number {
  let removed = 0;
  for (const { name, isDirectory } of [...Deno.readDirSync(tmpdir())]) {
    const pid = Number(name.match(NAME)?.[1] ?? NaN);
    if (!isDirectory || !(pid > 0) || isAlive(pid)) continue;
    const path = join(tmpdir(), name);
    try {
      // What another user calls so is not looked into.
      if (Deno.lstatSync(path).uid !== Deno.uid()) continue;
      removeTree(path);
      removed++;
    } catch {
      // Another batch was faster.
    }
  }
  return removed;
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    // No signal: only whether one could be sent.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
