/** Disks that are soon full. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "./support.ts";

function run(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Calls `use` with a folder on a disk of its own, of a few MiB. */
export async function withSmallDisk(size: number, use: (folder: string) => Promise<void>) {
  await withFolder(async (folder) => {
    const disk = join(folder, "disk");
    Deno.mkdirSync(disk);
    assert.ok(run("mount", "-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", disk));
    try {
      await use(disk);
    } finally {
      run("umount", "-l", disk);
    }
  });
}

async function canMount(): Promise<boolean> {
  try {
    await withSmallDisk(1, () => Promise.resolve());
    return true;
  } catch {
    return false;
  }
}

/** The end of the name of a test that needs such a disk, where none can be had. */
export const MISSING_MOUNT = await canMount() ? "" : " (needs the right to mount)";
