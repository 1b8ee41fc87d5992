import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type RetrievalMeasures,
  retrievalMeasures,
} from "../../lib/challenge/retrieval_measures.ts";
import type { QueryScores } from "../../lib/challenge/similarities.ts";
import { FIXTURES } from "../support.ts";

interface Case {
  scores: Record<string, QueryScores>;
  relevant: Record<string, string[]>;
  measures: Record<keyof Omit<RetrievalMeasures, "queries">, number>;
}
const CASES: Case[] = JSON.parse(
  Deno.readTextFileSync(join(FIXTURES, "retrieval_measures.json")),
);

const asSets = (relevant: Record<string, string[]>) =>
  new Map(Object.entries(relevant).map(([query, items]) => [query, new Set(items)]));

for (const [i, { scores, relevant, measures }] of CASES.entries()) {
  Deno.test(`retrievalMeasures() equals MTEB's own code, case ${i + 1}`, async () => {
    const { queries, ...found } = await retrievalMeasures(Object.entries(scores), asSets(relevant));
    assert.equal(queries, 25);
    for (const [name, expected] of Object.entries(measures)) {
      const value = found[name as keyof typeof found];
      // MTEB rounds to five digits.
      assert.ok(Math.abs(value - expected) <= 5.001e-6, `${name}: ${value}, ${expected}`);
    }
  });
}

Deno.test("retrievalMeasures() leaves out queries without anything right, and misses no scores", async () => {
  const scores = { q: { a: 1, b: 0 }, r: { a: 1, b: 0 } };
  const right = asSets({ q: ["a"], r: [] });
  const { queries, recallAt1 } = await retrievalMeasures(Object.entries(scores), right);
  assert.deepEqual([queries, recallAt1], [1, 1]);
  await assert.rejects(retrievalMeasures([], right), /Expected scores for the query q but found/);
  await assert.rejects(retrievalMeasures([], new Map()), /Expected queries with something right/);
});
