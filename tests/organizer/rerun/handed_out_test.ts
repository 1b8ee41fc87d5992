import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { KeepError } from "../../../lib/organizer/rerun/batch_error.ts";
import { copyOut, HandedOutError } from "../../../lib/organizer/rerun/handed_out.ts";
import { NEEDS_UNIX, withFolder, writeFiles } from "../../support.ts";

const ignore = NEEDS_UNIX !== "";

/** What `copyOut` says of a file that a command of the shell has left; undefined where it took it. */
async function copied(folder: string, command: string): Promise<string | undefined> {
  const root = join(folder, "root"), to = join(folder, "copy");
  writeFiles(root, { "output/scores.json": "{}", "secret": "organizer's" });
  const { success } = await new Deno.Command("sh", { args: ["-c", command], cwd: root }).output();
  assert.ok(success, command);
  try {
    copyOut(root, "output/scores.json", to, 100);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof HandedOutError, `${error}`);
    assert.throws(() => Deno.statSync(to), Deno.errors.NotFound);
    return error.message.match(
      /^Expected a file at ROOT_PATH\/output\/scores\.json but found (.*)$/,
    )![1];
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test({
  name: `copyOut() takes files alone, and follows no link${NEEDS_UNIX}`,
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const other = "a pipe, a socket or a device";
      for (
        const [command, found] of [
          ["rm output/scores.json", "none"],
          ["rm -r output", "none"],
          ["ln -sf ../secret output/scores.json", "a link"],
          ["ln -sf /dev/zero output/scores.json", "a link"],
          ["mv output o && ln -s o output", "a link"],
          ["rm output/scores.json && mkdir output/scores.json", "a folder"],
          ["rm output/scores.json && mkfifo output/scores.json", other],
          ["rm -r output && echo x > output", "none"],
          // Other systems than Linux have no `truncate`.
          [
            "dd if=/dev/null of=output/scores.json bs=1048576 seek=4096 2>/dev/null",
            "4096.0 MiB, more than the 0.0 MiB that it can need",
          ],
        ]
      ) assert.equal(await copied(folder, command), found, command);
    }),
});

Deno.test({
  name: `copyOut() blames the file that can't be read to its end${
    Deno.build.os === "linux" ? "" : " (needs Linux)"
  }`,
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder((folder) => {
      // A regular file that the kernel opens and then answers EIO for, as a broken disk does: nothing
      // of a process lies at the address 0.
      const to = join(folder, "copy");
      assert.throws(() => copyOut(`/proc/${Deno.pid}`, "mem", to, 100), {
        name: "HandedOutError",
        message: "Expected a file at ROOT_PATH/mem but found one that can't be read",
      });
      assert.ok(!existsSync(to));
    }),
});

Deno.test({
  name: `copyOut() takes no socket${NEEDS_UNIX}`,
  ignore,
  fn: () =>
    withFolder((folder) => {
      using _listener = Deno.listen({ transport: "unix", path: join(folder, "socket") });
      const copy = () => copyOut(folder, "socket", join(folder, "copy"), 100);
      assert.throws(copy, /found a pipe, a socket or a device/);
    }),
});

Deno.test({
  name: `copyOut() copies bytes, and nothing of a file's mode${NEEDS_UNIX}`,
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      assert.equal(await copied(folder, "chmod 6777 output/scores.json"), undefined);
      const copy = join(folder, "copy");
      assert.equal(Deno.readTextFileSync(copy), "{}");
      // No more than any file that this person makes.
      writeFiles(folder, { other: "" });
      const mode = (path: string) => Deno.statSync(path).mode! & 0o7777;
      assert.equal(mode(copy) & ~mode(join(folder, "other")), 0);
    }),
});

Deno.test({
  name: `copyOut() blames the disk that is full, not the file, and leaves no half of a copy${
    existsSync("/dev/full") ? "" : " (needs /dev/full)"
  }`,
  ignore: !existsSync("/dev/full"),
  fn: () =>
    withFolder((folder) => {
      writeFiles(folder, { scores: "{}" });
      const full = join(folder, "full");
      Deno.symlinkSync("/dev/full", full);
      assert.throws(
        () => copyOut(folder, "scores", full, 100),
        (error) =>
          error instanceof KeepError &&
          /keep .*full but could not: No space left/.test(error.message),
      );
      assert.ok(!existsSync(full));
      const nowhere = join(folder, "none", "copy");
      assert.throws(() => copyOut(folder, "scores", nowhere, 100), KeepError);
    }),
});
