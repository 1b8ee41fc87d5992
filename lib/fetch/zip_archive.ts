import { type Entry, type FileEntry, ZipReader } from "@zip.js/zip.js";
import { FileReader } from "../io/zip_file.ts";
import { type Archive, type ArchiveEntry, ArchiveError } from "./archive.ts";

const FILE_TYPE = 0o170000;
const TYPES: Record<number, ArchiveEntry["kind"]> = {
  0: "file",
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
};
/** No path of a link is longer. */
const MAX_LINK_BYTES = 4096;

/** A ZIP archive: stored, Deflate and Deflate64 entries, ZIP64. */
export class ZipArchive implements Archive {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async each(
    visit: (entry: ArchiveEntry, read: () => AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    using file = Deno.openSync(this.#path);
    const reader = new ZipReader(new FileReader(file), {
      checkOverlappingEntry: true,
      // Names are checked together with those of the other formats.
      filenameValidation: "tolerant",
    });
    try {
      let entries: Entry[];
      try {
        entries = await reader.getEntries();
      } catch (error) {
        throw this.#broken(error);
      }
      for (const entry of entries) {
        if (entry.encrypted) {
          throw new ArchiveError(`Expected no password but ${entry.filename} needs one`);
        }
        await visit(await this.#describe(entry), () => this.#read(entry));
      }
    } finally {
      await reader.close();
    }
  }

  async #describe(entry: Entry): Promise<ArchiveEntry> {
    const mode = entry.externalFileAttributes >>> 16;
    const kind = entry.directory ? "directory" : TYPES[mode & FILE_TYPE] ?? "other";
    return {
      // Some programs of Windows write its own separator.
      name: entry.filename.replaceAll("\\", "/"),
      kind,
      size: entry.uncompressedSize,
      executable: (mode & 0o100) !== 0,
      target: kind === "symlink" ? await this.#readLink(entry) : undefined,
    };
  }

  async #readLink(entry: Entry): Promise<string> {
    if (entry.uncompressedSize > MAX_LINK_BYTES) {
      throw new ArchiveError(`Expected a link but ${entry.filename} is too long for one`);
    }
    let target = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#read(entry)) target += decoder.decode(bytes, { stream: true });
    return target;
  }

  async *#read(entry: Entry): AsyncGenerator<Uint8Array> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const done = (entry as FileEntry).getData(writable, { checkSignature: true });
    // The reader below sees a failure first; it is waited for after that.
    done.catch(() => {});
    let received = 0;
    try {
      for await (const bytes of readable) {
        received += bytes.length;
        // A size that lies would let a bomb through.
        if (received > entry.uncompressedSize) break;
        yield bytes;
      }
      if (received === entry.uncompressedSize) await done;
    } catch (error) {
      throw this.#broken(error, entry);
    }
    if (received !== entry.uncompressedSize) {
      throw new ArchiveError(
        `Expected ${entry.uncompressedSize} bytes of ${entry.filename} but found ` +
          (received > entry.uncompressedSize ? "more" : received),
      );
    }
  }

  #broken(error: unknown, entry?: Entry): ArchiveError {
    const where = entry === undefined ? "" : `, at ${entry.filename}`;
    const why = error instanceof Error ? error.message : String(error);
    return new ArchiveError(
      `Expected a whole zip archive in ${this.#path} but found a broken one${where}: ${why}`,
    );
  }
}
