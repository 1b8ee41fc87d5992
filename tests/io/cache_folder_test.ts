import assert from "node:assert/strict";
import { join } from "node:path";

Deno.test("cacheFolder() takes the folder of XDG_CACHE_HOME where that is a whole path", async () => {
  const module = new URL("../../lib/io/cache_folder.ts", import.meta.url).href;
  const program = `import { cacheFolder } from ${
    JSON.stringify(module)
  }; console.log(cacheFolder());`;
  const folderWith = async (named: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      env: { XDG_CACHE_HOME: named },
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const whole = join(import.meta.dirname!, "caches");
  assert.equal(await folderWith(whole), join(whole, "qvim"));
  const usual = await folderWith("");
  assert.ok(usual.endsWith("qvim") && usual !== "qvim", usual);
  assert.equal(await folderWith("caches"), usual);
});
