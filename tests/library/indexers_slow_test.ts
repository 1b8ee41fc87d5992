/** Indexers that are killed, or of which there are several at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { indexSounds } from "../../lib/library/indexing.ts";
import { cli, PROJECT, withFolder } from "../support.ts";
import { manySounds, rowsOf, writeSound } from "./support.ts";

/** Starts to index in a process of its own. */
function startIndexing(sounds: string, library: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), "index", sounds, "--library", library, "--json"],
    stdout: "piped",
    stderr: "null",
    stdin: "null",
  }).spawn();
}

/** Waits until something is written below a folder, or nobody will any more. */
async function changeIn(folder: string, isOver: AbortSignal): Promise<void> {
  const watcher = Deno.watchFs(folder);
  const close = () => watcher.close();
  isOver.addEventListener("abort", close);
  for await (const { kind } of watcher) if (kind !== "access") break;
  isOver.removeEventListener("abort", close);
}

Deno.test("an indexer that is killed again and again ends with each sound once", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    const all = manySounds(66);
    let written = 0;
    Deno.mkdirSync(library);
    for (let kill = 0; kill < 10; kill++) {
      // The first ones are so many that further processes hear them; then a few more come each time.
      for (; written < 30 + 4 * kill; written++) {
        writeSound(join(sounds, `${written}.wav`), all[written]);
      }
      const child = startIndexing(sounds, library), ended = child.output();
      const isOver = new AbortController();
      child.status.then(() => isOver.abort());
      // Every second one is killed while it writes. Whenever it is, what is asserted holds.
      if (kill % 2 > 0) await changeIn(library, isOver.signal);
      const wait = (kill % 2 > 0 ? 30 : 1500) * Math.random();
      await delay(wait, undefined, { signal: isOver.signal }).catch(() => {});
      try {
        if (!isOver.signal.aborted) child.kill("SIGKILL");
      } catch (error) {
        // It has ended in this very moment.
        assert.match(`${error}`, /already terminated/);
      }
      await ended;
    }
    assert.equal(written, all.length);
    const report = await indexSounds([sounds], library);
    assert.deepEqual([report.files, report.sounds], [all.length, all.length]);
    assert.equal(new Set((await rowsOf(library)).map(({ path }) => path)).size, all.length);
  });
});

Deno.test("two indexers at once leave each sound once", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    manySounds(20).forEach((sound, i) => writeSound(join(sounds, `${i}.wav`), sound));
    const outputs = await Promise.all(
      [1, 2].map(() => startIndexing(sounds, library).output()),
    );
    for (const { code, stdout } of outputs) {
      assert.equal(code, 0);
      assert.equal(JSON.parse(new TextDecoder().decode(stdout)).files, 20);
    }
    const rows = await rowsOf(library);
    assert.equal(rows.length, 20);
    assert.equal(new Set(rows.map(({ path }) => path)).size, 20);
  });
});

Deno.test("deno task index with --shard hears every file on one machine only", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    manySounds(12).forEach((sound, i) => writeSound(join(sounds, `${i}.wav`), sound));
    let files = 0;
    for (const shard of ["1/2", "2/2", "1/2"]) {
      const { code, stdout } = await cli([
        "index",
        sounds,
        "--library",
        library,
        "--shard",
        shard,
        "--json",
      ]);
      assert.equal(code, 0);
      const report = JSON.parse(stdout);
      assert.equal(report.gone, 0);
      if (shard !== "1/2" || files === 0) files += report.files;
    }
    assert.equal(files, 12);
    assert.equal((await rowsOf(library)).length, 12);
    const wrong = await cli(["index", sounds, "--library", library, "--shard", "3/2"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Expected --shard I\/N with I from 1 to N but found 3\/2/);
  });
});
