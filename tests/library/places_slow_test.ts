/** Libraries whose sounds are moved, whose disk is away, and whose owner wants some of them out. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { forgetSounds } from "../../lib/library/forgetting.ts";
import { indexSounds } from "../../lib/library/indexing.ts";
import { SoundLibrary } from "../../lib/library/search.ts";
import { FALL, PULSES, RISE } from "../models/sounds.ts";
import { cli, NEEDS_UNIX, withFolder } from "../support.ts";
import { rowsOf, writeSound } from "./support.ts";

Deno.test("indexSounds() finds sounds at their new place alone where their folder was moved", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), at = (...parts: string[]) => join(folder, ...parts);
    writeSound(at("old", "rise.wav"), RISE);
    writeSound(at("old", "fall.wav"), FALL);
    writeSound(at("other", "rise copy.wav"), RISE);
    await indexSounds([at("old"), at("other")], library);
    Deno.renameSync(at("old"), at("new"));

    const moved = await indexSounds([at("new")], library);
    assert.deepEqual([moved.heard, moved.moved, moved.gone, moved.sounds], [0, 2, 2, 3]);
    assert.deepEqual((await rowsOf(library)).map(({ path }) => path), [
      at("new", "fall.wav"),
      at("new", "rise.wav"),
      // What is still there stays, though it is outside of what was looked at.
      at("other", "rise copy.wav"),
    ]);
    // Nothing of it is left to be done.
    const again = await indexSounds([at("new"), at("other")], library);
    assert.deepEqual([again.moved, again.gone, again.sounds], [0, 0, 3]);
  });
});

Deno.test("indexSounds() keeps what it has of a place that is empty, and says how it is taken out", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), disk = join(folder, "disk");
    writeSound(join(disk, "a", "rise.wav"), RISE);
    writeSound(join(disk, "a", "fall.wav"), FALL);
    await indexSounds([disk], library);
    Deno.renameSync(disk, join(folder, "away"));
    Deno.mkdirSync(disk);
    const { gone, sounds, unread } = await indexSounds([disk], library);
    assert.deepEqual([gone, sounds], [0, 2]);
    assert.deepEqual(unread.map(({ reason }) => reason), [
      `Expected sounds in ${disk}, where the library has 2 files, but found an empty folder: they ` +
      "stay, in case its disk is away; --forget takes them out",
    ]);
    // It comes back, and all is as it was.
    Deno.removeSync(disk);
    Deno.renameSync(join(folder, "away"), disk);
    const back = await indexSounds([disk], library);
    assert.deepEqual([back.unchanged, back.heard, back.unread], [2, 0, []]);
    // An empty folder of which it has nothing is an empty folder.
    Deno.mkdirSync(join(folder, "none"));
    const none = await indexSounds([join(folder, "none")], library);
    assert.deepEqual([none.files, none.unread, none.sounds], [0, [], 2]);
  });
});

Deno.test("forgetSounds() takes out what lies below a folder, though it is there no more", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), at = (...parts: string[]) => join(folder, ...parts);
    writeSound(at("a", "rise.wav"), RISE);
    Deno.writeTextFileSync(at("a", "broken.wav"), "no sound");
    writeSound(at("ab", "fall.wav"), FALL);
    await indexSounds([at("a"), at("ab")], library);
    Deno.removeSync(at("a"), { recursive: true });
    await assert.rejects(
      indexSounds([at("a")], library),
      /found nothing at .*a; --forget takes out what a library has of it$/,
    );
    assert.deepEqual(await forgetSounds([at("a")], library), { files: 1, sounds: 1 });
    assert.deepEqual((await rowsOf(library)).map(({ path }) => path), [at("ab", "fall.wav")]);
    assert.deepEqual(await forgetSounds([at("a")], library), { files: 0, sounds: 1 });
    await assert.rejects(forgetSounds([at("a")], at("none")), /found none in .*none/);
  });
});

Deno.test("deno task index says how far it has come with comparing what may have been moved", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), path = join(folder, "sounds", "long.wav");
    writeSound(path, RISE);
    // An hour of silence behind it, which takes no room on the disk.
    const file = Deno.openSync(path, { write: true }), size = 2 ** 26 + 44;
    file.truncateSync(size);
    const write = (at: number, value: number) => {
      file.seekSync(at, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(Uint32Array.of(value).buffer));
    };
    write(4, size - 8);
    write(40, size - 44);
    file.close();
    const args = ["index", join(folder, "sounds"), "--library", library];
    assert.match((await cli(args)).stdout, /^1 file: 1 heard, .* 1 sound in /);
    Deno.renameSync(path, join(folder, "sounds", "renamed.wav"));
    const { stdout, stderr } = await cli(args);
    assert.match(stdout, /^1 file: 0 heard, 1 moved or copied, 0 unchanged, 1 gone, /);
    assert.match(stderr, /^Comparing contents: 1 in \d/);
  });
});

Deno.test("a folder that is no library stays as it is, and a library may be given by its address", async () => {
  await withFolder(async (folder) => {
    const sounds = join(folder, "sounds"), library = join(folder, "a b");
    writeSound(join(sounds, "rise.wav"), RISE);
    await assert.rejects(
      SoundLibrary.open(sounds),
      /^LibraryError: .*found none in .*sounds: make/,
    );
    assert.deepEqual(Array.from(Deno.readDirSync(sounds), ({ name }) => name), ["rise.wav"]);
    const address = pathToFileURL(library).href;
    assert.equal((await indexSounds([sounds], address)).sounds, 1);
    for (const place of [library, address]) {
      const opened = await SoundLibrary.open(place);
      assert.equal(opened.size, 1);
      opened.close();
    }
    // Nothing is called like the address.
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(), [
      "a b",
      "sounds",
    ]);
    assert.ok(!existsSync("file:"));
    await assert.rejects(
      SoundLibrary.open("file://elsewhere/library"),
      /^LibraryError: Expected the address of a folder but found file:\/\/elsewhere\/library: /,
    );
  });
});

Deno.test("deno task index says what adds up, which kinds it does not read, and what it took out", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    writeSound(join(sounds, "rise.wav"), RISE);
    writeSound(join(sounds, "pulses.wav"), PULSES);
    for (const name of ["broken.wav", "a.m4a", "b.m4a", "c.wv"]) {
      Deno.writeTextFileSync(join(sounds, name), "no sound");
    }
    await cli(["index", sounds, "--library", library]);
    const { stdout, stderr, code } = await cli(["index", sounds, "--library", library]);
    assert.equal(code, 0, stderr);
    // Of three files one is broken: it is not among the unchanged ones that the library has.
    assert.match(
      stdout,
      /^2 files: 0 heard, 0 moved or copied, 2 unchanged, 0 gone, 1 broken; 2 sounds in /,
    );
    assert.match(
      stderr,
      /! Passed over 3 recordings of kinds that are not read: 2 \.m4a, 1 \.wv; .*NAME\.m4a NAME\.wav/,
    );
    const args = ["index", sounds, "--library", library, "--forget"];
    assert.equal((await cli(args)).stdout, `2 files taken out; 0 sounds in ${library}\n`);
    // A library is a folder: where there is a file, neither command says how to make one there.
    const file = join(sounds, "broken.wav");
    for (const command of ["index", "search"]) {
      const { code, stderr } = await cli([command, join(sounds, "rise.wav"), "--library", file]);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        `LibraryError: Expected the folder of a library but found a file at ${file}\n`,
      );
    }
    const both = await cli([...args, "--shard", "1/2"]);
    assert.deepEqual([both.code, both.stderr.split("\n")[0]], [
      2,
      "Expected --forget or --shard but found both",
    ]);
  });
});

Deno.test({
  name: `a library lies in the folder that is named, or is refused${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      const args = (library: string) => ["index", "sounds", "--library", library];
      const listed = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      writeSound(join(folder, "sounds", "rise.wav"), RISE);
      // It looks like a place on object storage, and lies beside the sounds.
      const { code, stderr } = await cli(args("s3:x"), { cwd: folder });
      assert.equal(code, 0, stderr);
      assert.equal((await rowsOf(join(folder, "s3:x"))).length, 1);
      const refused = await cli(args("a\nb"), { cwd: folder });
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /^LibraryError: Expected a path without control characters but found "a\\nb"$/m,
      );
      assert.deepEqual(listed(), ["s3:x", "sounds"]);
    }),
});

Deno.test("deno task index takes thousands of files by their names, as a shell writes out *.wav", () =>
  withFolder(async (folder) => {
    const library = join(folder, "library"), at = (i: number) => join(folder, "sounds", `${i}.wav`);
    const places = Array.from({ length: 2000 }, (_, i) => at(i));
    writeSound(at(0), RISE);
    for (const place of places.slice(1)) Deno.copyFileSync(at(0), place);
    await indexSounds([at(0)], library);
    const told = async (...args: string[]) => {
      const { code, stdout } = await cli(["index", ...places, "--library", library, ...args]);
      assert.equal(code, 0);
      return stdout;
    };
    assert.match(await told(), /^2,000 files: 0 heard, 1999 moved or copied, 1 unchanged, /);
    assert.match(await told("--forget"), /^2,000 files taken out; 0 sounds in /);
  }));
