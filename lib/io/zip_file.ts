import { configure, Reader } from "@zip.js/zip.js";
import { readAtSync } from "./bytes.ts";

// A Worker of the Deno kernel takes a second to start.
configure({ useWebWorkers: false });

/** Reads pieces of a file as zip.js asks for them, so that no archive need fit into memory. */
export class FileReader extends Reader<Deno.FsFile> {
  readonly #file: Deno.FsFile;
  override size: number;

  constructor(file: Deno.FsFile) {
    super(file);
    this.#file = file;
    this.size = file.statSync().size;
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - index)));
    const filled = readAtSync(this.#file, index, bytes);
    return Promise.resolve(bytes.subarray(0, filled));
  }
}
