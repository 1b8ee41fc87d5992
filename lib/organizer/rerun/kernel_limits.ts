import type { Limits } from "./watch.ts";

/** Threads of a process count as well; Deno has about thirty. */
const THREADS_PER_PROCESS = 32;
/** Times the limit of memory, so that what takes more is seen and named before it is refused. */
const SEEN_FIRST = 2;

/** An option of `prlimit` → whether it can be set here: nobody can raise what he is held to. */
const known = new Map<string, boolean>();

async function canBeSet(option: string): Promise<boolean> {
  if (!known.has(option)) {
    const probe = new Deno.Command("prlimit", {
      args: [option, "true"],
      stdout: "null",
      stderr: "null",
    });
    known.set(option, await probe.output().then(({ success }) => success, () => false));
  }
  return known.get(option)!;
}

/**
 * What a command is prefixed with so that the kernel itself holds limits for each of its processes:
 * memory, the size of a file, how many there are, no core dumps. The sum over all processes is
 * {@linkcode import("./watch.ts").watch}'s.
 *
 * @returns Words of a command; none where there is no `prlimit`.
 */
export async function heldByKernel(limits: Limits): Promise<string[]> {
  const options: string[] = [];
  for (
    const option of [
      "--core=0",
      // Data, not address space: V8 reserves far more of that than it ever uses.
      `--data=${SEEN_FIRST * limits.memory}`,
      `--fsize=${limits.disk}`,
      `--nproc=${limits.processes * THREADS_PER_PROCESS}`,
    ]
  ) if (await canBeSet(option)) options.push(option);
  return options.length === 0 ? [] : ["prlimit", ...options, "--"];
}
