/** Whether a sound is one to be found or one to be searched with. */
export type SoundKind = "item" | "query";

/** How another process makes the model. */
export interface WorkerSpec {
  /** The URL of a module that exports `createModel(options)`. */
  module: string;
  /** What `createModel` is given. */
  options?: unknown;
}

/** What a process is told when it starts. */
export interface WorkerStart extends WorkerSpec {
  /**
   * The file that embeddings are left in. They do not go through the pipe: it holds 64 KiB, and a
   * process would stand still until somebody reads.
   */
  exchangeFile: string;
}

/** Asks a process to embed a file: one line of JSON. */
export interface Request {
  /** Where to leave the embedding: that many lengths of an embedding into the exchange file. */
  slot: number;
  /** Which of the two encoders to use. */
  kind: SoundKind;
  /** The file. */
  path: string;
}

/** The answer, one line of JSON: the embedding is there, or what went wrong. */
export type Answer = { slot: number; length: number } | { slot: number; error: string };

/** The lines of a stream of bytes. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
