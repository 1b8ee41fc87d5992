import assert from "node:assert/strict";
import { PROJECT, withFolder } from "../support.ts";

const PROGRAM = `
import { DotProducts } from "${new URL("../../lib/embedding/dot_products.ts", import.meta.url)}";
const products = await DotProducts.create([Float32Array.of(1, 2)]);
console.log(...(await products.multiply([Float32Array.of(3, 4)])).flatMap((row) => [...row]));`;

/** What is below a folder, empty folders too. */
function below(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => [
    name,
    ...(isDirectory ? below(`${folder}/${name}`) : []),
  ]);
}

Deno.test("a network that is run leaves nothing in the user's folder for anybody to send away", () =>
  withFolder(async (home) => {
    const deno = (...args: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args,
        cwd: PROJECT,
        env: { DENO_DIR: denoDir, HOME: home, USERPROFILE: home, LOCALAPPDATA: home },
        stdin: "null",
      }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { denoDir } = JSON.parse(text(info.stdout));
    const { stdout, stderr } = await deno("eval", PROGRAM);
    assert.equal(text(stdout), "11\n", text(stderr));
    assert.deepEqual(below(home), []);
  }));
