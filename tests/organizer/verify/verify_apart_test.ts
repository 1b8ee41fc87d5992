import assert from "node:assert/strict";
import { join } from "node:path";
import { type Finding, verdictOf } from "../../../lib/organizer/verify/findings.ts";
import { verifyApart, withUntyped } from "../../../lib/organizer/verify/verify_apart.ts";
import { writeAttack } from "../../fixtures/attacks.ts";
import { withFolder, writeFiles } from "../../support.ts";

const OPTIONS = { jobs: 2, types: false };

/** What was found in each notebook of a folder, by its name. */
async function verified(folder: string, options = {}) {
  const found = await verifyApart([folder], { ...OPTIONS, ...options });
  return new Map(Array.from(found, ([path, it]) => [path.slice(folder.length + 1), it]));
}

Deno.test("verifyApart() tells of every file of a folder, whatever the others are", () =>
  withFolder(async (folder) => {
    writeAttack(folder, "honest_1", "");
    Deno.copyFileSync(join(folder, "honest_1.ipynb"), join(folder, "capitals_1.IPYNB"));
    writeAttack(folder, "long_1", "a.b;\n".repeat(1_000_000));
    writeAttack(folder, "lines_1", "Deno.chdir(`/`);\n".repeat(20_000));
    writeAttack(folder, "nested_1", "(".repeat(200_000));
    Deno.mkdirSync(join(folder, "folder_1.ipynb"));
    writeFiles(folder, { "brackets_1.ipynb": "[".repeat(5_000_000), "empty_1.ipynb": "" });
    const found = await verified(folder);
    const verdicts = Array.from(found, ([name, { findings }]) => [name, verdictOf(findings)]);
    assert.deepEqual(verdicts.sort(), [
      ["brackets_1.ipynb", "breaks a rule"],
      ["capitals_1.IPYNB", "clean"],
      ["empty_1.ipynb", "breaks a rule"],
      ["folder_1.ipynb", "breaks a rule"],
      ["honest_1.ipynb", "clean"],
      ["lines_1.ipynb", "breaks a rule"],
      ["long_1.ipynb", "breaks a rule"],
      ["nested_1.ipynb", "breaks a rule"],
    ]);
    assert.match(found.get("long_1.ipynb")!.findings[0].message, /at most 2000 cells and 4194304/);
    // A finding a line would be a report that nobody reads.
    const { findings } = found.get("lines_1.ipynb")!;
    assert.equal(findings.length, 201);
    assert.match(findings[200].message, /^and \d+ findings more$/);
  }));

Deno.test("verifyApart() ends what takes too long, and says so", () =>
  withFolder(async (folder) => {
    writeAttack(folder, "honest_1", "");
    // No Deno starts in that time.
    const [{ findings }] = (await verified(folder, { seconds: 0.001 })).values();
    assert.match(findings[0].message, /^could not be verified within 0\.001 s and 1500 MB/);
  }));

Deno.test("what could be verified without its types alone says so", () => {
  const warning: Finding = { rule: "unclear", severity: "warning", message: "read it" };
  const one = { findings: [], powers: ["Deno.readFile"] };
  const typed = { "a_1.ipynb": { ...one, findings: [warning] } };
  const untyped = { "a_1.ipynb": one, "b_1.ipynb": { ...one, findings: [warning] } };
  const found = withUntyped(typed, untyped, 60);
  assert.deepEqual(found["a_1.ipynb"], typed["a_1.ipynb"]);
  assert.deepEqual(found["b_1.ipynb"].powers, ["Deno.readFile"]);
  assert.deepEqual(
    found["b_1.ipynb"].findings.map(({ rule, severity, message }) => [rule, severity, message]),
    [
      ["unclear", "warning", "read it"],
      ["types", "warning", "could not be checked, or not within 60 s and 1500 MB"],
    ],
  );
});
