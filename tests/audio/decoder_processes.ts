/** The processes that decode sounds, by Linux's /proc: those that a test asks for, in order. */
export function decoderProcesses(
  isMeant: (process: { parent: number; environment: string }) => boolean,
): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter((pid) => {
    try {
      if (!Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("\0decode.js")) return false;
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
      return isMeant({ parent: Number(parent), environment });
    } catch {
      return false;
    }
  }).sort((a, b) => a - b);
}
