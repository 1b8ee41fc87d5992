/** Checkpoints, which are zip archives, taken apart and put together otherwise. */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import { openCheckpoint } from "../../lib/pytorch/checkpoint.ts";
import type { Tensor } from "../../lib/pytorch/tensor.ts";
import { FIXTURES, withFolder } from "../support.ts";

/** The content of an archive: name → bytes. */
export type Files = Record<string, Uint8Array>;

/** The parts of a small checkpoint of every type of number, that PyTorch made; see `checkpoint_test.ts`. */
export const SMALL = join(FIXTURES, "small_checkpoint.pt");

/** All files of an archive. */
export async function unzip(bytes: Uint8Array): Promise<Files> {
  const entries = await new ZipReader(new Uint8ArrayReader(bytes)).getEntries();
  const files: Files = {};
  for (const entry of entries) {
    if (!entry.directory) files[entry.filename] = await entry.getData(new Uint8ArrayWriter());
  }
  return files;
}

/** An archive of files, by zip.js and its options. */
export async function zip(files: Files, options = {}): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    level: 0,
    useWebWorkers: false,
    ...options,
  });
  for (const [name, bytes] of Object.entries(files)) {
    await writer.add(name, new Uint8ArrayReader(bytes));
  }
  return await writer.close();
}

/** Opens bytes as a checkpoint, and reads all of its tensors. */
export async function openBytes(bytes: Uint8Array, name = "x.pt"): Promise<Map<string, Tensor>> {
  return await withFolder(async (folder) => {
    const path = join(folder, name);
    Deno.writeFileSync(path, bytes);
    using checkpoint = await openCheckpoint(path);
    for (const tensor of checkpoint.tensors.values()) await tensor.read();
    return checkpoint.tensors;
  });
}

/**
 * An archive of files as they are, in a hundredth of the time that zip.js takes: where there are
 * hundreds, that is all that counts.
 */
export function storedZip(files: Files): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let offset = 0;
  const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
  const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  for (const [path, bytes] of Object.entries(files)) {
    const name = new TextEncoder().encode(path);
    const about = [
      // Version, names in UTF-8, stored, no time, the first of January 1980.
      ...[u16(20, 0x800, 0, 0, 0x21), u32(crc32(bytes), bytes.length, bytes.length)],
      u16(name.length, 0),
    ];
    const local = [u32(0x04034b50), ...about, name, bytes];
    directory.push(u32(0x02014b50), u16(20), ...about, u16(0, 0, 0), u32(0, offset), name);
    parts.push(...local);
    offset += sum(local);
  }
  const count = Object.keys(files).length;
  const end = [u32(0x06054b50), u16(0, 0, count, count), u32(sum(directory), offset), u16(0)];
  return new Uint8Array(Buffer.concat([...parts, ...directory, ...end]));
}

function sum(parts: Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
