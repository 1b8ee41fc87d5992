/** The archive that a checkpoint of PyTorch is, and the files in it. */
import { crc32 } from "node:zlib";
import { type Entry, type FileEntry, ZipReader } from "@zip.js/zip.js";
import { BEGINNING, foundAt } from "../io/beginning.ts";
import { latin1 } from "../io/bytes.ts";
import type { FileReader } from "../io/zip_file.ts";
import { CheckpointError } from "./errors.ts";

/** How a file of PyTorch before 1.6 begins: a pickle of this number. */
const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/** What PyTorch itself tells TorchScript by. */
const TORCH_SCRIPT = /^[^/]+\/constants\.pkl$/;

/** Entries of an archive: one for each storage, of which large networks have some thousands. */
const MOST_ENTRIES = 2 ** 15;
/** What stands before an entry's name in a zip archive: so many bytes, the first four these. */
const LOCAL_HEADER = 30, LOCAL_MAGIC = 0x04034b50;
/** Bytes that are summed at a time. */
const SUMMED = 2 ** 20;

/**
 * The files of a checkpoint's archive, by name. Each lies in it as it is, inside the file.
 *
 * @throws {CheckpointError} Where the file is no such archive.
 */
export async function listEntries(reader: FileReader): Promise<Map<string, FileEntry>> {
  const start = await reader.readUint8Array(0, BEGINNING);
  if (LEGACY_MAGIC.every((byte, i) => start[i + 2] === byte)) {
    throw new CheckpointError(
      "Expected a checkpoint of PyTorch 1.6 or newer but found one in the older format; load it " +
        "with PyTorch and save it again",
    );
  }
  if (start[0] !== 0x50 || start[1] !== 0x4b) {
    const found = foundAt(latin1(start));
    throw new CheckpointError(`Expected a checkpoint, which is a zip archive, but found ${found}`);
  }
  const found: Entry[] = [];
  try {
    for await (const entry of new ZipReader(reader).getEntriesGenerator()) {
      if (found.push(entry) > MOST_ENTRIES) {
        throw new CheckpointError(`Expected at most ${MOST_ENTRIES} entries but found more`);
      }
    }
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    const { message, filename } = error as Error & { filename?: string };
    throw new CheckpointError(
      `Expected a whole zip archive but found a broken one: ${message}` +
        (filename === undefined ? "" : `: ${JSON.stringify(filename)}`),
    );
  }
  // It has compressed entries as well, which would be said to be what is wrong.
  if (found.some(({ filename }) => TORCH_SCRIPT.test(filename))) {
    throw new CheckpointError(
      "Expected a checkpoint but found TorchScript; load it with torch.jit.load and save its " +
        "state_dict() with torch.save",
    );
  }
  const entries = new Map<string, FileEntry>();
  for (const entry of found) {
    if (entry.directory) continue;
    const { filename, compressionMethod, compressedSize, uncompressedSize, offset } = entry;
    const claims = compressionMethod !== 0 || entry.encrypted ||
      compressedSize !== uncompressedSize || offset + compressedSize > reader.size;
    if (claims) {
      throw new CheckpointError(
        `Expected the entry ${filename} to be stored as it is, inside the file of ${reader.size} ` +
          `bytes, but found one of ${uncompressedSize} bytes by method ${compressionMethod}`,
      );
    }
    if (entries.has(filename)) {
      throw new CheckpointError(`Expected one entry ${filename} but found two`);
    }
    entries.set(filename, entry);
  }
  return entries;
}

/** All bytes of an entry. */
export function readEntry(reader: FileReader, entry: FileEntry): Promise<Uint8Array> {
  return openEntry(reader, entry)(0, entry.uncompressedSize);
}

/**
 * What reads parts of an entry, whose checksum is looked at before the first: a network may be many
 * views of one storage.
 */
export function openEntry(reader: FileReader, entry: FileEntry) {
  let place: Promise<number> | undefined;
  return async (start: number, length: number): Promise<Uint8Array> => {
    place ??= placeOf(reader, entry);
    return await reader.readUint8Array(await place + start, length);
  };
}

/**
 * Where the bytes of an entry begin, which lie in the file as they are. Through the streams of zip.js
 * each of some hundred would take half a millisecond.
 */
async function placeOf(reader: FileReader, entry: FileEntry): Promise<number> {
  const { filename, offset, uncompressedSize, signature } = entry;
  const header = await reader.readUint8Array(offset, LOCAL_HEADER);
  const view = new DataView(header.buffer, 0, header.length);
  if (header.length === LOCAL_HEADER && view.getUint32(0, true) === LOCAL_MAGIC) {
    const start = offset + LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
    let sum = 0, done = 0;
    while (done < uncompressedSize) {
      const size = Math.min(SUMMED, uncompressedSize - done);
      const bytes = await reader.readUint8Array(start + done, size);
      if (bytes.length < size) break;
      sum = crc32(bytes, sum);
      done += size;
    }
    if (done === uncompressedSize && sum === signature) return start;
  }
  throw new CheckpointError(
    `Expected the entry ${filename} to be whole but found other bytes than its checksum is of`,
  );
}
