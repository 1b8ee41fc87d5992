import assert from "node:assert/strict";
import { join } from "node:path";
import { KeptLock } from "../../lib/io/kept_lock.ts";
import { withFolder, writeFiles } from "../support.ts";

const LOCK = { version: "5", specifiers: { "npm:a@1": "1.0.0" }, npm: { "a@1.0.0": {} } };
const GROWN = {
  version: "5",
  specifiers: { "npm:a@1": "1.0.0", "npm:b@2": "2.0.0" },
  npm: { "a@1.0.0": {}, "b@2.0.0": { integrity: "x" } },
};
/** A second version of a package has come: those that depend on it say now on which. */
const DEPENDING = { ...LOCK, npm: { ...LOCK.npm, "@c/d@1.0.0": { dependencies: ["@e/f", "a"] } } };
const SAYS_WHICH = {
  ...GROWN,
  npm: {
    ...GROWN.npm,
    "a@2.0.0": {},
    "@c/d@1.0.0": { dependencies: ["@e/f", "a@1.0.0"] },
  },
};
const OTHER = { ...GROWN, specifiers: { "npm:a@1": "1.0.1" } };

/** What the lock holds after others wrote these files and it was put back. */
function afterwards(files: Record<string, string>, lock: unknown = LOCK): Promise<string> {
  return withFolder((folder) => {
    writeFiles(folder, { "deno.json": "{}", "deno.lock": JSON.stringify(lock) });
    const kept = new KeptLock(folder);
    writeFiles(folder, files);
    kept.restore();
    assert.ok([...Deno.readDirSync(folder)].length <= 2);
    return Deno.readTextFileSync(join(folder, "deno.lock"));
  });
}

Deno.test("KeptLock takes back further packages, and nothing else", async () => {
  assert.equal(await afterwards({ "deno.lock": JSON.stringify(GROWN) }), JSON.stringify(LOCK));
  assert.equal(await afterwards({ "deno.lock": JSON.stringify(OTHER) }), JSON.stringify(OTHER));
  for (const [before, after] of [[DEPENDING, SAYS_WHICH], [SAYS_WHICH, { ...SAYS_WHICH, x: 1 }]]) {
    assert.equal(
      await afterwards({ "deno.lock": JSON.stringify(after) }, before),
      JSON.stringify(before),
    );
  }
  const less = { ...SAYS_WHICH, npm: { ...SAYS_WHICH.npm, "@c/d@1.0.0": { dependencies: ["a"] } } };
  const lessText = JSON.stringify(less);
  assert.equal(await afterwards({ "deno.lock": lessText }, DEPENDING), lessText);
  assert.equal(await afterwards({ "deno.lock": "{" }), "{");
  const changed = { "deno.json": `{"imports":{}}`, "deno.lock": JSON.stringify(GROWN) };
  assert.equal(await afterwards(changed), JSON.stringify(GROWN));
});

Deno.test("KeptLock makes no lock where there was none", () =>
  withFolder((folder) => {
    const kept = new KeptLock(folder);
    kept.restore();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    writeFiles(folder, { "deno.lock": JSON.stringify(GROWN) });
    kept.restore();
    assert.equal(Deno.readTextFileSync(join(folder, "deno.lock")), JSON.stringify(GROWN));
  }));
