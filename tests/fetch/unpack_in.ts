/**
 * Unpacks an archive and prints how many bytes it held on to while it did, as the collector finds that is
 * called for it: what nobody holds on to goes when that likes. Run with `--v8-flags=--expose-gc`.
 * Arguments: ROOT ARCHIVE TARGET.
 */
import { setRootPath, unpackFile } from "../../helpers.ts";

const [root, archive, target] = Deno.args;
setRootPath(root);
/** Bytes that are held: by this program's own objects, and behind them. */
function held(): number {
  (globalThis as unknown as { gc(): void }).gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
const before = held();
let peak = before;
const watch = setInterval(() => peak = Math.max(peak, held()), 50);
await unpackFile(archive, target);
clearInterval(watch);
console.log(Math.max(peak, held()) - before);
