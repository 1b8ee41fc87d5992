import { createHash } from "node:crypto";
import { otherThanFile } from "./beginning.ts";
import { nameFile } from "./errors.ts";

/** What is read at a time, in bytes. */
const CHUNK = 1 << 20;

/**
 * The SHA-256 of a file in hexadecimal.
 *
 * @throws {Deno.errors.NotSupported} Where something else lies there: a pipe would be waited for.
 */
export async function hashFile(path: string): Promise<string> {
  const found = otherThanFile(await Deno.stat(path));
  if (found !== undefined) {
    throw new Deno.errors.NotSupported(`Expected a file but found ${found} at ${path}`);
  }
  using file = await Deno.open(path);
  try {
    return await hashOpenFile(file);
  } catch (error) {
    throw nameFile(error, path);
  }
}

/** The SHA-256 of the rest of an open file, in hexadecimal. */
export async function hashOpenFile(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  const { size, isFile } = file.statSync();
  // Most files are small: a large piece of memory costs more than to read them, and so does waiting.
  const isSmall = isFile && size <= CHUNK;
  const chunk = new Uint8Array(Math.min(CHUNK, Math.max(1 << 12, size)));
  const next = () => isSmall ? file.readSync(chunk) : file.read(chunk);
  for (let count = await next(); count !== null; count = await next()) {
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest("hex");
}
