import assert from "node:assert/strict";
import { type Entry, remarksOf } from "../../../lib/organizer/report/entry.ts";

const entry = (of: Partial<Entry>): Entry => ({
  name: "humming_1",
  key: "",
  findings: [],
  powers: [],
  runs: [],
  ...of,
});

Deno.test("remarksOf() says of those with the same results alone that their results are the same", () => {
  const sameScores = ["a_1", "copy_1", "b_1"];
  assert.deepEqual(remarksOf(entry({ sameNotebook: ["copy_1"], sameScores })), [
    "the same notebook as copy_1",
    "the same results as a_1, b_1",
  ]);
  assert.deepEqual(remarksOf(entry({ sameNotebook: ["copy_1"], sameScores: ["copy_1"] })), [
    "the same notebook as copy_1",
  ]);
  assert.deepEqual(remarksOf(entry({ sameScores })), ["the same results as a_1, copy_1, b_1"]);
});

Deno.test("remarksOf() names a few of those that are alike, and counts the others", () => {
  const sameScores = Array.from({ length: 40 }, (_, i) => `team${i}_1`);
  assert.deepEqual(remarksOf(entry({ sameScores })), [
    "the same results as team0_1, team1_1, team2_1, team3_1, team4_1 and 35 more",
  ]);
});
