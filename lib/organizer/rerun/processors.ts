/**
 * The processors that each of some runs at a time is held to: what one of them starts, however much,
 * takes nothing from the others. A process could choose others for itself, were that call not refused
 * (`system_calls.ts`).
 *
 * @param jobs How many runs there are at a time.
 * @returns Words before the command of each; none where there is one alone, or no `taskset`.
 */
export async function processorsOf(jobs: number): Promise<string[][]> {
  const status = jobs === 1 ? "" : await Deno.readTextFile("/proc/self/status").catch(() => "");
  const lists = shares(status.match(/^Cpus_allowed_list:\s*([\d,-]+)$/m)?.[1] ?? "", jobs);
  const words = lists.map((list) => ["taskset", "--cpu-list", list]);
  return words.length > 0 && await canRun(words[0]) ? words : Array(jobs).fill([]);
}

/**
 * Deals processors out: as many to each as to another, one to several where there are too few.
 *
 * @param allowed As the kernel writes it: `0-3,8`.
 */
export function shares(allowed: string, jobs: number): string[] {
  const all = allowed.split(",").filter((range) => range !== "").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, k) => first + k);
  });
  if (all.length === 0) return [];
  const size = Math.max(1, Math.floor(all.length / jobs));
  return Array.from(
    { length: jobs },
    (_, job) =>
      Array.from({ length: size }, (_, k) => all[(job * size + k) % all.length]).join(","),
  );
}

async function canRun([program, ...args]: string[]): Promise<boolean> {
  try {
    const probe = new Deno.Command(program, {
      args: [...args, "true"],
      stdout: "null",
      stderr: "null",
    });
    return (await probe.output()).success;
  } catch {
    return false;
  }
}
