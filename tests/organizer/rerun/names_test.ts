import assert from "node:assert/strict";
import { namesOf } from "../../../lib/organizer/rerun/names.ts";

Deno.test("namesOf() calls entries after their files, no two of them the same", () => {
  const names = namesOf([
    "a/x_1.ipynb",
    "b/x_1.ipynb",
    "a/y_1.IPYNB",
    "a/y_1.ipynb",
    "a/z.txt",
    "a/.ipynb",
  ]);
  assert.deepEqual(Object.fromEntries(names), {
    "a/x_1.ipynb": "x_1",
    "b/x_1.ipynb": "x_1 (2)",
    "a/y_1.IPYNB": "y_1",
    "a/y_1.ipynb": "y_1 (2)",
    "a/z.txt": "z.txt",
    "a/.ipynb": ".ipynb",
  });
});

Deno.test("namesOf() tells names apart that look alike, and cuts what no file can be called", () => {
  const [plain, hidden] = namesOf(["x_1.ipynb", "x\u200b_1.ipynb"]).values();
  assert.deepEqual([plain, hidden], ["x_1", "x\u200b_1"]);
  const [long] = namesOf([`${"ä".repeat(120)}_1.ipynb`]).values();
  assert.equal(long, `${"ä".repeat(90)}…`);
});
