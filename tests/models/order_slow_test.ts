import assert from "node:assert/strict";
import { withFolder } from "../support.ts";
import { hearApart, hearInOneProcess, writeSequence } from "./sequences.ts";

/** Each is heard in five ways: three hundred results; `bench/order.ts` hears thousands of files. */
const FILES = 60;

Deno.test("what is heard of a file is the same, bit for bit, whatever was heard before", () =>
  withFolder(async (folder) => {
    const paths = writeSequence(folder, FILES, 20);
    const apart = await hearApart(paths), { outcomes } = await hearInOneProcess(paths);
    assert.deepEqual(outcomes, apart);
    // Some were heard and some refused, else this shows nothing.
    const heard = apart.filter(({ vocalSearch }) => /^[0-9a-f]{16}$/.test(vocalSearch)).length;
    assert.ok(heard > FILES / 2 && heard < FILES, `${heard}`);
  }));
