import assert from "node:assert/strict";
import { namesOf } from "../../../lib/organizer/rerun/names.ts";

Deno.test("namesOf() calls entries after their files, and after their folders where those are alike", () => {
  const names = namesOf([
    "a/x_1.ipynb",
    "b/x_1.ipynb",
    "a/y_1.IPYNB",
    "a/y_1.ipynb",
    "a/z.txt",
    "a/.ipynb",
  ]);
  assert.deepEqual(Object.fromEntries(names), {
    "a/x_1.ipynb": "x_1 (a)",
    "b/x_1.ipynb": "x_1 (b)",
    "a/y_1.IPYNB": "y_1 (a)",
    "a/y_1.ipynb": "y_1 (a) (2)",
    "a/z.txt": "z.txt",
    "a/.ipynb": ".ipynb",
  });
});

Deno.test("namesOf() names the folder that tells teams apart, where each has one of the same name", () => {
  const inner = ["s/ada/final/x_1.ipynb", "s/bob/final/x_1.ipynb", "s/cy/final/x_1.ipynb"];
  assert.deepEqual([...namesOf(inner).values()], ["x_1 (ada)", "x_1 (bob)", "x_1 (cy)"]);
  const mixed = ["s/ada/x_1.ipynb", "s/bob/x_1.ipynb", "s/x_1.ipynb", "s/bob/y_1.ipynb"];
  assert.deepEqual([...namesOf(mixed).values()], ["x_1 (ada)", "x_1 (bob)", "x_1 (s)", "y_1"]);
});

Deno.test("namesOf() tells names apart that look alike, and cuts what no file can be called", () => {
  const [plain, hidden] = namesOf(["x_1.ipynb", "x\u200b_1.ipynb"]).values();
  assert.deepEqual([plain, hidden], ["x_1", "x\u200b_1"]);
  const [long] = namesOf([`${"ä".repeat(120)}_1.ipynb`]).values();
  assert.equal(long, `${"ä".repeat(90)}…`);
  // What is made of a name has an ending of its own, and 255 bytes in all.
  const folders = ["ö", "ü"].map((letter) => letter.repeat(120));
  const both = namesOf(folders.map((folder) => `${folder}/${"ä".repeat(120)}.ipynb`));
  assert.deepEqual(
    [...both.values()],
    ["ö", "ü"].map((letter) => `${"ä".repeat(45)}… (${letter.repeat(45)}…)`),
  );
});
