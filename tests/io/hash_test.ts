import assert from "node:assert/strict";
import { join } from "node:path";
import { hashFile } from "../../lib/io/hash.ts";
import { NEEDS_UNIX, withFolder } from "../support.ts";

Deno.test("hashFile() gives the SHA-256 that FIPS 180-4 has for abc, and for a million letters", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x");
    for (
      const [text, expected] of [
        ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
        ["a".repeat(1e6), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
      ]
    ) {
      Deno.writeTextFileSync(path, text);
      assert.equal(await hashFile(path), expected);
    }
  }));

Deno.test({
  name: `hashFile() waits for no pipe, and reads no device without an end${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      const pipe = join(folder, "x");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      for (const path of [pipe, "/dev/zero"]) {
        await assert.rejects(hashFile(path), {
          name: "NotSupported",
          message: `Expected a file but found a pipe or a device at ${path}`,
        });
      }
    }),
});
