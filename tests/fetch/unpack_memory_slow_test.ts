import assert from "node:assert/strict";
import { join } from "node:path";
import { Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { withFolder } from "../support.ts";

Deno.test("unpackFile() streams: an archive much larger than the memory it takes", () =>
  withFolder(async (root) => {
    const megabyte = new Uint8Array(1 << 20);
    const file = await Deno.open(join(root, "a.zip"), { write: true, create: true });
    const writer = new ZipWriter(file.writable, { useWebWorkers: false, level: 0 });
    for (let i = 0; i < 300; i++) await writer.add(`${i}`, new Uint8ArrayReader(megabyte));
    await writer.close();
    // In a process of its own, whose memory is nobody else's.
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--v8-flags=--expose-gc", join(import.meta.dirname!, "unpack_in.ts")],
        ...[root, "a.zip", "out"],
      ],
      stdin: "null",
      stderr: "inherit",
    }).output();
    const taken = Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
    assert.ok(taken > 0 && taken < 200e6, `${taken / 1e6} MB`);
    assert.equal([...Deno.readDirSync(join(root, "out"))].length, 300);
  }));
