import assert from "node:assert/strict";
import { BatchError } from "../../../lib/organizer/rerun/batch_error.ts";
import { readEarlier } from "../../../lib/organizer/rerun/earlier.ts";
import { withFolder, writeFiles } from "../../support.ts";

const run = { status: "finished", seconds: 1, peakMemory: 0 };
const ENTRIES = [
  { name: "done_1", key: "k", findings: [], runs: [run] },
  { name: "begun_1", key: "k", findings: [], runs: [] },
];

/** The names that are gone on from where a report holds this. */
const namesIn = (report: unknown) =>
  withFolder((folder) => {
    writeFiles(folder, { "report.json": JSON.stringify(report) });
    return [...readEarlier(folder).entries.keys()];
  });

Deno.test("readEarlier() gives what was run to its end", async () => {
  assert.deepEqual(await namesIn({ entries: ENTRIES }), ["done_1"]);
  assert.equal((await withFolder((folder) => readEarlier(folder))).entries.size, 0);
});

Deno.test("readEarlier() believes nothing of a batch whose package or data was changed", async () => {
  const spoiled = { entries: ENTRIES, changed: ["/package/lib/mod.ts"] };
  assert.deepEqual(await namesIn(spoiled), []);
  await withFolder((folder) => {
    assert.deepEqual([...readEarlier(folder).spoiled], []);
    writeFiles(folder, { "report.json": JSON.stringify({ entries: ENTRIES }) });
    assert.deepEqual([...readEarlier(folder).spoiled], []);
    writeFiles(folder, { "report.json": JSON.stringify(spoiled) });
    assert.deepEqual([...readEarlier(folder).spoiled], ["done_1"]);
  });
});

Deno.test("readEarlier() says where it expected a report and found none", async () => {
  const expected = (error: unknown) =>
    error instanceof BatchError &&
    /^Expected a report to go on from at .*report\.json/.test(error.message);
  for (const odd of [{}, null, "x"]) await assert.rejects(namesIn(odd), expected);
  await withFolder((folder) => {
    writeFiles(folder, { "report.json": "{" });
    assert.throws(() => readEarlier(folder), expected);
  });
});
