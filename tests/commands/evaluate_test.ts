import assert from "node:assert/strict";
import { join } from "node:path";
import { pythonRound } from "../../lib/inspect/figures.ts";
import { readGolden } from "../../tools/qvim_mini/references.ts";
import { cli, FIXTURES, PROJECT, withFolder } from "../support.ts";

const MINI = join(PROJECT, "data", "qvim-mini");
const SCORES = join(FIXTURES, "two_dft_qvim_mini.json");
const PANDAS = readGolden().pandas;

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
    close(figures.mrr, PANDAS.mrr);
    close(figures.classwiseMrr, PANDAS.classwiseMrr);
    close(figures.classwiseNdcg, PANDAS.classwiseNdcg);
    assert.deepEqual([figures.queries, figures.items, figures.tiedQueries], [57, 24, 0]);
    assert.ok(mrrInterval[0] < figures.mrr && figures.mrr < mrrInterval[1]);
    assert.equal(worstClasses.length, 5);
  }));

Deno.test("evaluate: without --json it prints the template's lines and a report", async () => {
  const { code, stdout } = await cli(["evaluate", "--data", MINI, "--scores", SCORES]);
  assert.equal(code, 0);
  const [mrr, classwiseMrr, classwiseNdcg] = [
    PANDAS.mrr,
    PANDAS.classwiseMrr,
    PANDAS.classwiseNdcg,
  ].map((figure) => pythonRound(figure));
  assert.ok(stdout.startsWith(`Missing query files:  0
Missing item files:  []
MRR random: 0.1624
MRR       : ${mrr}
Class-wise MRR : ${classwiseMrr}
Class-wise NDCG: ${classwiseNdcg}
`));
  assert.match(stdout, new RegExp(`MRR +${mrr} \\(95 %: 0\\.\\d+ … 0\\.\\d+\\)`));
  assert.match(stdout, /Hardest classes/);
});
