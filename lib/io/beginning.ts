/** What errors say of a file that is not what was expected, by its kind and by how it begins. */
import { latin1, readAtSync } from "./bytes.ts";

/** So many bytes tell what stands in for a file. */
export const BEGINNING = 256;

/** What is left in a file's place where it did not come, by its beginning. */
const STAND_INS: [beginning: RegExp, name: string][] = [
  [/^$/, "an empty file"],
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS (git lfs pull fetches what it stands for)"],
  [
    /^\S{0,200}\/annex\/objects\//,
    "a pointer of git-annex (git annex get fetches what it stands for)",
  ],
  [/^\s*<(!doctype html|html)/i, "a web page"],
];

/** What lies there in the place of a file that did not come; undefined where it is something else. */
export function standIn(beginning: string): string | undefined {
  return STAND_INS.find(([pattern]) => pattern.test(beginning))?.[1];
}

/** What errors call a file that is not what was expected: what stands in for it, or its first letters. */
export function foundAt(beginning: string): string {
  return standIn(beginning) ?? JSON.stringify(beginning.slice(0, 4));
}

/** What lies there where only a file's bytes can be read in any order; undefined where it is one. */
export function otherThanFile({ isFile, isDirectory }: Deno.FileInfo): string | undefined {
  if (isFile) return undefined;
  return isDirectory ? "a folder" : "a pipe or a device";
}

/** The first bytes of a file, a letter each. */
export function beginningOf(file: Deno.FsFile): string {
  const bytes = new Uint8Array(BEGINNING);
  return latin1(bytes.subarray(0, readAtSync(file, 0, bytes)));
}
