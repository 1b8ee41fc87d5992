import { prlimit } from "../../io/prlimit.ts";
import type { Limits } from "./watch.ts";

/** Threads of a process count as well; Deno has about thirty. */
export const THREADS_PER_PROCESS = 32;
/** Times the limit of memory, so that what takes more is seen and named before it is refused. */
const SEEN_FIRST = 2;

/**
 * What a command is prefixed with so that the kernel itself holds limits for each of its processes:
 * memory, the size of a file, how many there are, no core dumps. The sum over all processes is
 * {@linkcode import("./watch.ts").watch}'s.
 *
 * @returns Words of a command; none where there is no `prlimit`.
 */
export async function heldByKernel(limits: Limits): Promise<string[]> {
  return await prlimit([
    "--core=0",
    // Data, not address space: V8 reserves far more of that than it ever uses.
    `--data=${SEEN_FIRST * limits.memory}`,
    `--fsize=${limits.disk}`,
    `--nproc=${limits.processes * THREADS_PER_PROCESS}`,
  ]);
}
