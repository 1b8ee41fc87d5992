import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import xzDecompress from "xz-decompress";
import { type Archive, type ArchiveEntry, ArchiveError } from "./archive.ts";

/** How a file is compressed. */
export type Compression = "none" | "gzip" | "xz";

/** The bytes of a file, decompressed. */
export function openCompressed(path: string, compression: Compression): Readable[] {
  if (compression === "xz") {
    const file = Deno.openSync(path).readable;
    return [Readable.fromWeb(new xzDecompress.XzReadableStream(file) as NodeReadableStream)];
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  return compression === "gzip" ? [file, createGunzip() as unknown as Readable] : [file];
}

/** A tar archive, plain or compressed. */
export class TarArchive implements Archive {
  readonly #path: string;
  readonly #compression: Compression;

  constructor(path: string, compression: Compression) {
    this.#path = path;
    this.#compression = compression;
  }

  async each(
    visit: (entry: ArchiveEntry, read: () => AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const tar = extract();
    const feeding = pipeline([...openCompressed(this.#path, this.#compression), tar]);
    // Where reading fails, the loop below sees it first.
    feeding.catch(() => {});
    let entries = 0, refused: { error: unknown } | undefined;
    try {
      for await (const stream of tar) {
        entries++;
        try {
          await visit(
            toEntry(stream.header),
            () => this.#read(stream as AsyncIterable<Uint8Array>),
          );
        } catch (error) {
          refused = { error };
          break;
        }
        stream.resume();
      }
      if (refused === undefined) await feeding;
    } catch (error) {
      throw this.#broken(error);
    }
    if (refused !== undefined) throw refused.error;
    if (entries === 0) {
      throw new ArchiveError(
        `Expected a ${this.#name} archive in ${this.#path} but found no entries`,
      );
    }
  }

  async *#read(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* stream;
    } catch (error) {
      throw this.#broken(error);
    }
  }

  #broken(error: unknown): ArchiveError {
    return new ArchiveError(
      `Expected a whole ${this.#name} archive in ${this.#path} but found a broken one: ` +
        (error as Error).message,
    );
  }

  get #name(): string {
    return { none: "tar", gzip: "tar.gz", xz: "tar.xz" }[this.#compression];
  }
}

const KINDS: Record<string, ArchiveEntry["kind"]> = {
  file: "file",
  "contiguous-file": "file",
  directory: "directory",
  symlink: "symlink",
  link: "hardlink",
};

function toEntry({ name, type, size, linkname, mode }: Header): ArchiveEntry {
  return {
    name,
    kind: KINDS[type ?? "file"] ?? "other",
    size: size ?? 0,
    target: linkname ?? undefined,
    executable: ((mode ?? 0) & 0o100) !== 0,
  };
}
