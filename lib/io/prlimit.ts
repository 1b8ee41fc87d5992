/** An option of `prlimit` → whether it can be set here: nobody can raise what he is held to. */
const known = new Map<string, boolean>();

async function canBeSet(option: string): Promise<boolean> {
  if (!known.has(option)) known.set(option, await isAccepted(option));
  return known.get(option)!;
}

async function isAccepted(option: string): Promise<boolean> {
  try {
    const args = [option, "true"];
    const probe = new Deno.Command("prlimit", { args, stdout: "null", stderr: "null" });
    return (await probe.output()).success;
  } catch {
    // Where there is no such program it is the start that throws, before there is a promise.
    return false;
  }
}

/**
 * What a command is prefixed with so that the kernel holds each of its processes to limits.
 *
 * @param options Options of `prlimit`, for instance `--core=0`; those that can't be set are left out.
 * @returns Words of a command; none where there is no `prlimit`.
 */
export async function prlimit(options: string[]): Promise<string[]> {
  const settable: string[] = [];
  for (const option of options) if (await canBeSet(option)) settable.push(option);
  return settable.length === 0 ? [] : ["prlimit", ...settable, "--"];
}
