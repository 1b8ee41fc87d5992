import { join } from "node:path";
import { BatchError } from "./batch_error.ts";
import { isAlive } from "./scratch.ts";

/** Makes sure that nobody else writes a report there. @returns What gives the folder free. */
export function lock(folder: string): () => void {
  const path = join(folder, ".lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      Deno.writeTextFileSync(path, `${Deno.pid}`, { createNew: true });
      return () => {
        try {
          Deno.removeSync(path);
        } catch {
          // Somebody has cleaned up already.
        }
      };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      const pid = Number(Deno.readTextFileSync(path));
      if (pid > 0 && isAlive(pid)) break;
      Deno.removeSync(path);
    }
  }
  throw new BatchError(
    `Expected to write the report to ${folder} but another re-run (process ` +
      `${Deno.readTextFileSync(path)}) is writing there; wait for it, or remove ${path}`,
  );
}
