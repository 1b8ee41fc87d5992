import assert from "node:assert/strict";
import { join } from "node:path";
import { mayBeSkipped, readReport, testFiles } from "../../tools/run_tests.ts";
import { PROJECT } from "../support.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="0.010">
  <testsuite name="a_test.ts" tests="4" disabled="2" errors="0" failures="1">
    <testcase name="a &amp; &lt;b&gt; &quot;c&quot;" classname="a_test.ts" time="0" line="1" col="6">
    </testcase>
    <testcase name="in a sandbox (needs bubblewrap)" classname="a_test.ts" time="0" line="2" col="6">
      <skipped/>
    </testcase>
    <testcase name="without a word" classname="a_test.ts" time="0" line="2" col="6">
      <skipped/>
    </testcase>
    <testcase name="fails" classname="a_test.ts" time="0.002" line="3" col="6">
      <failure message="x">Error: x &lt;testcase name=&quot;no test&quot;&gt;</failure>
    </testcase>
  </testsuite>
</testsuites>`;

Deno.test("readReport() counts tests and reads from a name what a skipped one lacks", () => {
  assert.deepEqual(readReport(REPORT), {
    passed: 1,
    failed: 1,
    skipped: [
      { name: "in a sandbox (needs bubblewrap)", needs: "bubblewrap" },
      { name: "without a word", needs: undefined },
    ],
  });
});

Deno.test("mayBeSkipped() forgives the want of data beside the project, and of what no package brings", () => {
  const answers: [needs: string | undefined, forgiven: boolean][] = [
    ["../shared/qvim-esc10", true],
    ["control groups that can be written to", true],
    ["a project and a Deno that nobody may read", true],
    ["bubblewrap", false],
    ["../shared/a, chromium", false],
    [undefined, false],
  ];
  for (const [needs, forgiven] of answers) {
    assert.equal(mayBeSkipped({ name: "test", needs }), forgiven, needs);
  }
});

Deno.test("testFiles() has every file of tests once, those of the fast lane last", () => {
  const all = testFiles(false), fast = testFiles(true);
  for (const { name } of Deno.readDirSync(join(PROJECT, "tests", "web"))) {
    const path = join(PROJECT, "tests", "web", name);
    assert.equal(all.includes(path), name.endsWith("_test.ts"), name);
  }
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(all.slice(-fast.length), fast);
  assert.deepEqual(
    fast.filter((name) => /_(kernel|browser|sandbox|slow)_test\.ts$/.test(name)),
    [],
  );
  assert.ok(all[0].endsWith("_sandbox_test.ts"), all[0]);
});
