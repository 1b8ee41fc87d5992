import assert from "node:assert/strict";
import { join } from "node:path";
import { listQueries } from "../../lib/challenge/dataset.ts";
import { cli, PROJECT, withFolder } from "../support.ts";
import { RISE } from "../models/sounds.ts";
import { writeSound } from "./support.ts";

Deno.test("deno task search --json prints one object and nothing else", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library");
    const items = join(PROJECT, "data", "qvim-mini", "Items");
    const indexed = await cli(["index", items, "--library", library]);
    assert.equal(indexed.code, 0, indexed.stderr);
    assert.match(indexed.stdout, /^24 files: 24 heard, .* 24 sounds in /);
    const { path: query } = listQueries(join(PROJECT, "data", "qvim-mini"))[0];
    const { code, stdout, stderr } = await cli(
      ["search", query, "--library", library, "--top", "5", "--json"],
    );
    assert.equal(code, 0, stderr);
    const answer = JSON.parse(stdout);
    assert.deepEqual(Object.keys(answer), ["query", "results"]);
    assert.equal(answer.query, query);
    assert.equal(answer.results.length, 5);
    for (const result of answer.results) {
      assert.deepEqual(Object.keys(result), ["path", "score", "start", "end", "duration"]);
      assert.ok(Deno.statSync(result.path).isFile);
    }
    const wrong = await cli(["search", query, "--library", join(folder, "none")]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /^LibraryError: Expected a library but found none in /);
  });
});

Deno.test({
  name: "deno task index and search hand no control characters of names to the terminal",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const library = join(folder, "library"), sounds = join(folder, "sounds");
      Deno.mkdirSync(sounds);
      writeSound(join(sounds, "red\u001b[31m.wav"), RISE);
      Deno.writeTextFileSync(join(sounds, "title\u001b]0;.wav"), "no sound");
      const indexed = await cli(["index", sounds, "--library", library]);
      assert.match(indexed.stdout, /1 heard, .* 1 broken/);
      assert.match(indexed.stderr, /! Expected a recording .*title \]0;\.wav/);
      const found = await cli(["search", join(sounds, "red\u001b[31m.wav"), "--library", library]);
      assert.match(found.stdout, /red \[31m\.wav/);
      for (const text of [indexed.stdout, indexed.stderr, found.stdout]) {
        assert.ok(!text.includes("\u001b]") && !text.includes("\u001b[31m"), JSON.stringify(text));
      }
    }),
});

Deno.test("deno task search gives the only sound of a library a score of nothing, not of less", () =>
  withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    writeSound(join(sounds, "one.wav"), RISE);
    await cli(["index", sounds, "--library", library]);
    // A little longer: the score is a little below nothing.
    const query = join(folder, "query.wav"), longer = new Float32Array(RISE.length + 300);
    longer.set(RISE);
    writeSound(query, longer);
    const found = await cli(["search", query, "--library", library, "--json"]);
    const [{ score }] = JSON.parse(found.stdout).results;
    assert.ok(score < 0 && score > -0.005, `${score}`);
    const { stdout } = await cli(["search", query, "--library", library]);
    assert.match(stdout, /^0\.00 .*one\.wav$/m);
  }));
