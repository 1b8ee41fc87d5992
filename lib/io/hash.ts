import { createHash } from "node:crypto";

/** The SHA-256 of a file in hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  using file = await Deno.open(path);
  return await hashOpenFile(file);
}

/** The SHA-256 of the rest of an open file, in hexadecimal. */
export async function hashOpenFile(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  // Most files are small, and a large piece of memory costs more than to read them.
  const { size } = await file.stat();
  const chunk = new Uint8Array(Math.min(1 << 20, Math.max(1 << 12, size)));
  for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest("hex");
}
