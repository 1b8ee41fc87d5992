/** Memory is the whole process's: this does not run beside others. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { unpackFile } from "../../helpers.ts";
import { withRoot } from "./support.ts";

Deno.test("unpackFile() streams: an archive much larger than the memory it takes", () =>
  withRoot(async (root) => {
    const megabyte = new Uint8Array(1 << 20);
    const file = await Deno.open(join(root, "a.zip"), { write: true, create: true });
    const writer = new ZipWriter(file.writable, { useWebWorkers: false, level: 0 });
    for (let i = 0; i < 300; i++) await writer.add(`${i}`, new Uint8ArrayReader(megabyte));
    await writer.close();
    const before = Deno.memoryUsage().rss;
    let peak = 0;
    const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 10);
    await unpackFile("a.zip", "out");
    clearInterval(watch);
    assert.ok(peak - before < 200e6, `${(peak - before) / 1e6} MB`);
    assert.equal([...Deno.readDirSync(join(root, "out"))].length, 300);
  }));
