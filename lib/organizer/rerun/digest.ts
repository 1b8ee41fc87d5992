/** What a batch is run with, as digests: to tell whether it is the same, and whether it was changed. */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { hashFile } from "../../io/hash.ts";
import { BatchError } from "./batch_error.ts";

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
    // To read one of them could take for ever.
    if (!info.isFile && !info.isDirectory) {
      throw new BatchError(`Expected files and folders but found a pipe or a device at ${file}`);
    }
    const content = info.isDirectory ? await digestOf(file) : await hashFile(file);
    hash.update(`${relative(top, file)}\0${content}\n`);
  }
  return hash.digest("hex");
}

/** Bytes of a file that is read at once. */
const SMALL = 2 ** 18;

/** What a file was when it was looked at. */
export interface Trace {
  /** What the system says of it: nobody can change a file and give it back the time of that. */
  status: string;
  /** Size, mode, and its content, or else the time when it was changed. */
  text: string;
}

/**
 * A trace of each file below a folder, or of a file: by its content where `byContent`.
 *
 * @param known What was found before: a file that the system says nothing new of is not read again.
 */
export async function tracesOf(
  path: string,
  byContent: boolean,
  known?: ReadonlyMap<string, Trace>,
): Promise<Map<string, Trace>> {
  const traces = new Map<string, Trace>();
  let files: string[];
  try {
    files = Deno.statSync(path).isDirectory
      ? Array.from(filesBelow(path), ({ path }) => path)
      : [path];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return traces;
    throw error;
  }
  for (const file of files) {
    const { dev, ino, size, mode, mtime, ctime, isFile } = Deno.lstatSync(file);
    const status = [dev, ino, size, mode, mtime?.getTime(), ctime?.getTime()].join(" ");
    const before = known?.get(file);
    if (before?.status === status && ctime !== null) {
      traces.set(file, before);
      continue;
    }
    const content = !byContent || !isFile
      ? mtime?.getTime()
      // There are thousands of small ones: to wait for each costs more than to read it.
      : size <= SMALL
      ? createHash("sha256").update(Deno.readFileSync(file)).digest("hex")
      : await hashFile(file);
    traces.set(file, { status, text: `${size} ${mode} ${content}` });
  }
  return traces;
}
