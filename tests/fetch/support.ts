import assert from "node:assert/strict";
import { join, sep } from "node:path";
import { setRootPath } from "../../helpers.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { withFolder } from "../support.ts";

/** Bytes that no compression and no chance gets right. */
export function someBytes(count: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: count }, () => Math.floor(256 * random()));
}

/** Calls `use` with a folder that is the helpers' root meanwhile. */
export async function withRoot(use: (root: string) => Promise<void>): Promise<void> {
  await withFolder(async (root) => {
    setRootPath(root);
    try {
      await use(root);
    } finally {
      setRootPath(".");
    }
  });
}

/** All files and links below a folder, path → text, and folders that are empty. */
export function tree(folder: string, prefix = ""): Record<string, string> {
  const found: Record<string, string> = {};
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = join(folder, entry.name), name = prefix + entry.name;
    if (entry.isSymlink) found[name] = `→ ${Deno.readLinkSync(path).replaceAll(sep, "/")}`;
    else if (entry.isDirectory) {
      const below = tree(path, `${name}/`);
      if (Object.keys(below).length === 0) found[`${name}/`] = "";
      Object.assign(found, below);
    } else found[name] = Deno.readTextFileSync(path);
  }
  return found;
}

/** Asserts that a folder holds these files, with these bytes, and nothing else. */
export function assertFiles(folder: string, files: Record<string, Uint8Array>) {
  assert.deepEqual(Object.keys(tree(folder)), Object.keys(files).sort());
  for (const [name, bytes] of Object.entries(files)) {
    assert.deepEqual(Deno.readFileSync(join(folder, name)), bytes, name);
  }
}
