import process from "node:process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HeldFile, holdFile } from "../../io/held_file.ts";
import { removeTree } from "../../io/remove_tree.ts";
import { temporaryFolder } from "../../io/temporary.ts";
import type { Host } from "./world.ts";

/** What the temporary folders of a batch begin with is what the file that it holds is called. */
const HELD = /^(qvim-rerun-\d+-[0-9a-f]{8})\.held$/;

/** Folders for runs, which are gone in the end. */
export class ScratchFolders {
  readonly #folders = new Set<string>();
  readonly #name = `qvim-rerun-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
  #held?: HeldFile;

  /** Makes a folder. */
  make(): Host {
    this.#held ??= holdFile(join(tmpdir(), `${this.#name}.held`), "");
    const folder = temporaryFolder(`${this.#name}-`);
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
    this.#held?.release();
    this.#held = undefined;
  }
}

/**
 * Removes the folders of runs whose process is gone: killed, or on a machine that was switched off.
 * Another batch's that goes on stay, also where it runs in another container, with numbers of processes
 * of its own.
 *
 * @returns How many there were.
 */
export function removeLeftovers(): number {
  let removed = 0;
  const names = Array.from(Deno.readDirSync(tmpdir()), ({ name }) => name);
  for (const name of names) {
    const batch = name.match(HELD)?.[1];
    if (batch === undefined || !isOwn(join(tmpdir(), name))) continue;
    const held = holdFile(join(tmpdir(), name), "");
    if (held === undefined) continue;
    try {
      for (const folder of names.filter((name) => name.startsWith(`${batch}-`))) {
        const path = join(tmpdir(), folder);
        if (!isOwn(path)) continue;
        removeTree(path);
        removed++;
      }
    } finally {
      held.release();
    }
  }
  return removed;
}

/** What another user calls so is not looked into. */
function isOwn(path: string): boolean {
  try {
    const { uid, isSymlink } = Deno.lstatSync(path);
    return uid === Deno.uid() && !isSymlink;
  } catch {
    // Another batch was faster.
    return false;
  }
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
