/** What a submission leaves is an attacker's file: it is looked at before it is opened. */
import { join } from "node:path";
import { writeAllSync } from "../../io/bytes.ts";
import { QvimError } from "../../io/errors.ts";
import { KeepError } from "./batch_error.ts";

/** Thrown where a file that a submission left can't be taken; the message says why. */
export class HandedOutError extends QvimError {}

/**
 * Copies a file that a run left, as bytes, once all of its processes are gone.
 *
 * @param root The run's folder; no link below it is followed.
 * @param path The file's path below it, for instance `output/similarities.json`.
 * @param to Where the copy goes; it can be read by all and run by nobody.
 * @param maxBytes How large it may be.
 * @throws {KeepError} Where the copy could not be written.
 * @throws {HandedOutError} Where there is none, or it is a link, a folder, a pipe, a device or too large.
 */
export function copyOut(root: string, path: string, to: string, maxBytes: number): void {
  const fail = (found: string) =>
    new HandedOutError(`Expected a file at ROOT_PATH/${path} but found ${found}`);
  let inner = root;
  let info: Deno.FileInfo | undefined;
  for (const part of path.split("/")) {
    inner = join(inner, part);
    try {
      info = Deno.lstatSync(inner);
    } catch {
      throw fail("none");
    }
    if (info.isSymlink) throw fail("a link");
  }
  if (info!.isDirectory) throw fail("a folder");
  if (!info!.isFile) throw fail("a pipe, a socket or a device");
  if (info!.size > maxBytes) {
    const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    throw fail(`${size(info!.size)}, more than the ${size(maxBytes)} that it can need`);
  }
  let source: Deno.FsFile;
  try {
    source = Deno.openSync(inner, { read: true });
  } catch {
    throw fail("one that can't be read");
  }
  using from = source;
  const buffer = new Uint8Array(1 << 20);
  const pieces = function* () {
    for (let left = maxBytes; left >= 0;) {
      let count: number | null;
      try {
        count = from.readSync(buffer);
      } catch {
        throw fail("one that can't be read");
      }
      if (count === null) return;
      left -= count;
      yield buffer.subarray(0, count);
    }
  };
  keep(to, pieces());
}

/**
 * What is read of a file that a run left, as long as that takes no longer than it may.
 *
 * @param pieces What is read; who takes them has his part in the time.
 * @param seconds How long all of it may take.
 * @throws {HandedOutError} Where it takes longer.
 */
export async function* readWithin<T>(
  pieces: AsyncIterable<T>,
  seconds: number,
): AsyncGenerator<T> {
  const end = performance.now() + 1000 * seconds;
  for await (const piece of pieces) {
    if (performance.now() > end) {
      throw new HandedOutError(`Expected a file that is read within ${seconds} s but found more`);
    }
    yield piece;
  }
}

/** @throws {KeepError} Where there is no place for it; nothing of it is left then, whatever fails. */
function keep(path: string, pieces: Iterable<Uint8Array>): void {
  try {
    using target = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o644 });
    for (const piece of pieces) writeAllSync(target, piece);
  } catch (error) {
    try {
      Deno.removeSync(path);
    } catch {
      // It could not be made.
    }
    // That it can't be read is the submission's affair.
    if (error instanceof HandedOutError) throw error;
    throw new KeepError(`Expected to keep ${path} but could not: ${(error as Error).message}`);
  }
}
