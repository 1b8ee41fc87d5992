import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf, tracesOf } from "../../../lib/organizer/rerun/digest.ts";
import { NEEDS_UNIX, withFolder, writeFiles } from "../../support.ts";

/** SHA-256 of `abc`, as FIPS 180-2 has it, and of a million times `a`. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const MILLION = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

Deno.test({
  name: `tracesOf() has size, mode and content of each file, small and large${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      writeFiles(folder, { "b/abc": "abc", "a": "a".repeat(1_000_000) });
      const paths = [join(folder, "a"), join(folder, "b", "abc")];
      for (const path of paths) Deno.chmodSync(path, 0o640);
      const mode = Deno.lstatSync(paths[0]).mode;
      const texts = async (...args: Parameters<typeof tracesOf>) =>
        Array.from(await tracesOf(...args), ([path, { text }]) => [path, text]);
      assert.deepEqual(await texts(folder, true), [
        [paths[0], `1000000 ${mode} ${MILLION}`],
        [paths[1], `3 ${mode} ${ABC}`],
      ]);
      assert.deepEqual([...await tracesOf(join(folder, "none"), true)], []);
      // What is as long as it was, at the time that it had, is another by its content alone.
      const { mtime, ctime } = Deno.statSync(paths[1]);
      const [byTime, byContent] = [await texts(folder, false), await texts(folder, true)];
      const known = await tracesOf(folder, true);
      assert.deepEqual(await texts(folder, true, known), byContent);
      // The system's clock goes in steps of some milliseconds.
      while (Deno.statSync(paths[1]).ctime!.getTime() === ctime!.getTime()) {
        Deno.writeTextFileSync(paths[1], "abd");
        Deno.utimeSync(paths[1], mtime!, mtime!);
      }
      assert.deepEqual(await texts(folder, false), byTime);
      for (const found of [await texts(folder, true), await texts(folder, true, known)]) {
        assert.deepEqual(found[0], byContent[0]);
        assert.notDeepEqual(found[1], byContent[1]);
      }
      // What the system says nothing new of is as it was.
      const status = known.get(paths[0])!.status;
      const made = new Map([[paths[0], { status, text: "not read again" }]]);
      assert.deepEqual((await texts(folder, true, made))[0], [paths[0], "not read again"]);
    }),
});

Deno.test("digestOf() depends on names and contents, and on nothing else", () =>
  withFolder(async (folder) => {
    writeFiles(folder, { "one/a/x": "1", "two/a/x": "1", "three/a/y": "1", "four/a/x": "2" });
    const digests = await Promise.all(
      ["one", "two", "three", "four"].map((name) => digestOf(join(folder, name))),
    );
    assert.equal(digests[0], digests[1]);
    assert.equal(new Set(digests).size, 3);
  }));
