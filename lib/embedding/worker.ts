/** The program of a process that embeds files: requests on standard input, answers on output. */
import { writeAllSync } from "../io/bytes.ts";
import type { EmbeddingModel } from "./embedding_model.ts";
import { type Answer, readLines, type Request, type WorkerStart } from "./protocol.ts";

// Standard output carries the answers, so what a model prints goes where errors go.
console.log = console.info = console.debug = console.error;

const { module, options, exchangeFile }: WorkerStart = JSON.parse(Deno.args[0]);
const { createModel } = await import(module) as {
  createModel(options: unknown): EmbeddingModel | Promise<EmbeddingModel>;
};
const model = await createModel(options);
using exchange = Deno.openSync(exchangeFile, { write: true });

async function answer({ slot, kind, path }: Request): Promise<Answer> {
  try {
    const embedding = await (kind === "item" ? model.embedItem(path) : model.embedQuery(path));
    const vector = new Float32Array(embedding);
    exchange.seekSync(slot * vector.byteLength, Deno.SeekMode.Start);
    writeAllSync(exchange, new Uint8Array(vector.buffer));
    return { slot, length: vector.length };
  } catch (error) {
    return { slot, error: error instanceof Error ? error.message : String(error) };
  }
}

for await (const line of readLines(Deno.stdin.readable)) {
  const bytes = new TextEncoder().encode(JSON.stringify(await answer(JSON.parse(line))) + "\n");
  writeAllSync(Deno.stdout, bytes);
}
