/** What a batch is run with, as digests: to tell whether it is the same, and whether it was changed. */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { hashFile } from "../../io/hash.ts";

/** Files below folders, links as links, in the order of their paths. */
function* filesBelow(folder: string): Generator<{ path: string; isLink: boolean }> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory, isSymlink } of entries) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield { path, isLink: isSymlink };
  }
}

/** The SHA-256 of all names and contents below a folder, or of a file. */
export async function digestOf(path: string): Promise<string> {
  if (!Deno.statSync(path).isDirectory) return await hashFile(path);
  const hash = createHash("sha256");
  // A data set's folders may be links to another's.
  const top = Deno.realPathSync(path);
  for (const { path: file } of filesBelow(top)) {
    const info = Deno.statSync(file);
    const content = info.isDirectory ? await digestOf(file) : await hashFile(file);
    hash.update(`${relative(top, file)}\0${content}\n`);
  }
  return hash.digest("hex");
}

/** Names, sizes and times of change below a folder: quick, where a folder is large. */
export function traceOf(path: string): string {
  const hash = createHash("sha256");
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch {
    return "none";
  }
  const add = (file: string, { size, mtime, mode }: Deno.FileInfo) =>
    hash.update(`${file}\0${size}\0${mtime?.getTime()}\0${mode}\n`);
  if (!info.isDirectory) add(path, info);
  else for (const { path: file } of filesBelow(path)) add(file, Deno.lstatSync(file));
  return hash.digest("hex");
}
