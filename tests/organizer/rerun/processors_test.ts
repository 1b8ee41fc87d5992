import assert from "node:assert/strict";
import { processorsOf, shares } from "../../../lib/organizer/rerun/processors.ts";

Deno.test("shares() deals processors out, one to several runs where there are too few", () => {
  assert.deepEqual(shares("0-3", 2), ["0,1", "2,3"]);
  assert.deepEqual(shares("0-1,4,6-7", 2), ["0,1", "4,6"]);
  assert.deepEqual(shares("2,5", 3), ["2", "5", "2"]);
  assert.deepEqual(shares("", 2), []);
});

Deno.test("processorsOf() holds no run to a part where it runs alone", async () => {
  assert.deepEqual(await processorsOf(1), [[]]);
});
