import { join } from "node:path";

/** What lies below folders. */
export interface Extent {
  bytes: number;
  files: number;
  /** Whether there is more than could be looked at. */
  isHidden: boolean;
}

/**
 * What lies below folders; stops counting above `most`. What can't be looked into is no honest
 * program's: a folder that is shut, or deeper than a path can tell.
 */
export function extentOf(folders: string[], most: { bytes: number; files: number }): Extent {
  const extent = { bytes: 0, files: 0, isHidden: false };
  const waiting = [...folders];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    try {
      for (const { name, isDirectory, isFile } of Deno.readDirSync(path)) {
        const inner = join(path, name);
        extent.files++;
        if (isDirectory) waiting.push(inner);
        if (isFile) extent.bytes += Deno.lstatSync(inner).size;
        if (extent.files > most.files || extent.bytes > most.bytes) return extent;
      }
    } catch (error) {
      // Else it was removed in the meantime.
      extent.isHidden ||= !(error instanceof Deno.errors.NotFound);
    }
  }
  return extent;
}
