/** Archives that tests make. */
import { pack } from "tar-stream";
import { BlobWriter, TextReader, ZipWriter } from "@zip.js/zip.js";

/** A ZIP archive of texts. */
export async function zip(
  entries: [name: string, text: string, options?: object][],
  options = {},
): Promise<Uint8Array> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, ...options });
  for (const [name, text, more] of entries) await writer.add(name, new TextReader(text), more);
  return new Uint8Array(await (await writer.close()).arrayBuffer());
}

/** An entry of a tar archive; a file unless said otherwise. */
export interface TarEntry {
  name: string;
  type?: "file" | "directory" | "symlink" | "link" | "character-device" | "fifo";
  linkname?: string;
  text?: string;
}

/** A tar archive. */
export async function tar(entries: TarEntry[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { text = "", ...header } of entries) {
    // The package does not write names that it would not read.
    archive.entry({ ...header, size: text.length } as never, text);
  }
  archive.finalize();
  const chunks = await Array.fromAsync(archive as unknown as AsyncIterable<Uint8Array>);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
