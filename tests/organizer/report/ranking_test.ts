import assert from "node:assert/strict";
import { evaluate } from "../../../lib/challenge/evaluation.ts";
import { figuresOf, rank } from "../../../lib/organizer/report/ranking.ts";
import { holm, permutationTest, signedSums } from "../../../lib/organizer/report/significance.ts";
import { seededRandom } from "../../../lib/challenge/statistics.ts";

/** The test of two systems' values. */
const testOf = (a: number[], b: number[]) =>
  permutationTest(
    a.reduce((sum, value, i) => sum + value - b[i], 0),
    signedSums(a),
    signedSums(b),
  );

Deno.test("permutationTest() comes near the exact p value of a small example", () => {
  // Of the 2^5 ways to give the differences 1, 2, 3, 4, 5 signs, 2 have a sum as large as 15.
  const p = testOf([1, 2, 3, 4, 5], [0, 0, 0, 0, 0]);
  assert.ok(Math.abs(p - 2 / 32) < 0.008, `${p}`);
  // Of the 2^4 ways for 1, 1, 1, −1, ten have a sum of at least 2: all but those with sum 0.
  const q = testOf([1, 1, 1, 0], [0, 0, 0, 1]);
  assert.ok(Math.abs(q - 10 / 16) < 0.015, `${q}`);
});

Deno.test("permutationTest() is 1 for equal systems, symmetric, and small for unlike ones", () => {
  const random = seededRandom(5);
  const a = Array.from({ length: 100 }, () => random());
  const b = a.map((value) => value * 0.8);
  assert.equal(testOf(a, a), 1);
  assert.equal(testOf(a, b), testOf(b, a));
  assert.ok(testOf(a, b) < 0.001);
});

Deno.test("permutationTest() gives what each query's coin by itself would, on any number of queries", () => {
  const random = seededRandom(9);
  for (const length of [1, 7, 8, 9, 40]) {
    const a = Array.from({ length }, () => 1 / (1 + Math.floor(5 * random())));
    const b = Array.from({ length }, () => 1 / (1 + Math.floor(6 * random())));
    const differences = a.map((value, i) => value - b[i]);
    const seen = Math.abs(differences.reduce((sum, value) => sum + value, 0));
    let asLarge = 0;
    for (let k = 0; k < 20_000; k++) {
      const sum = differences.reduce((sum, value) => random() < 0.5 ? sum + value : sum - value, 0);
      if (Math.abs(sum) >= seen - 1e-9) asLarge++;
    }
    assert.ok(Math.abs(testOf(a, b) - asLarge / 20_000) < 0.02, `${length}: ${testOf(a, b)}`);
  }
});

Deno.test("holm() gives the values of its paper's procedure, in the given order", () => {
  // By hand: 0.01 · 4, then max(…, 0.02 · 3), max(…, 0.03 · 2), max(…, 0.04 · 1).
  assert.deepEqual(holm([0.04, 0.01, 0.03, 0.02]).map((p) => +p.toFixed(6)), [
    0.06,
    0.04,
    0.06,
    0.06,
  ]);
  assert.deepEqual(holm([0.6, 0.9]), [1, 1]);
  assert.deepEqual(holm([]), []);
});

/** Figures of a system that finds the item of query q at the rank `rankOf(q)` of twenty. */
async function figures(rankOf: (query: number) => number) {
  const items = Array.from({ length: 20 }, (_, i) => `i${i}`);
  const groundTruth = items.map((item, i) => ({
    label: item,
    class: `c${i % 2}`,
    item,
    query: `q${i}`,
  }));
  const scores = items.map((_, q) => {
    const others = items.filter((_, i) => i !== q);
    others.splice(rankOf(q) - 1, 0, items[q]);
    return [`q${q}`, Object.fromEntries(others.map((item, i) => [item, -i]))] as [
      string,
      Record<string, number>,
    ];
  });
  return figuresOf(await evaluate(scores, groundTruth));
}

Deno.test("rank() orders by MRR and says which systems can't be told apart", async () => {
  const good = await figures(() => 1);
  const alike = await figures((query) => query === 3 ? 2 : 1);
  const bad = await figures((query) => 5 + query % 7);
  assert.equal(good.mrr, 1);
  assert.equal(alike.mrr, (19 + 0.5) / 20);
  const { ranking, comparisons } = rank([
    { name: "bad", figures: bad },
    { name: "good", figures: good },
    { name: "alike", figures: alike },
  ]);
  assert.deepEqual(ranking.map(({ name, place, tiedWith }) => [name, place, tiedWith]), [
    ["good", 1, ["alike"]],
    ["alike", 2, ["good"]],
    ["bad", 3, []],
  ]);
  assert.equal(comparisons.length, 3);
  assert.equal(comparisons.find(({ second }) => second === "alike")!.p, 1);
});

Deno.test("rank() gives systems of equal MRR one place", async () => {
  const equal = await figures(() => 2), worse = await figures(() => 5);
  const { ranking } = rank([
    { name: "c", figures: worse },
    { name: "a", figures: equal },
    { name: "b", figures: equal },
  ]);
  assert.deepEqual(ranking.map(({ name, place }) => [name, place]), [["a", 1], ["b", 1], ["c", 3]]);
});
