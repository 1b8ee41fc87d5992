import assert from "node:assert/strict";
import type { Entry } from "../../../lib/organizer/report/entry.ts";
import { nextStepOf, remarksOf } from "../../../lib/organizer/report/entry.ts";
import { markFalls } from "../../../lib/organizer/report/sets.ts";

const entry = (name: string, mrr: number, other?: number): Entry => ({
  ...{ name, key: "", findings: [], runs: [] },
  figures: { mrr } as Entry["figures"],
  others: [{ figures: other === undefined ? undefined : { mrr: other } as Entry["figures"] }],
});

Deno.test("markFalls() marks the three systems of 2025 that had fitted the development set", () => {
  const entries = [
    entry("baseline", 0.282, 0.326),
    entry("queen_mary", 0.299, 0.348),
    entry("chung", 0.310, 0.359),
    entry("aalto", 0.303, 0.345),
    entry("head", 0.975, 0.335),
    entry("fraunhofer", 0.960, 0.206),
    entry("piraeus", 0.595, 0.256),
    entry("linz", 0.265, 0.282),
    entry("failed", 0.3),
  ];
  markFalls(entries);
  const falling = entries.filter(({ falls }) => falls).map(({ name }) => name);
  assert.deepEqual(falling, ["head", "fraunhofer", "piraeus"]);
});

Deno.test("an entry that does not finish on a further data set is to be looked at", () => {
  const done = { status: "finished" as const, seconds: 1, peakMemory: 0 };
  const one = { ...entry("a", 0.3, 0.3), runs: [done] };
  assert.equal(nextStepOf(one), "fine");
  const message = "The run took longer than its 9 s, in cell 3:\n    const x = 1;";
  one.others = [{ outcome: "timeout in cell 3", message }];
  assert.deepEqual(remarksOf(one), [
    "data set 2: timeout in cell 3, The run took longer than its 9 s, in cell 3",
  ]);
  assert.equal(nextStepOf(one), "look");
});

Deno.test("what is tried and fetched on a further data set alone is told of", () => {
  const done = { status: "finished" as const, seconds: 1, peakMemory: 0 };
  const first = { ...done, attempts: ["cell 14 tried to read /a"], fetched: { "a.test": 2 ** 20 } };
  const second = {
    ...{ ...done, attempts: ["cell 14 tried to read /etc/passwd", "cell 14 tried to read /a"] },
    fetched: { "a.test": 2 ** 21, "b.test": 0 },
  };
  const one = { ...entry("a", 0.3, 0.3), runs: [first] };
  one.others = [{ ...one.others![0], outcome: "finished", runs: [second] }];
  assert.deepEqual(remarksOf(one), [
    "fetched from a.test 2.0 MiB, b.test 0.0 MiB",
    "cell 14 tried to read /a",
    "cell 14 tried to read /etc/passwd",
  ]);
});
