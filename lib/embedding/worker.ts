/** The program of a process that embeds files: requests on standard input, answers on output. */
import { join } from "node:path";
import { serialize } from "node:v8";
import { writeAllSync } from "../io/bytes.ts";
import { removeTree } from "../io/remove_tree.ts";
import { type Answer, readLines, type Request, type WorkerStart } from "./protocol.ts";

/** What shells report for a program that Ctrl-C has ended. */
const STOPPED = 130;

// Standard output carries the answers, so what a model prints goes where errors go.
console.log = console.info = console.debug = console.error;

const { module, options, exchange }: WorkerStart = JSON.parse(Deno.args[0]);

// Ctrl-C in a terminal reaches all processes of a program, so that nobody else removes it either; it may
// come while the model is loaded.
const signals: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  Deno.addSignalListener(signal, () => {
    removeTree(exchange);
    Deno.exit(STOPPED);
  });
}

const { createModel } = await import(module);
const model = await createModel(options);

async function answer({ slot, kind, path }: Request): Promise<Answer> {
  try {
    const heard = await (kind === "item" ? model.embedItem(path) : model.embedQuery(path));
    Deno.writeFileSync(join(exchange, String(slot)), serialize(heard));
    return { slot };
  } catch (error) {
    return { slot, error: error instanceof Error ? error.message : String(error) };
  }
}

try {
  for await (const line of readLines(Deno.stdin.readable)) {
    const bytes = new TextEncoder().encode(JSON.stringify(await answer(JSON.parse(line))) + "\n");
    writeAllSync(Deno.stdout, bytes);
  }
} catch (error) {
  // Nobody reads any more: who asked was killed, and what went wrong is told by none of many.
  if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
} finally {
  // Who asked is done, or was killed: then nobody else removes it.
  removeTree(exchange);
}
