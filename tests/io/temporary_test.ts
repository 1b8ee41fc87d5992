import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { temporaryFile, temporaryFolder } from "../../lib/io/temporary.ts";
import { cli, withFolder } from "../support.ts";

Deno.test("temporaryFolder() and temporaryFile() make one of a name of its own, where they are told", () =>
  withFolder((folder) => {
    const made = temporaryFolder("some-", folder), other = temporaryFolder("some-", folder);
    assert.notEqual(made, other);
    assert.equal(dirname(made), folder);
    assert.ok(Deno.statSync(made).isDirectory);
    const file = temporaryFile("one-", made);
    assert.equal(Deno.statSync(file).size, 0);
    assert.match(file.slice(made.length + 1), /^one-/);
  }));

Deno.test("temporaryFolder() and temporaryFile() say where there is no place for one", () =>
  withFolder((folder) => {
    const none = join(folder, "none");
    for (const make of [temporaryFolder, temporaryFile]) {
      assert.throws(
        () => make("some-", none),
        (error) => error instanceof Deno.errors.NotFound && error.message.endsWith(`: ${none}`),
      );
    }
  }));

Deno.test("a command names the folder for temporary files that it can't use", () =>
  withFolder(async (folder) => {
    const none = join(folder, "none");
    const { code, stderr } = await cli(["run", "--no-types", "submission.ipynb"], {
      env: { TMPDIR: none, TMP: none, TEMP: none },
    });
    assert.equal(code, 1);
    assert.match(stderr, /^Expected to go on but there is no such file: /m);
    assert.ok(stderr.trimEnd().endsWith(`: ${none}`), stderr);
  }));
