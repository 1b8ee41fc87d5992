import { homedir } from "node:os";
import { join } from "node:path";

/** Where this package keeps what it can make or fetch again: in the user's own folder for caches. */
export function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") ?? {
    darwin: join(homedir(), "Library", "Caches"),
    windows: Deno.env.get("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"),
  }[Deno.build.os as string] ?? join(homedir(), ".cache");
  return join(base, "qvim");
}
