import { hostname } from "node:os";
import { join } from "node:path";
import { holdFile } from "../../io/held_file.ts";
import { BatchError } from "./batch_error.ts";

/**
 * Makes sure that nobody else writes a report there, in another container or on another machine either.
 *
 * @returns What gives the folder free.
 * @throws {BatchError} Where somebody does.
 */
export function lock(folder: string): () => void {
  const path = join(folder, ".lock");
  const held = holdFile(path, `process ${Deno.pid} on ${hostname()}`);
  if (held !== undefined) return () => held.release();
  throw new BatchError(
    `Expected to write the report to ${folder} but another re-run (${holderOf(path)}) is writing ` +
      "there; wait for it",
  );
}

function holderOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It has let it go by now, or the system lets nobody read what is held.
    return "another process";
  }
}
