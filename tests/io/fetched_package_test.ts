import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../support.ts";

/** Loads a file of a folder of packages that needs nothing to be fetched. */
const PROGRAM = `
  import { loadPackages } from ${
  JSON.stringify(new URL("../../lib/io/fetched_package.ts", import.meta.url).href)
};
  const packages = { name: "things", title: "things", manifest: Deno.args[0] };
  console.log(loadPackages(packages, ({ require, folder }) => {
    require("./thing.json");
    return folder;
  }));`;

Deno.test("loadPackages() removes what earlier versions have left where none has used it for long", () =>
  withFolder(async (folder) => {
    const manifest = join(folder, "manifest"), cache = join(folder, "cache", "qvim");
    Deno.mkdirSync(manifest);
    Deno.mkdirSync(cache, { recursive: true });
    const program = join(folder, "load.ts");
    Deno.writeTextFileSync(program, PROGRAM);
    const load = async (version: number) => {
      for (const name of ["deno.json", "package.json"]) {
        Deno.writeTextFileSync(join(manifest, name), "{}");
      }
      const lock = { version: "5", workspace: {} };
      Deno.writeTextFileSync(join(manifest, "deno.lock"), JSON.stringify(lock));
      Deno.writeTextFileSync(join(manifest, "thing.json"), String(version));
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-lock", program, manifest],
        env: { XDG_CACHE_HOME: join(folder, "cache") },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout).trim();
    };
    const age = (path: string, days: number) => {
      const then = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
      Deno.utimeSync(join(path, "package.json"), then, then);
    };
    const first = await load(1), second = await load(2);
    // Somebody still uses the first one; the others are of nobody, or of other packages.
    age(first, 100);
    assert.equal(await load(1), first);
    age(second, 31);
    for (const name of ["things-0123456789ab.gone", "others-0123456789ab", "things-of-mine"]) {
      Deno.mkdirSync(join(cache, name));
      Deno.writeTextFileSync(join(cache, name, "package.json"), "{}");
      age(join(cache, name), 100);
    }
    const third = await load(3);
    const left = Array.from(Deno.readDirSync(cache), ({ name }) => join(cache, name)).sort();
    const others = ["others-0123456789ab", "things-of-mine"].map((name) => join(cache, name));
    assert.deepEqual(left, [first, third, ...others].sort());
  }));

Deno.test("loadPackages() fetches once for all who want them at the same time, and whole where one was stopped", () =>
  withFolder(async (folder) => {
    const manifest = join(folder, "manifest"), cache = join(folder, "cache", "qvim");
    Deno.mkdirSync(manifest);
    for (const name of ["deno.json", "package.json", "thing.json"]) {
      Deno.writeTextFileSync(join(manifest, name), "{}");
    }
    const lock = { version: "5", workspace: {} };
    Deno.writeTextFileSync(join(manifest, "deno.lock"), JSON.stringify(lock));
    const program = join(folder, "load.ts");
    Deno.writeTextFileSync(program, PROGRAM);
    const load = async () => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-lock", program, manifest],
        env: { XDG_CACHE_HOME: join(folder, "cache"), NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assert.ok(success, decoder.decode(stderr));
      return { place: decoder.decode(stdout).trim(), said: decoder.decode(stderr) };
    };
    const all = await Promise.all(Array.from({ length: 4 }, load));
    const [{ place }] = all;
    assert.deepEqual(all.map((one) => one.place), Array(4).fill(place));
    assert.equal(all.map(({ said }) => said).join(""), "Fetching things, this once …\n");
    assert.deepEqual(Array.from(Deno.readDirSync(cache), ({ name }) => join(cache, name)), [place]);
    // Whoever was killed in the middle leaves its mark: what is there may be half of it.
    Deno.writeTextFileSync(join(place, "fetching.lock"), "process 1 fetches packages\n");
    assert.equal((await load()).said, "Fetching things, this once …\n");
    assert.equal((await load()).said, "");
  }));

Deno.test("loadPackages() leaves nothing of what could not be fetched, says why, and asks once", () =>
  withFolder(async (folder) => {
    const manifest = join(folder, "manifest"), program = join(folder, "load.ts");
    const files = {
      "deno.json": { nodeModulesDir: "auto" },
      "package.json": { dependencies: { "left-pad": "1.3.0" } },
      "deno.lock": {
        version: "5",
        specifiers: { "npm:left-pad@1.3.0": "1.3.0" },
        npm: { "left-pad@1.3.0": { integrity: "sha512-AA==" } },
        workspace: { packageJson: { dependencies: ["npm:left-pad@1.3.0"] } },
      },
    };
    Deno.mkdirSync(manifest);
    for (const [name, content] of Object.entries(files)) {
      Deno.writeTextFileSync(join(manifest, name), JSON.stringify(content));
    }
    Deno.writeTextFileSync(
      program,
      PROGRAM.replace("console.log(", "const load = () => (") + `
        const errors = [load, load].map((load) => { try { load(); } catch (error) { return error; } });
        console.log(JSON.stringify(errors.map(({ name, message }) => ({ name, message }))));`,
    );
    const load = async () => {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-lock", program, manifest],
        // Nothing listens there.
        env: {
          ...{ XDG_CACHE_HOME: join(folder, "cache"), DENO_DIR: join(folder, "deno") },
          ...{ NPM_CONFIG_REGISTRY: "http://127.0.0.1:9", NO_COLOR: "1" },
        },
      }).output();
      const decoder = new TextDecoder();
      assert.ok(success, decoder.decode(stderr));
      assert.equal(decoder.decode(stderr), "Fetching things, this once …\n");
      const [first, second] = JSON.parse(decoder.decode(stdout));
      assert.deepEqual(first, second);
      assert.equal(first.name, "PackageError");
      return first.message as string;
    };
    const message = await load();
    assert.match(
      message,
      /^Expected to fetch things from the npm registry into .* but found: .*left-pad.*refused.*; they/,
    );
    assert.doesNotMatch(message, /\n|backtrace/);
    const [place] = Array.from(Deno.readDirSync(join(folder, "cache", "qvim")), ({ name }) => name);
    const modules = join(folder, "cache", "qvim", place, "node_modules");
    Deno.mkdirSync(join(modules, "half"), { recursive: true });
    assert.equal(await load(), message);
    assert.throws(() => Deno.statSync(modules), Deno.errors.NotFound);
  }));

Deno.test("loadPackages() says where packages could be kept instead", () =>
  withFolder(async (folder) => {
    const program = join(folder, "load.ts");
    Deno.writeTextFileSync(program, PROGRAM);
    Deno.writeTextFileSync(join(folder, "cache"), "a file");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-lock", program, folder],
      env: { XDG_CACHE_HOME: join(folder, "cache"), NO_COLOR: "1" },
    }).output();
    assert.ok(!success);
    assert.match(
      new TextDecoder().decode(stderr),
      /PackageError: Expected to keep things in .*cache.qvim.things-\w+ but found: .*; XDG_CACHE_HOME in/,
    );
  }));
