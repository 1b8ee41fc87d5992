import process from "node:process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../io/remove_tree.ts";

/** What the temporary folders of runs are called: with the number of the process that made them. */
const NAME = /^qvim-(rerun|proxy|cache)-(\d+)-/;

/** Folders for runs, which are gone in the end. */
export class ScratchFolders {
  readonly #folders = new Set<string>();

  /** Makes a folder. @param kind What it is for. */
  make(kind: "rerun" | "cache" = "rerun"): { folder: string; remove(): void } {
    const folder = Deno.makeTempDirSync({ prefix: `qvim-${kind}-${Deno.pid}-` });
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
    const pid = Number(name.match(NAME)?.[2] ?? NaN);
    if (!isDirectory || !(pid > 0) || isAlive(pid)) continue;
    try {
      removeTree(join(tmpdir(), name));
      removed++;
    } catch {
      // It is another user's.
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
