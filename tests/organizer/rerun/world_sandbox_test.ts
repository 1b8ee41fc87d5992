import assert from "node:assert/strict";
import { join } from "node:path";
import { TRIAL } from "../../../lib/organizer/rerun/sandbox.ts";
import { canBeSized, World } from "../../../lib/organizer/rerun/world.ts";
import { until, withFolder, writeFiles } from "../../support.ts";

function hostIn(folder: string) {
  const path = Deno.makeTempDirSync({ dir: folder });
  return { folder: path, remove: () => Deno.removeSync(path, { recursive: true }) };
}

const isSized = await withFolder((folder) => canBeSized(hostIn(folder), TRIAL));
const needs = isSized ? "" : " (needs bubblewrap, unshare and nsenter)";

Deno.test({
  name:
    `a World in memory takes what it is given and no more, files without a name included${needs}`,
  ignore: !isSized,
  fn: () =>
    withFolder(async (folder) => {
      const host = hostIn(folder);
      const world = await World.make(host, true);
      try {
        Deno.writeFileSync(join(world.part("root"), "before"), new Uint8Array(2 ** 22));
        await world.hold(2 ** 22, 100);
        const most = { bytes: Infinity, files: Infinity };
        assert.deepEqual(world.used(most), { bytes: 0, files: 0, isHidden: false });
        const path = join(world.part("tmp"), "x");
        using file = Deno.openSync(path, { write: true, create: true });
        Deno.removeSync(path);
        file.writeSync(new Uint8Array(2 ** 21));
        assert.equal(world.used(most).bytes, 2 ** 21);
        const fill = () =>
          Deno.writeFileSync(join(world.part("shm"), "y"), new Uint8Array(2 ** 25));
        assert.throws(fill, /No space left/);
        assert.ok(world.used(most).bytes > 2 ** 22);
        Deno.removeSync(join(world.part("shm"), "y"));
        const touch = (k: number) =>
          Deno.writeFileSync(join(world.part("cache"), `${k}`), new Uint8Array());
        assert.throws(() => Array.from({ length: 2000 }, (_, k) => touch(k)), /No space left/);
        assert.ok(world.used(most).files > 100);
        // Nothing of it is where this process would look for it.
        assert.deepEqual([...Deno.readDirSync(host.folder)], []);
      } finally {
        world.remove();
      }
      assert.throws(() => Deno.statSync(host.folder), Deno.errors.NotFound);
    }),
});

Deno.test({
  name: `a World lets a cache be written to, and nothing of that reaches it${needs}`,
  ignore: !isSized,
  fn: () =>
    withFolder(async (folder) => {
      const shared = join(folder, "shared");
      writeFiles(shared, { "a/package.json": "{}" });
      const world = await World.make(hostIn(folder), true);
      try {
        if (!await world.overlay(shared, "npm")) return;
        const inner = join(world.part("cache"), "npm", "a", "package.json");
        assert.equal(Deno.readTextFileSync(inner), "{}");
        Deno.writeTextFileSync(inner, "poisoned");
        assert.equal(Deno.readTextFileSync(inner), "poisoned");
        assert.equal(Deno.readTextFileSync(join(shared, "a", "package.json")), "{}");
      } finally {
        world.remove();
      }
    }),
});

Deno.test({
  name: `a World is gone with the process that made it, however that ends${needs}`,
  ignore: !isSized,
  fn: () =>
    withFolder(async (folder) => {
      const module = new URL("../../../lib/organizer/rerun/world.ts", import.meta.url);
      const code = `import { World } from ${JSON.stringify(module.href)};
await World.make({ folder: ${JSON.stringify(folder)}, remove() {} }, true);
Deno.kill(Deno.pid, "SIGKILL");`;
      const program = join(folder, "program.ts");
      Deno.writeTextFileSync(program, code);
      const { signal } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-lock", program],
        stderr: "null",
      }).output();
      assert.equal(signal, "SIGKILL");
      const holders = () =>
        Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((pid) => {
          try {
            return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(`\0${folder}\0`);
          } catch {
            return false;
          }
        });
      // It reads the end of its input a moment later.
      await until(() => holders().length === 0);
    }),
});
