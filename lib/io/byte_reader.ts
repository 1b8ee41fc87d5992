/** Reads a certain number of bytes at a time of what comes in parts of any length. */
export class ByteReader {
  readonly #next: () => Promise<Uint8Array<ArrayBuffer> | undefined>;
  #part: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** @param next Gives the next part; undefined at the end. */
  constructor(next: () => Promise<Uint8Array<ArrayBuffer> | undefined>) {
    this.#next = next;
  }

  /** The next bytes, in an array of their own; undefined where the end comes before them. */
  async read(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      if (this.#part.length === 0) {
        const part = await this.#next();
        if (part === undefined) return undefined;
        this.#part = part;
      }
      const part = this.#part.subarray(0, length - done);
      bytes.set(part, done);
      done += part.length;
      this.#part = this.#part.subarray(part.length);
    }
    return bytes;
  }
}
