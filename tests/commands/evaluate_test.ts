import assert from "node:assert/strict";
import { join } from "node:path";
import { cli, FIXTURES, PROJECT, withFolder } from "../support.ts";

const MINI = join(PROJECT, "data", "qvim-mini");
const SCORES = join(FIXTURES, "two_dft_qvim_mini.json");

Deno.test("evaluate: --json prints one object with unrounded figures and nothing else", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await cli(
      ["evaluate", "--data", MINI, "--scores", SCORES, "--json"],
      { cwd: folder },
    );
    assert.deepEqual([code, stderr], [0, ""]);
    const { mrrInterval, worstClasses, ...figures } = JSON.parse(stdout);
    assert.deepEqual(Object.keys(figures), [
      "queries",
      "items",
      "mrrRandom",
      "mrr",
      "classwiseMrr",
      "classwiseNdcg",
      "tiedQueries",
    ]);
    const close = (actual: number, expected: number) =>
      assert.ok(Math.abs(actual - expected) < 1e-12);
    // What pandas and NumPy give for these scores.
    close(figures.mrr, 0.6456013771803246);
    close(figures.classwiseMrr, 0.6234929246266326);
    close(figures.classwiseNdcg, 0.7394289842023354);
    assert.deepEqual([figures.queries, figures.items, figures.tiedQueries], [57, 24, 0]);
    assert.ok(mrrInterval[0] < figures.mrr && figures.mrr < mrrInterval[1]);
    assert.equal(worstClasses.length, 5);
  }));

Deno.test("evaluate: without --json it prints the template's lines and a report", async () => {
  const { code, stdout } = await cli(["evaluate", "--data", MINI, "--scores", SCORES]);
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(`Missing query files:  0
Missing item files:  []
MRR random: 0.1624
MRR       : 0.6456
Class-wise MRR : 0.6235
Class-wise NDCG: 0.7394
`));
  assert.match(stdout, /MRR +0\.6456 \(95 %: 0\.\d+ … 0\.\d+\)/);
  assert.match(stdout, /Hardest classes/);
});
