import assert from "node:assert/strict";
import { join } from "node:path";
import { replaceFile, replaceFileSync } from "../../lib/io/replace_file.ts";
import { withFolder } from "../support.ts";

Deno.test("replaceFile() gives a file its name when it is whole", () =>
  withFolder(async (folder) => {
    const path = join(folder, "scores.json");
    Deno.writeTextFileSync(path, "old");
    await replaceFile(path, async (partial) => {
      await Deno.writeTextFile(partial, "new");
      assert.equal(Deno.readTextFileSync(path), "old");
    });
    assert.equal(Deno.readTextFileSync(path), "new");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["scores.json"]);
  }));

Deno.test("replaceFile() keeps what was there and leaves nothing behind where writing fails", () =>
  withFolder(async (folder) => {
    const path = join(folder, "scores.json");
    Deno.writeTextFileSync(path, "old");
    const fail = (partial: string) => {
      Deno.writeTextFileSync(partial, "half");
      throw new RangeError("the disk is full");
    };
    await assert.rejects(replaceFile(path, fail), RangeError);
    assert.throws(() => replaceFileSync(path, fail), RangeError);
    assert.equal(Deno.readTextFileSync(path), "old");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["scores.json"]);
  }));

Deno.test("replaceFile() takes a text or bytes as well", () =>
  withFolder(async (folder) => {
    const path = join(folder, "scores.json");
    await replaceFile(path, "é");
    assert.equal(Deno.readTextFileSync(path), "é");
    replaceFileSync(path, Uint8Array.of(195, 168));
    assert.equal(Deno.readTextFileSync(path), "è");
    assert.equal([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("replaceFile() names the file where the system's refusal does not", () =>
  withFolder(async (folder) => {
    const path = join(folder, "scores.json");
    // What writing to an open file says where its disk is full.
    const full = () => {
      throw Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    };
    const message = `No space left on device (os error 28): ${path}`;
    await assert.rejects(replaceFile(path, full), { message });
    assert.throws(() => replaceFileSync(path, full), { message });
    assert.throws(() => replaceFileSync(join(folder, "none", "a"), ""), /: writefile .*none.a\./);
  }));
