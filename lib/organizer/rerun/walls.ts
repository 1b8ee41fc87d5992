import { ControlGroups } from "./control_group.ts";
import { TRIAL } from "./sandbox.ts";
import type { ScratchFolders } from "./scratch.ts";
import { canBeSized } from "./world.ts";

/** What the kernel holds here. */
export interface Walls {
  /** Whether the files of a run have a size as a whole. */
  isSized: boolean;
  /** What holds a run's processes together to memory, number and processors. */
  groups?: ControlGroups;
}

/** Finds out what the kernel holds here. */
export async function wallsOf(sandbox: boolean, scratch: ScratchFolders): Promise<Walls> {
  return {
    isSized: sandbox && await canBeSized(scratch.make(), TRIAL),
    groups: await ControlGroups.find(),
  };
}

/** By what the limits were held, for the report. */
export function heldBy({ isSized, groups }: Walls): string {
  const memory = groups === undefined
    ? "memory and processes by prlimit and the watch"
    : "memory, processes and processors by control groups";
  return `${memory}; files by ${isSized ? "a file system of that size, in memory" : "the watch"}`;
}
