import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where this package keeps what it can make or fetch again: in the user's own folder for caches. */
export function cacheFolder(): string {
  const named = Deno.env.get("XDG_CACHE_HOME") ?? "";
  // What is empty or no whole path counts as not set (XDG Base Directory Specification).
  if (isAbsolute(named)) return join(named, "qvim");
  const base = {
    darwin: join(homedir(), "Library", "Caches"),
    windows: Deno.env.get("LOCALAPPDATA") ?? join(homedir(), "AppData", "Local"),
  }[Deno.build.os as string] ?? join(homedir(), ".cache");
  return join(base, "qvim");
}
