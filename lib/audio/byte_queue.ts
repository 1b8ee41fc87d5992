/** What a stream has given and nobody has taken yet. */
export class ByteQueue {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #part: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
  }

  /** The next bytes, in an array of their own; undefined where the stream ends before them. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      if (this.#part.length === 0) {
        const { value } = await this.#reader.read();
        if (value === undefined) return undefined;
        this.#part = value;
      }
      const part = this.#part.subarray(0, length - done);
      bytes.set(part, done);
      done += part.length;
      this.#part = this.#part.subarray(part.length);
    }
    return bytes;
  }

  /** Takes no more. */
  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }
}
