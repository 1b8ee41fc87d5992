import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "./support.ts";

const readJson = (name: string) => JSON.parse(Deno.readTextFileSync(join(PROJECT, name)));

Deno.test("deno.lock names the packages of deno.json, and none that only tests or tools use", () => {
  const imports = Object.values<string>(readJson("deno.json").imports);
  const packages = imports.filter((target) => target.startsWith("npm:")).sort();
  assert.ok(packages.length > 10);
  assert.deepEqual(Object.keys(readJson("deno.lock").specifiers).sort(), packages);
});

Deno.test("deno.json pins each package to one version", () => {
  for (const target of Object.values<string>(readJson("deno.json").imports)) {
    assert.match(target, /^(\.\/.+|npm:(@[^@/]+\/)?[^@/]+@\d+\.\d+\.\d+)$/);
  }
});
