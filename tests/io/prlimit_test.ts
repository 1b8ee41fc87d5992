import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT, withFolder } from "../support.ts";

Deno.test("prlimit() gives no words where there is no such program, as on macOS and Windows", () =>
  withFolder(async (folder) => {
    const program = join(folder, "run.ts");
    const { href } = pathToFileURL(join(PROJECT, "lib", "io", "prlimit.ts"));
    Deno.writeTextFileSync(
      program,
      `import { prlimit } from "${href}";\nconsole.log(await prlimit(["--core=0", "--cpu=9"]));`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", program],
      env: { PATH: folder, NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(stdout), "[]\n", decoder.decode(stderr));
  }));
