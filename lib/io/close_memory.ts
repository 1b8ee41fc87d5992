import { BatchError } from "./batch_error.ts";

/** From prctl.h. */
const PR_SET_DUMPABLE = 4;

/**
 * Keeps this process's memory, descriptors and environment from the processes that it starts: they run
 * as the same user, and could read in `/proc/PPID/mem` what only this process is told, or write to its
 * standard output by `/proc/PPID/fd/1`.
 *
 * @throws {BatchError} Where the kernel refuses: what it says of a run could not be believed.
 */
export function closeMemory(): void {
  if (Deno.build.os !== "linux") return;
  const library = Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  });
  const failed = library.symbols.prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n) !== 0;
  library.close();
  if (failed) {
    throw new BatchError("Expected to close this process's memory but prctl failed");
  }
}
