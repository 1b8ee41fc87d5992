import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { copyNotebook } from "../../../lib/organizer/rerun/handed_in.ts";
import { NEEDS_UNIX, withFolder } from "../../support.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

Deno.test("copyNotebook() copies the notebook that was verified, and no other", () =>
  withFolder((folder) => {
    const from = join(folder, "a.ipynb"), to = join(folder, "b.ipynb");
    Deno.writeTextFileSync(from, "one");
    copyNotebook(from, to, sha256("one"));
    assert.equal(Deno.readTextFileSync(to), "one");
    Deno.removeSync(to);
    Deno.writeTextFileSync(from, "two");
    assert.throws(() => copyNotebook(from, to, sha256("one")), {
      name: "NotebookError",
      message: `Expected the notebook that was verified but found that ${from} has changed since`,
    });
    assert.ok(!existsSync(to));
    Deno.removeSync(from);
    assert.throws(() => copyNotebook(from, to, sha256("one")), {
      name: "NotebookError",
      message: /^Expected to read a notebook but found: .*\(os error 2\)/,
    });
  }));

Deno.test({
  name: `copyNotebook() takes no device, no folder, and nothing through a link${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder((folder) => {
      const [device, large, to] = ["device", "large", "to"].map((name) => join(folder, name));
      Deno.symlinkSync("/dev/zero", device);
      Deno.writeTextFileSync(large, "");
      Deno.truncateSync(large, 2 ** 26 + 1);
      for (const [from, found] of [[device, "no file"], [folder, "no file"], [large, "65 MiB"]]) {
        assert.throws(() => copyNotebook(from, to), {
          name: "NotebookError",
          message: `Expected a notebook of at most 64 MiB but found ${found} at ${from}`,
        });
      }
      // What the first part of a run has put in its place.
      const notebook = join(folder, "a.ipynb"), outside = join(folder, "outside");
      Deno.writeTextFileSync(notebook, "one");
      Deno.symlinkSync(outside, to);
      assert.throws(() => copyNotebook(notebook, to), Deno.errors.AlreadyExists);
      assert.ok(!existsSync(outside));
    }),
});
