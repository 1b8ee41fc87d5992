import assert from "node:assert/strict";
import { join } from "node:path";
import { type GroundTruthRow, readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { evaluate, type Evaluation } from "../../lib/challenge/evaluation.ts";
import { pythonRound, rankHistogram, worstClasses } from "../../lib/inspect/figures.ts";
import { readSimilarities } from "../../lib/challenge/similarities.ts";
import { bootstrapInterval, rankCurve, seededRandom } from "../../lib/challenge/statistics.ts";
import { figuresOf } from "../../lib/organizer/report/ranking.ts";
import { FIXTURES } from "../support.ts";

const row = (query: string, item: string, name: string): GroundTruthRow => ({
  label: "l",
  class: name,
  item,
  query,
});

const TRUTH = [row("q1", "a", "A"), row("q2", "b", "A"), row("q3", "c", "B"), row("q4", "d", "B")];

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

Deno.test("evaluate() computes MRR, class-wise MRR and NDCG as by hand", async () => {
  const { results, ...figures } = await evaluate([
    ["q1", { a: 4, b: 3, c: 2, d: 1 }],
    ["q2", { a: 4, b: 1, c: 3, d: 2 }],
    ["q3", { a: 4, b: 3, c: 2, d: 1 }],
    ["q4", { a: 1, b: 2, c: 3, d: 4 }],
  ], TRUTH);
  assert.deepEqual(results.map(({ rank }) => rank), [1, 4, 3, 1]);
  close(figures.mrr, (1 + 1 / 4 + 1 / 3 + 1) / 4);
  // The right items of a class stand at 1, 2 · 1, 4 · 3, 4 · 1, 2; the best sum is 1 + 1/2.
  close(figures.classwiseMrr, (1.5 + 1.25 + (1 / 3 + 1 / 4) + 1.5) / 4 / 1.5);
  const gain = (rank: number) => 1 / Math.log2(rank + 1);
  const best = gain(1) + gain(2);
  const gained = 2 * best + gain(1) + gain(4) + gain(3) + gain(4);
  close(figures.classwiseNdcg, gained / best / 4);
  close(figures.mrrRandom, (1 + 1 / 2 + 1 / 3) / 3);
  assert.deepEqual([figures.queries, figures.items, figures.tiedQueries], [4, 4, 0]);
});

Deno.test("evaluate() gives a tied item the mean gain of the positions of its tie", async () => {
  const { mrr, results, tiedQueries } = await evaluate(
    [["q1", { a: 1, b: 1, c: 1, d: 0 }], ["q2", { a: 0, b: 3, c: 2, d: 2 }]],
    TRUTH.slice(0, 2).concat(row("q1", "a", "A"), row("q2", "b", "A")).concat(
      [row("q2", "c", "B"), row("q2", "d", "B")].map((extra) => ({ ...extra, query: "q2" })),
      row("q2", "b", "A"),
    ),
  );
  close(results[0].reciprocalRank, (1 + 1 / 2 + 1 / 3) / 3);
  assert.equal(results[0].rank, 2);
  // The tie of c and d stands behind b, which q2 asks for, and a is below it: no tie matters.
  assert.equal(results[1].tied, false);
  assert.equal(tiedQueries, 1);
  close(mrr, ((1 + 1 / 2 + 1 / 3) / 3 + 1) / 2);
});

Deno.test("evaluate() does not depend on the order of tied items", async () => {
  const truth = Array.from({ length: 6 }, (_, i) => row(`q${i}`, `i${i}`, i < 3 ? "A" : "B"));
  const scores = (order: number[]): [string, Record<string, number>][] =>
    truth.map(({ query }) => [query, Object.fromEntries(order.map((i) => [`i${i}`, i % 2]))]);
  const { results: _, ...one } = await evaluate(scores([0, 1, 2, 3, 4, 5]), truth);
  const { results: __, ...other } = await evaluate(scores([5, 2, 4, 0, 3, 1]), truth);
  assert.deepEqual(one, other);
  assert.equal(one.tiedQueries, 6);
});

Deno.test("evaluate() takes the last item of a query named twice, and the first class", async () => {
  const truth = [row("q", "a", "A"), row("r", "b", "B"), row("q", "b", "B")];
  const { results } = await evaluate([["q", { a: 1, b: 2 }], ["r", { a: 1, b: 0 }]], truth);
  assert.equal(results[0].item, "b");
  assert.equal(results[0].reciprocalRank, 1);
  assert.equal(results[0].class, "A");
  assert.equal(results[0].classwiseReciprocalRank, 1 / 2);
});

Deno.test("evaluate() ranks the items of the ground truth alone", async () => {
  const { mrr, items } = await evaluate([
    ["q", { a: 1, other: 9 }],
    ["unknown", {}],
  ], [row("q", "a", "A")]);
  assert.deepEqual([mrr, items], [1, 1]);
});

for (
  const [what, scores, truth, message] of [
    ["a missing query", [["q1", { a: 1 }]], [row("q2", "a", "A")], /query q2 .* but found none/],
    [
      "a missing item",
      [["q", { a: 1 }]],
      [row("q", "b", "A")],
      /query q and the item b but found none/,
    ],
    [
      "a score of NaN",
      [["q", { a: NaN }]],
      [row("q", "a", "A")],
      /query q and the item a but found NaN/,
    ],
    [
      "a query whose accents are written otherwise",
      [["e\u0301.wav", { a: 1 }]],
      [row("\u00e9.wav", "a", "A")],
      /query \u00e9\.wav .* found none, only the same name .*Unicode NFC and NFD/,
    ],
    [
      "an item in capitals",
      [["q", { "Dog.WAV": 1, "b.wav": 0 }]],
      [row("q", "dog.wav", "A")],
      /item dog\.wav but found none, only "Dog\.WAV"$/,
    ],
    ["no ground truth", [], [], /1 or more queries but found none/],
    [
      "a class without an item",
      [["q", { a: 1 }]],
      [row("q", "a", "A"), row("r", "a", "B")],
      /class B of the query r to have an item/,
    ],
  ] as [string, [string, Record<string, number>][], GroundTruthRow[], RegExp][]
) {
  Deno.test(`evaluate() throws SimilaritiesError on ${what}`, async () => {
    await assert.rejects(evaluate(scores, truth), { name: "SimilaritiesError", message });
  });
}

for (const set of ["plain", "messy"]) {
  Deno.test(`evaluate() equals pandas on "${set}"`, async () => {
    const path = join(FIXTURES, "evaluation", set);
    const expected = JSON.parse(Deno.readTextFileSync(join(path, "expected.json")));
    const scores = readSimilarities(join(path, "similarities.json"));
    const found = await evaluate(scores, readGroundTruth(path));
    assert.deepEqual({
      mrr_random: Number(pythonRound(found.mrrRandom)),
      mrr: Number(pythonRound(found.mrr)),
      class_mrr: Number(pythonRound(found.classwiseMrr)),
      class_ndcg: Number(pythonRound(found.classwiseNdcg)),
      queries: found.queries,
      items: found.items,
    }, expected);
    assert.equal(found.tiedQueries, 0);
  });
}

Deno.test("pythonRound() prints as Python prints round() of a NumPy number", () => {
  const cases: [number, string][] = [
    [0.19984, "0.1998"],
    [0.5, "0.5"],
    [1, "1.0"],
    [0, "0.0"],
    [0.03125, "0.0312"],
    [0.03375, "0.0338"],
    [NaN, "nan"],
    [12, "12.0"],
  ];
  for (const [value, text] of cases) assert.equal(pythonRound(value), text);
});

Deno.test("bootstrapInterval() holds the mean, narrows with more values and repeats itself", () => {
  const random = seededRandom(5);
  const values = Array.from({ length: 1000 }, random);
  const [low, high] = bootstrapInterval(values);
  assert.deepEqual(bootstrapInterval(values), [low, high]);
  // The standard error of a uniform variable's mean is 1 / √(12 n); 1.96 of them each way.
  const half = 1.96 / Math.sqrt(12 * 1000);
  assert.ok(Math.abs((high - low) / 2 - half) < 0.1 * half, `${low} … ${high}`);
  const [fewLow, fewHigh] = bootstrapInterval(values.slice(0, 100));
  assert.ok(fewHigh - fewLow > 2 * (high - low));
  assert.deepEqual(bootstrapInterval([0.3, 0.3]), [0.3, 0.3]);
});

Deno.test("rankHistogram() counts every query once", () => {
  const results = [1, 1, 2, 10, 11, 20, 21, 35.5].map((rank) => ({
    rank,
  })) as Evaluation["results"];
  const bins = rankHistogram({ items: 36, results } as Evaluation);
  assert.deepEqual(bins.map(({ label, count }) => `${label}: ${count}`), [
    "1: 2",
    "2: 1",
    ...[3, 4, 5, 6, 7, 8, 9].map((rank) => `${rank}: 0`),
    "10: 1",
    "11–20: 2",
    "21–36: 2",
  ]);
});

Deno.test("rankCurve() counts a tied item from the middle of its tie on", async () => {
  assert.deepEqual(rankCurve([1, 1, 3], 3), [[1, 2 / 3], [2, 2 / 3], [3, 1]]);
  const items = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`${i}`, 0.5]));
  const truth = Object.keys(items).map((item) => ({
    label: item,
    class: "c",
    item,
    query: "q" + item,
  }));
  const scores = truth.map(({ query }) => [query, items] as [string, Record<string, number>]);
  const { results } = await evaluate(scores, truth);
  const curve = rankCurve(results.map(({ rank }) => rank), 24);
  assert.deepEqual([curve[11], curve[12]], [[12, 0], [13, 1]]);
  assert.deepEqual(figuresOf(await evaluate(scores, truth)).ranks, Array(24).fill(12.5));
});

Deno.test("worstClasses() begins with the lowest MRR", () => {
  const results = [["A", 1], ["B", 0.2], ["A", 0.5], ["C", 0.3]].map(([name, reciprocalRank]) => ({
    class: name,
    reciprocalRank,
  })) as Evaluation["results"];
  assert.deepEqual(worstClasses({ results } as Evaluation), [
    { class: "B", mrr: 0.2, queries: 1 },
    { class: "C", mrr: 0.3, queries: 1 },
    { class: "A", mrr: 0.75, queries: 2 },
  ]);
});
