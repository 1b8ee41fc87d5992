import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadLance } from "../../lib/library/lancedb.ts";
import { PROJECT, withFolder } from "../support.ts";

function deno(args: string[], env: Record<string, string>) {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd: PROJECT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
}

/** The names of all files below a folder. */
function* namesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    yield name;
    if (isDirectory) yield* namesBelow(join(folder, name));
  }
}

Deno.test("what the first command fetches has nothing of LanceDB in it", async () => {
  await withFolder(async (folder) => {
    const env = { DENO_DIR: join(folder, "deno"), XDG_CACHE_HOME: join(folder, "cache") };
    const evaluate = await deno(["run", "-A", "cli.ts", "evaluate"], env);
    assert.equal(evaluate.code, 2, "it says how it is used");
    const names = [...namesBelow(join(env.DENO_DIR, "npm"))];
    assert.ok(names.length > 50, "something was fetched");
    assert.deepEqual(names.filter((name) => /lance|apache-arrow/.test(name)), []);
    assert.ok(!existsSync(env.XDG_CACHE_HOME));
  });
});

Deno.test("no lock but LanceDB's own names it", () => {
  const lock = Deno.readTextFileSync(join(PROJECT, "deno.lock"));
  assert.doesNotMatch(lock, /lance/);
  const own = Deno.readTextFileSync(join(PROJECT, "lib", "library", "lancedb", "deno.lock"));
  assert.match(own, /"npm:@lancedb\/lancedb@0\.31\.0"/);
  for (const unneeded of ["openai@4", "transformers@3", "onnxruntime"]) {
    assert.ok(!own.includes(unneeded), unneeded);
  }
});

Deno.test("LanceDB is fetched where it is first asked for, without its optional packages", async () => {
  await withFolder(async (folder) => {
    const { stdout } = await deno(["info", "--json"], {});
    const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
    const env = { XDG_CACHE_HOME: folder, DENO_DIR: denoDir };
    const args = ["run", "-A", "cli.ts", "index", "data/qvim-mini/Items/bark", "--library"];
    const first = await deno([...args, join(folder, "library")], env);
    const words = new TextDecoder().decode(first.stderr);
    assert.match(words, /^Fetching the database of the library, LanceDB \(300 MB\), this once/);
    const names = new Set(namesBelow(join(folder, "qvim")));
    assert.ok(names.has("@lancedb") && names.has("apache-arrow"));
    assert.ok(!names.has("sharp") && !names.has("onnxruntime-node"));
    const second = await deno([...args, join(folder, "library")], env);
    assert.deepEqual([first.code, second.code], [0, 0]);
    assert.doesNotMatch(new TextDecoder().decode(second.stderr), /Fetching/);
  });
});

Deno.test("loadLance() gives one LanceDB to all", async () => {
  assert.equal(await loadLance(), await loadLance());
  assert.equal(typeof (await loadLance()).lancedb.connect, "function");
});
