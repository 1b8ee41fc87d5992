import assert from "node:assert/strict";
import { join } from "node:path";
import { listItems, listQueries } from "../../lib/challenge/dataset.ts";
import { readVimSketch } from "../../lib/challenge/vim_sketch.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../support.ts";

const MINI = join(PROJECT, "data", "qvim-mini");

/** A few sounds of the built-in data, laid out as VimSketch is. */
function writeVimSketch(folder: string): void {
  const references: string[] = [], imitations: string[] = [];
  const items = listItems(MINI).slice(0, 6);
  for (const [i, { id, path }] of items.entries()) {
    references.push(`00${i}_${id}`);
    writeFiles(folder, { [`references/00${i}_${id}`]: Deno.readFileSync(path) });
  }
  for (const [q, { id, path }] of listQueries(MINI).entries()) {
    const item = items.find((item) => id.startsWith(item.id.replace(".wav", "")));
    if (item === undefined) continue;
    imitations.push(`${1000 + q}_${item.id}`);
    writeFiles(folder, { [`vocal_imitations/${1000 + q}_${item.id}`]: Deno.readFileSync(path) });
  }
  writeFiles(folder, {
    "reference_file_names.csv": references.join("\r\n") + "\r\n",
    "vocal_imitation_file_names.csv": imitations.join("\n"),
  });
}

Deno.test("deno task benchmark runs VimSketch, with what is published beside it", () =>
  withFolder(async (folder) => {
    writeVimSketch(folder);
    const whole = readVimSketch(folder);
    assert.equal(Object.keys(whole.items).length, 6);
    const one = readVimSketch(folder, 1);
    assert.equal(one.relevant.size, 6);
    assert.ok(whole.relevant.size > 6);
    const { code, stdout, stderr } = await cli([
      ...["benchmark", "vimsketch", "--data", folder, "--of-each", "1"],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^vimsketch: 6 items, 6 queries$/m);
    // Ten places for six items: all are found.
    assert.match(stdout, /^fusion {2,}0\.\d+ +0\.\d+ +0\.\d+ +[\d.]+ +1\.0 +0\.\d+$/m);
    assert.match(stdout, /^CLAP {2,}0\.0952$/m);
  }));

Deno.test("deno task benchmark says which set is missing, and what brings it", async () => {
  for (const name of ["vimsketch", "qvim-dev"]) {
    const { code, stderr } = await cli(["benchmark", name, "--data", "/nowhere"]);
    assert.equal(code, 1);
    assert.match(stderr, /\/nowhere/);
  }
  const { stderr } = await cli(["benchmark", "vimsketch", "--data", "/nowhere"]);
  assert.match(stderr, /deno task data vimsketch brings it/);
  const unknown = await cli(["benchmark", "esc50"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Expected vimsketch or qvim-dev but found esc50/);
});

Deno.test("deno task benchmark refuses an option that the benchmark does not have", async () => {
  const { code, stderr } = await cli(["benchmark", "qvim-dev", "--data", MINI, "--of-each", "4"]);
  assert.equal(code, 2);
  assert.match(stderr, /^Expected --of-each with vimsketch alone but found it with qvim-dev\n/);
});

Deno.test("readVimSketch() names an imitation that has no reference", () =>
  withFolder((folder) => {
    writeVimSketch(folder);
    Deno.writeTextFileSync(join(folder, "vocal_imitation_file_names.csv"), "7_none.wav\n");
    assert.throws(() => readVimSketch(folder), /a reference called …_none\.wav/);
  }));
