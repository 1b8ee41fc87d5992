/** Unpacks an archive and prints how many bytes of memory that took: ROOT ARCHIVE TARGET. */
import { setRootPath, unpackFile } from "../../helpers.ts";

const [root, archive, target] = Deno.args;
setRootPath(root);
const before = Deno.memoryUsage().rss;
let peak = before;
const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 10);
await unpackFile(archive, target);
clearInterval(watch);
console.log(Math.max(peak, Deno.memoryUsage().rss) - before);
