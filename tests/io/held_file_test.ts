import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { holdFile } from "../../lib/io/held_file.ts";
import { NEEDS_UNIX, withFolder } from "../support.ts";

const MODULE = JSON.stringify(new URL("../../lib/io/held_file.ts", import.meta.url).href);

// Windows lets nobody read what is held.
const ignore = NEEDS_UNIX !== "";

Deno.test(
  `holdFile() gives a file to one, and to the next where that one lets it go${NEEDS_UNIX}`,
  {
    ignore,
  },
  () =>
    withFolder((folder) => {
      const path = join(folder, "held");
      const first = holdFile(path, "the first, with a long name")!;
      assert.equal(holdFile(path, "x"), undefined);
      assert.equal(Deno.readTextFileSync(path), "the first, with a long name");
      first.release();
      assert.ok(!existsSync(path));
      const second = holdFile(path, "second")!;
      assert.equal(Deno.readTextFileSync(path), "second");
      assert.deepEqual([first.wasLeft, second.wasLeft], [false, false]);
      second.release();
    }),
);

Deno.test(
  `holdFile() gives what a process held that was killed${NEEDS_UNIX}`,
  { ignore },
  () =>
    withFolder(async (folder) => {
      const path = join(folder, "held");
      const code = `import { holdFile } from ${MODULE};
      console.log(holdFile(${JSON.stringify(path)}, "a child") !== undefined);
      setInterval(() => {}, 1000);`;
      Deno.writeTextFileSync(join(folder, "hold.ts"), code);
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-config", "--quiet", join(folder, "hold.ts")],
        stdout: "piped",
      }).spawn();
      const { value } = await child.stdout.getReader().read();
      assert.equal(new TextDecoder().decode(value), "true\n");
      assert.equal(holdFile(path, "x"), undefined);
      child.kill("SIGKILL");
      await child.status;
      const held = holdFile(path, "mine")!;
      assert.equal(Deno.readTextFileSync(path), "mine");
      assert.ok(held.wasLeft);
      held.release();
    }),
);
