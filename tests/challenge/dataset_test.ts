import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, listQueries, toPaths } from "../../lib/challenge/dataset.ts";
import { readGroundTruth } from "../../lib/challenge/ground_truth.ts";
import { PROJECT, testWithShared, withFolder, writeFiles } from "../support.ts";

Deno.test("listItems() lists as Python's glob does: no hidden names, links followed, case kept", () =>
  withFolder((folder) => {
    writeFiles(folder, {
      "Items/dog/b.wav": "",
      "Items/dog/a.wav": "",
      "Items/dog/.hidden.wav": "",
      "Items/dog/loud.WAV": "",
      "Items/dog/notes.txt": "",
      "Items/.cache/c.wav": "",
      "Items/cat/deep/er/d.wav": "",
      "Items/top.wav": "",
      "elsewhere/e.wav": "",
    });
    Deno.symlinkSync(join(folder, "elsewhere"), join(folder, "Items", "linked"));
    Deno.symlinkSync(join(folder, "elsewhere", "e.wav"), join(folder, "Items", "dog", "f.wav"));
    Deno.symlinkSync(join(folder, "Items"), join(folder, "Items", "loop"));
    const items = listItems(folder);
    assert.deepEqual(items.map(({ id, class: name }) => [id, name]), [
      ["d.wav", "er"],
      ["a.wav", "dog"],
      ["b.wav", "dog"],
      ["f.wav", "dog"],
      ["e.wav", "linked"],
      ["top.wav", "Items"],
    ]);
    assert.equal(toPaths(items)["a.wav"], join(folder, "Items/dog/a.wav"));
  }));

Deno.test("listItems() has the same order on every system, whatever parts folders from files there", () =>
  withFolder((folder) => {
    const paths = ["dog!/c.wav", "dog/a.wav", "dog1/d.wav", "dogs/e.wav", "dog_/b.wav"];
    writeFiles(folder, Object.fromEntries(paths.map((path) => [`Items/${path}`, ""])));
    const order = listItems(folder).map(({ id, class: name }) => `${name}/${id}`);
    assert.deepEqual(order, ["dog!/c.wav", "dog/a.wav", "dog1/d.wav", "dog_/b.wav", "dogs/e.wav"]);
  }));

Deno.test("listQueries() follows a link that Git wrote as a file", () =>
  withFolder((folder) => {
    writeFiles(folder, { "other/Queries/x/q.wav": "", "set/Queries": "../other/Queries\n" });
    assert.deepEqual(listQueries(join(folder, "set")).map(({ id }) => id), ["q.wav"]);
  }));

Deno.test("listItems() names both files where two have one name", () =>
  withFolder((folder) => {
    writeFiles(folder, { "Items/a/x.wav": "", "Items/b/x.wav": "" });
    assert.throws(() => listItems(folder), {
      name: "DatasetError",
      message: `Expected file names to be unique in Items but found ${
        join(folder, "Items/a/x.wav")
      } and ${join(folder, "Items/b/x.wav")}`,
    });
  }));

Deno.test("listItems() throws where there is no data set, and finds nothing in an empty one", () =>
  withFolder((folder) => {
    assert.throws(() => listItems(join(folder, "none")), /found no folder at .*none/);
    assert.deepEqual(listItems(folder), []);
  }));

Deno.test("the built-in data set has 24 items, 57 queries and gaps in its CSV", () => {
  const folder = join(PROJECT, "data", "qvim-mini");
  const rows = readGroundTruth(folder);
  const ids = (sounds: { id: string }[]) => new Set(sounds.map(({ id }) => id));
  assert.equal(listItems(folder).length, 24);
  assert.deepEqual(new Set(rows.map(({ item }) => item)), ids(listItems(folder)));
  assert.deepEqual(new Set(rows.map(({ query }) => query)), ids(listQueries(folder)));
  assert.equal(rows.length, 57);
  assert.equal(new Set(rows.map((row) => row.class)).size, 6);
});

testWithShared(
  "qvim-esc10",
  "listItems() finds the 120 items and 318 queries of qvim-esc10",
  (path) => {
    assert.equal(listItems(path).length, 120);
    assert.equal(listQueries(path).length, 318);
    assert.equal(readGroundTruth(path).length, 318);
  },
);

Deno.test({
  name:
    "listItems() passes over pipes and devices, which would be waited for for ever, behind links too",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const dog = join(folder, "Items", "dog");
      Deno.mkdirSync(dog, { recursive: true });
      Deno.writeTextFileSync(join(dog, "a.wav"), "");
      Deno.symlinkSync("a.wav", join(dog, "link.wav"));
      await new Deno.Command("mkfifo", { args: [join(dog, "pipe.wav")] }).output();
      Deno.symlinkSync("pipe.wav", join(dog, "to_pipe.wav"));
      Deno.symlinkSync("/dev/zero", join(dog, "to_zero.wav"));
      Deno.symlinkSync("none", join(dog, "to_none.wav"));
      assert.deepEqual(listItems(folder).map(({ id }) => id), ["a.wav", "link.wav", "to_none.wav"]);
    }),
});
