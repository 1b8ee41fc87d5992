import { dirname } from "node:path";
import { hashFile } from "../io/hash.ts";
import { DownloadJob, type DownloadOptions, type Locate } from "./download_job.ts";

/**
 * Downloads a file. It gets its name when it is whole; what has come of it before lies beside it in
 * `NAME.partial`, and is gone on with, after a broken connection as well as in a later call.
 *
 * A file that is there already is kept where its SHA-256 is the wanted one, or where the server's has
 * its size and is not newer; also where the network does not reach the server.
 *
 * @param locate Tells its https address.
 * @param target The file's path; its folder is made where it is missing.
 * @returns Whether it was fetched: `false` where it was there already.
 * @throws {DownloadError} Where that fails for good.
 */
export async function download(
  locate: Locate,
  target: string,
  options: DownloadOptions = {},
): Promise<boolean> {
  const sha256 = checkSha256(options.sha256);
  if (!options.overwrite && sha256 !== undefined && await hasHash(target, sha256)) {
    console.log(`${target} is there already`);
    return false;
  }
  await Deno.mkdir(dirname(target), { recursive: true });
  const job = new DownloadJob(locate, target, sha256, options);
  try {
    return await job.run();
  } finally {
    await job.end();
  }
}

function checkSha256(sha256: string | undefined): string | undefined {
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new TypeError(
      `Expected sha256 to be 64 hexadecimal digits but found ${Deno.inspect(sha256)}`,
    );
  }
  return sha256?.toLowerCase();
}

async function hasHash(path: string, sha256: string): Promise<boolean> {
  try {
    return await hashFile(path) === sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
