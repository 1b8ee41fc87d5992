import assert from "node:assert/strict";
import { join } from "node:path";
import { HandedOutError } from "../../../lib/organizer/rerun/handed_out.ts";
import { lockedPackages } from "../../../lib/organizer/rerun/locked_packages.ts";
import { sandboxed } from "../../../lib/organizer/rerun/sandbox.ts";
import type { World } from "../../../lib/organizer/rerun/world.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../../support.ts";

Deno.test("sandboxed() mounts nothing where cells have put a link into their cache, and has no home of theirs", () =>
  withFolder((folder) => {
    const { npm } = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.lock")));
    const [name, version] = Object.keys(npm).find((key) => /^[\w-]+@[\d.]+$/.test(key))!.split("@");
    const sharedCache = join(folder, "shared"), victim = join(folder, "victim");
    Deno.mkdirSync(join(sharedCache, "npm", "registry.test", name, version), { recursive: true });
    const [path] = lockedPackages(join(PROJECT, "deno.lock"), sharedCache);
    assert.equal(path, join("npm", "registry.test", name, version));
    const cache = join(folder, "world", "cache");
    const world = {
      ...{ folder: join(folder, "world"), mounted: join(folder, "world"), enter: [] },
      part: () => cache,
    } as unknown as World;
    const command = () =>
      sandboxed({
        ...{ packageFolder: PROJECT, dataFolder: folder, world, ownCache: true, sharedCache },
        network: "none",
      }).args.join(" ");
    Deno.mkdirSync(cache, { recursive: true });
    // What is in the root may be settings of Deno's, by which another's packages would be the runner's.
    assert.match(command(), / --setenv HOME \/ /);
    // What is not there yet is made by whoever mounts it.
    assert.match(command(), new RegExp(`/deno_cache/${path} `));
    Deno.mkdirSync(join(cache, "npm"));
    Deno.mkdirSync(victim);
    for (const part of ["npm/registry.test", `npm/registry.test/${name}`]) {
      Deno.symlinkSync(victim, join(cache, part));
      assert.throws(
        command,
        new HandedOutError(
          `Expected a folder in the cache but found another thing at ${part}`,
        ),
      );
      Deno.removeSync(join(cache, part));
      Deno.mkdirSync(join(cache, part));
    }
    assert.match(command(), new RegExp(`/deno_cache/${path} `));
  }));

const isLinux = Deno.build.os === "linux";

Deno.test({
  name: `rerun says why bubblewrap makes no namespaces, and where it is not there${
    isLinux ? "" : " (needs Linux)"
  }`,
  ignore: !isLinux,
  fn: () =>
    withFolder(async (folder) => {
      const data = join(PROJECT, "data", "qvim-mini"), report = join(folder, "report");
      const stderr = async () => {
        const options = ["--data", data, "--report", report];
        const found = await cli(["rerun", "x.ipynb", ...options], { env: { PATH: folder } });
        assert.equal(found.code, 1);
        return found.stderr;
      };
      assert.match(
        await stderr(),
        /Expected bubblewrap, .* but found none; docs\/organizers\.md says/,
      );
      const said = "bwrap: setting up uid map: Permission denied";
      writeFiles(folder, { bwrap: `#!/bin/sh\necho '${said}' >&2\nexit 1\n` });
      Deno.chmodSync(join(folder, "bwrap"), 0o755);
      const found = new RegExp(
        `but found that it ends with status 1 and "${said}"; docs/organizers`,
      );
      assert.match(await stderr(), found);
    }),
});
