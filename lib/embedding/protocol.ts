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
   * The folder that answers are left in, one file a slot, by structured clone (`node:v8`). They do not
   * go through the pipe: it holds 64 KiB, and a process would stand still until somebody reads.
   */
  exchange: string;
}

/** Asks a process to embed a file: one line of JSON. */
export interface Request {
  /** Which of the requests that are under way at a time this is, and the name of its answer's file. */
  slot: number;
  /** Which of the two encoders to use. */
  kind: SoundKind;
  /** The file. */
  path: string;
}

/** The answer, one line of JSON: what was heard is in the slot's file, or what went wrong. */
export type Answer = { slot: number } | { slot: number; error: string };

/**
 * The lines of a stream of bytes. `node:readline` would cut at U+2028 as well, which JSON leaves as it
 * is and which a file's name may hold.
 */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
