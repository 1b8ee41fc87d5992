import { ControlGroups } from "./control_group.ts";
import { processorsOf } from "./processors.ts";
import { TRIAL } from "./sandbox.ts";
import type { ScratchFolders } from "./scratch.ts";
import { canBeSized } from "./world.ts";

/** What the kernel holds here. */
export interface Walls {
  /** Whether the files of a run have a size as a whole. */
  isSized: boolean;
  /** What holds a run's processes together to memory, number and processors. */
  groups?: ControlGroups;
  /** Words before the command of each run at a time, which hold it to processors of its own. */
  processors: string[][];
}

/** Finds out what the kernel holds here. */
export async function wallsOf(
  sandbox: boolean,
  scratch: ScratchFolders,
  jobs: number,
): Promise<Walls> {
  return {
    // Without a sandbox a run chooses others as it likes.
    processors: sandbox ? await processorsOf(jobs) : Array(jobs).fill([]),
    isSized: sandbox && await canBeSized(scratch.make(), TRIAL),
    groups: await ControlGroups.find(),
  };
}

/** By what the limits were held, for the report. */
export function heldBy({ isSized, groups, processors: [words] }: Walls): string {
  const memory = groups === undefined
    ? "memory and processes by prlimit and the watch"
    : "memory, processes and processors by control groups";
  const own = words.length > 0 ? "; each run at a time to processors of its own" : "";
  return `${memory}${own}; files by ${
    isSized ? "a file system of that size, in memory" : "the watch"
  }`;
}
