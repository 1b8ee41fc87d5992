import { basename, dirname, join, sep } from "node:path";
import { writeAll } from "../io/bytes.ts";
import { hashFile } from "../io/hash.ts";
import { temporaryFolder } from "../io/temporary.ts";
import { type Progress, startProgress } from "../ui/progress.ts";
import {
  type Archive,
  type ArchiveEntry,
  ArchiveError,
  checkSize,
  planEntries,
  type PlannedEntry,
} from "./archive.ts";
import { formatBytes } from "./bytes.ts";
import { openCompressed, TarArchive } from "./tar_archive.ts";
import { ZipArchive } from "./zip_archive.ts";

/** How an archive is unpacked. */
export interface UnpackOptions {
  /**
   * Bytes that it may unpack to; 1 GB, or twenty times its own size where that is more, unless
   * given.
   */
  maxBytes?: number;
}

const MIN_LIMIT = 1e9;
const LIMIT_RATIO = 20;

const FORMATS: [suffix: RegExp, open: (path: string) => Archive][] = [
  [/\.zip$/i, (path) => new ZipArchive(path)],
  [/\.tar$/i, (path) => new TarArchive(path, "none")],
  [/\.(tar\.gz|tgz)$/i, (path) => new TarArchive(path, "gzip")],
  [/\.(tar\.xz|txz)$/i, (path) => new TarArchive(path, "xz")],
  [/\.gz$/i, (path) => new GzipFile(path)],
];

/**
 * Unpacks an archive into a folder. All entries are checked before the first one is written, and
 * they get their places when all are there: a broken archive leaves nothing behind. Files that have
 * the name of an entry are replaced.
 *
 * @param path The archive; its name tells its format.
 * @param folder Made where it is missing.
 * @returns Whether anything is new: `false` where all of it was there already, as it is in the archive.
 * @throws {ArchiveError} Where the archive is broken or would do harm.
 */
export async function unpack(
  path: string,
  folder: string,
  options: UnpackOptions = {},
): Promise<boolean> {
  const format = FORMATS.find(([suffix]) => suffix.test(path));
  if (format === undefined) {
    throw new ArchiveError(
      `Expected a .zip, .tar, .tar.gz, .tgz, .tar.xz, .txz or .gz file but found ${basename(path)}`,
    );
  }
  const { size } = await statArchive(path);
  const maxBytes = options.maxBytes ?? Math.max(MIN_LIMIT, LIMIT_RATIO * size);
  const archive = format[1](path);
  const plan = await inspect(archive, maxBytes);
  await Deno.mkdir(folder, { recursive: true });
  const staging = temporaryFolder(".unpack-", folder);
  const total = plan.reduce((sum, { entry }) => sum + entry.size, 0);
  const progress = startProgress(`Unpacking ${basename(path)}`, { total, format: formatBytes });
  try {
    await write(archive, plan, staging, progress);
    return await moveIntoPlace(staging, folder);
  } finally {
    await progress.finish();
    await Deno.remove(staging, { recursive: true });
  }
}

async function statArchive(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ArchiveError(`Expected an archive but found no file at ${path}`);
  }
}

/** Reads the whole archive once: what it says of its sizes is only believed where it is so. */
async function inspect(archive: Archive, maxBytes: number): Promise<PlannedEntry[]> {
  const entries: ArchiveEntry[] = [];
  let bytes = 0;
  await archive.each(async (entry, read) => {
    entries.push(entry);
    checkSize(bytes + entry.size, maxBytes);
    if (entry.kind !== "file") return;
    let received = 0;
    for await (const chunk of read()) {
      received += chunk.length;
      checkSize(bytes + received, maxBytes);
    }
    bytes += received;
    entry.size = received;
  });
  return planEntries(entries, maxBytes);
}

async function write(
  archive: Archive,
  plan: PlannedEntry[],
  staging: string,
  progress: Progress,
): Promise<void> {
  let index = 0, done = 0;
  await archive.each(async (_entry, read) => {
    const { parts, entry } = plan[index++];
    const path = join(staging, ...parts);
    if (entry.kind === "directory") await Deno.mkdir(path, { recursive: true });
    if (entry.kind !== "file") return;
    await Deno.mkdir(dirname(path), { recursive: true });
    const mode = entry.executable ? 0o755 : 0o644;
    using file = await Deno.open(path, { write: true, create: true, truncate: true, mode });
    for await (const chunk of read()) {
      await writeAll(file, chunk);
      progress.update(done += chunk.length);
    }
  });
  // Links come last, so that nothing is ever written through one.
  for (const { parts, entry } of plan) {
    const path = join(staging, ...parts);
    if (entry.kind === "hardlink") {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.copyFile(join(staging, ...entry.target!.split("/")), path);
    }
  }
  for (const { parts, entry } of plan) {
    const path = join(staging, ...parts);
    if (entry.kind !== "symlink") continue;
    await Deno.mkdir(dirname(path), { recursive: true });
    // Windows makes two kinds of links, and follows none with slashes.
    const target = entry.target!.replaceAll("/", sep);
    const isFolder = (await statOrNull(join(dirname(path), target)))?.isDirectory;
    await Deno.symlink(target, path, { type: isFolder ? "dir" : "file" });
  }
}

/**
 * Moves what was unpacked to its places; folders that are there already are added to.
 *
 * @returns Whether anything was not there, or not so.
 */
async function moveIntoPlace(from: string, to: string): Promise<boolean> {
  let isNew = false;
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name), target = join(to, entry.name);
    const there = await statOrNull(target, Deno.lstat);
    if (entry.isDirectory && there !== null) {
      // A link in the folder may lead anywhere: what lies behind it is not ours to write to.
      if (!there.isDirectory) {
        throw new ArchiveError(
          `Expected a folder or nothing at ${target} but found something else`,
        );
      }
      isNew = await moveIntoPlace(source, target) || isNew;
    } else {
      if (there?.isDirectory) {
        throw new ArchiveError(`Expected a file or nothing at ${target} but found a folder`);
      }
      if (there !== null && await isSame(source, target)) continue;
      await Deno.rename(source, target);
      isNew = true;
    }
  }
  return isNew;
}

/** Whether two files have the same content, or two links the same target. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [a, b] = [await Deno.lstat(path), await Deno.lstat(other)];
  if (a.isSymlink && b.isSymlink) return await Deno.readLink(path) === await Deno.readLink(other);
  if (!a.isFile || !b.isFile || a.size !== b.size || a.mode !== b.mode) return false;
  return await hashFile(path) === await hashFile(other);
}

async function statOrNull(path: string, stat = Deno.stat): Promise<Deno.FileInfo | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A plain gzip file, as an archive of one entry: its own name without `.gz`. */
class GzipFile implements Archive {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async each(
    visit: (entry: ArchiveEntry, read: () => AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const name = basename(this.#path).replace(/\.gz$/i, "");
    await visit({ name, kind: "file", size: 0 }, () => this.#read());
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const [file, gunzip] = openCompressed(this.#path, "gzip");
    file.on("error", (error) => gunzip.destroy(error));
    try {
      yield* file.pipe(gunzip as unknown as NodeJS.WritableStream) as unknown as AsyncIterable<
        Uint8Array
      >;
    } catch (error) {
      throw new ArchiveError(
        `Expected a whole gzip file in ${this.#path} but found a broken one: ${
          (error as Error).message
        }`,
      );
    } finally {
      file.destroy();
    }
  }
}
