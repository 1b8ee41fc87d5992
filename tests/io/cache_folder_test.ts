import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../support.ts";

Deno.test("cacheFolder() takes the folder of XDG_CACHE_HOME where that is a whole path", () =>
  withFolder(async (folder) => {
    const module = new URL("../../lib/io/cache_folder.ts", import.meta.url).href;
    const program = `import { cacheFolder } from ${
      JSON.stringify(module)
    }; console.log(cacheFolder());`;
    const folderWith = async (named: string) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", program],
        // Deno would keep what it has transpiled where XDG_CACHE_HOME says.
        env: { XDG_CACHE_HOME: named, DENO_DIR: join(folder, "deno") },
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    const whole = join(folder, "caches");
    assert.equal(await folderWith(whole), join(whole, "qvim"));
    const usual = await folderWith("");
    assert.ok(usual.endsWith("qvim") && usual !== "qvim", usual);
    assert.equal(await folderWith("caches"), usual);
  }));
