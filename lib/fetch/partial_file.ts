import { existsSync } from "node:fs";
import { writeAll } from "../io/bytes.ts";
import { nameFile } from "../io/errors.ts";
import { hashOpenFile } from "../io/hash.ts";

/** What is remembered of a partial file, beside it. */
interface PartialInfo {
  /** A strong ETag or a date, for `If-Range`. */
  validator: string;
}

/** Whether something has come of a file that a call can go on with. */
export function hasPartial(target: string): boolean {
  return existsSync(infoOf(partialOf(target)));
}

const partialOf = (target: string) => `${target}.partial`;
const infoOf = (partial: string) => `${partial}.json`;

/**
 * What has come of a file by now. It lies beside the file's place as `NAME.partial`, so that a later
 * call can go on with it, and is locked while this program fills it: another one that fetches the
 * same file at that time is given a partial file of its own, which nobody goes on with.
 */
export class PartialFile {
  readonly #target: string;
  readonly #file: Deno.FsFile;
  readonly #info: string;
  /** Whether a later call will look for it under its name. */
  readonly #isKept: boolean;
  #isWhole = false;

  /** Its path. */
  readonly path: string;

  private constructor(target: string, path: string, file: Deno.FsFile, isKept: boolean) {
    this.#target = target;
    this.path = path;
    this.#file = file;
    this.#info = infoOf(path);
    this.#isKept = isKept;
  }

  /** @param target Where the file goes when it is whole. */
  static async open(target: string): Promise<PartialFile> {
    const path = partialOf(target);
    const file = await openFile(path);
    if (await lock(file, path)) return new PartialFile(target, path, file, true);
    file.close();
    console.error(`Another program downloads ${target} at this time; this one does so by itself`);
    const own = `${target}.${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.partial`;
    return new PartialFile(target, own, await openFile(own), false);
  }

  /** Where an earlier try of the same file stopped, if the server can tell that it is the same. */
  async resumable(): Promise<PartialInfo & { size: number } | undefined> {
    try {
      const info: PartialInfo = JSON.parse(await Deno.readTextFile(this.#info));
      const { size } = await this.#file.stat();
      if (info.validator && size > 0) return { ...info, size };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
    }
    return undefined;
  }

  /** Whether a later call can go on with what has come. */
  async isKept(): Promise<boolean> {
    return this.#isKept && await this.resumable() !== undefined;
  }

  /**
   * Begins to write.
   *
   * @param start How much of what has come stays.
   * @param validator What the server tells the file by; `undefined` where it does not.
   */
  async begin(start: number, validator: string | undefined): Promise<void> {
    if (validator === undefined) await removeFile(this.#info);
    else {
      const info: PartialInfo = { validator };
      await Deno.writeTextFile(this.#info, JSON.stringify(info));
    }
    await this.#file.truncate(start);
    await this.#file.seek(start, Deno.SeekMode.Start);
  }

  /** Writes bytes behind those that are there. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes);
    } catch (error) {
      throw nameFile(error, this.path);
    }
  }

  /** The first bytes, at most so many. */
  async head(count: number): Promise<Uint8Array> {
    await this.#file.seek(0, Deno.SeekMode.Start);
    const bytes = new Uint8Array(count);
    return bytes.subarray(0, await this.#file.read(bytes) ?? 0);
  }

  /** Its SHA-256 in hexadecimal. */
  async hash(): Promise<string> {
    await this.#file.seek(0, Deno.SeekMode.Start);
    return await hashOpenFile(this.#file);
  }

  /** Forgets what has come. */
  async forget(): Promise<void> {
    await removeFile(this.#info);
    await this.#file.truncate(0);
  }

  /** Gives the file its name: it is whole. */
  async finish(): Promise<void> {
    // Before it is unlocked: another program would go on with it.
    await Deno.rename(this.path, this.#target);
    this.#isWhole = true;
    await removeFile(this.#info);
  }

  /** Closes it; what nobody could go on with is removed. */
  async close(): Promise<void> {
    try {
      if (!this.#isWhole && !await this.isKept()) {
        await removeFile(this.path);
        await removeFile(this.#info);
      }
    } finally {
      this.#file.close();
    }
  }
}

function openFile(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { read: true, write: true, create: true });
}

/** Whether the file is this program's from now on, and still has that path. */
async function lock(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    if (!await file.tryLock(true)) return false;
    // Whoever had it locked may have given it another name meanwhile.
    const [open, named] = await Promise.all([file.stat(), Deno.stat(path)]);
    return open.ino === named.ino;
  } catch {
    // There are network drives that lock nothing.
    return false;
  }
}

async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
