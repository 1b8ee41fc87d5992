import assert from "node:assert/strict";
import { fuse, scaleOverQueries, standardize } from "../../../lib/models/vocal_search/fusion.ts";

Deno.test("standardize() gives mean 0 and deviation 1, and zeros where all are alike", () => {
  // Mean 5, deviation 2.
  assert.deepEqual([...standardize([2, 4, 4, 4, 5, 5, 7, 9])], [
    -1.5,
    -0.5,
    -0.5,
    -0.5,
    0,
    0,
    1,
    2,
  ]);
  assert.deepEqual([...standardize([3, 3, 3])], [0, 0, 0]);
});

Deno.test("fuse() adds what two systems say, each in its own units", () => {
  const first = { q: { a: 1, b: 3 } };
  const second = { q: { b: 100, a: 300 } };
  // Standardised: −1, 1 and 1, −1 for a, b.
  assert.deepEqual(fuse(first, second, 1), { q: { a: 0, b: 0 } });
  assert.deepEqual(fuse(first, second, 0.5), { q: { a: -0.5, b: 0.5 } });
});

Deno.test("scaleOverQueries() takes back what all queries like, and keeps one query's order", () => {
  const scores = {
    // Both like the hub most, and each has one of its own next.
    q1: { hub: 1, a: 0.9, b: 0, c: 0 },
    q2: { hub: 1, a: 0, b: 0.9, c: 0 },
  };
  const scaled = scaleOverQueries(scores);
  assert.ok(scaled.q1.a > scaled.q1.hub && scaled.q1.hub > scaled.q1.b);
  assert.ok(scaled.q2.b > scaled.q2.hub && scaled.q2.hub > scaled.q2.a);
  const alone = scaleOverQueries({ q1: scores.q1 });
  const order = (row: Record<string, number>) =>
    Object.keys(row).sort((x, y) => row[y] - row[x]).slice(0, 2);
  assert.deepEqual(order(alone.q1), ["hub", "a"]);
  assert.deepEqual(scaleOverQueries({}), {});
});
