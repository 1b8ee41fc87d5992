/** From prctl.h and signal.h. */
const PR_SET_DUMPABLE = 4, SIGUSR1 = 10, SIG_IGN = 1n;

/**
 * Keeps this process's memory, descriptors and environment from the processes that it starts: they run
 * as the same user, and could read in `/proc/PPID/mem` what only this process is told, or write to its
 * standard output by `/proc/PPID/fd/1`. And makes it deaf to SIGUSR1, at which Deno opens a debugger,
 * for any of them to run code in this process by.
 *
 * @returns Whether it is closed: always, except where Linux refuses; elsewhere there is nothing to close.
 */
export function closeMemory(): boolean {
  if (Deno.build.os !== "linux") return true;
  const library = Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    signal: { parameters: ["i32", "pointer"], result: "pointer" },
  });
  const isClosed = library.symbols.prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n) === 0;
  // Deno takes the signal from the system once, for all who listen to it, itself a second after its
  // start: once it has done so it does not again.
  Deno.addSignalListener("SIGUSR1", () => {});
  library.symbols.signal(SIGUSR1, Deno.UnsafePointer.create(SIG_IGN));
  library.close();
  return isClosed;
}
