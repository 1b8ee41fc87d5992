import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { indexSounds } from "../../lib/library/indexing.ts";
import { modelVersion } from "../../lib/library/hearing.ts";
import { SoundLibrary } from "../../lib/library/search.ts";
import { hashFile } from "../../lib/io/hash.ts";
import { Store } from "../../lib/library/store.ts";
import type { SoundInfo } from "../../lib/library/rows.ts";
import { NEEDS_UNIX, PROJECT, withFolder } from "../support.ts";
import { FALL, PULSES, RISE, voice } from "../models/sounds.ts";
import { manySounds, rowsOf, writeSound } from "./support.ts";

Deno.test("indexSounds() hears new, changed and moved files once each, and tells which are broken", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "Foley Sounds");
    const at = (name: string) => join(sounds, name);
    writeSound(at("doors/Creaky-Door_01.wav"), RISE);
    writeSound(at("doors/slam.WAV"), FALL, { rate: 44100, channels: 2 });
    writeSound(at("knocks.wav"), PULSES);
    writeSound(at("silence.wav"), new Float32Array(8000));
    Deno.writeTextFileSync(at("broken.wav"), "OggS, not a WAV file");
    Deno.writeTextFileSync(at("notes.txt"), "no sound");
    writeSound(at(".hidden/rise.wav"), RISE);

    const first = await indexSounds([sounds], library);
    assert.deepEqual([first.files, first.heard, first.sounds, first.gone], [3, 3, 3, 0]);
    assert.deepEqual(first.broken.map(({ path }) => basename(path)), ["broken.wav", "silence.wav"]);
    assert.match(
      first.broken[0].reason,
      /^Expected a recording .* but found an Ogg file of another coding than .* in .*broken/,
    );
    assert.match(first.broken[1].reason, /^Expected a sound but found only silence in .*silence/);

    const rows = await rowsOf(library);
    assert.deepEqual(rows.map(({ path }) => path), [
      at("doors/Creaky-Door_01.wav"),
      at("doors/slam.WAV"),
      at("knocks.wav"),
    ]);
    const [creak, slam, knocks] = rows;
    assert.equal(creak.words, " foley sounds doors creaky door 01");
    assert.deepEqual([creak.start, creak.end, creak.duration], [0, 1, 1]);
    assert.deepEqual([creak.rate, creak.channels, slam.rate, slam.channels], [16000, 1, 44100, 2]);
    const info = Deno.statSync(knocks.path);
    assert.deepEqual([knocks.size, knocks.mtime], [info.size, info.mtime!.getTime()]);
    assert.equal(knocks.hash, await hashFile(knocks.path));
    assert.equal(knocks.model, modelVersion());

    const second = await indexSounds([sounds], library);
    assert.deepEqual([second.heard, second.unchanged, second.broken.length], [0, 5, 2]);
    const undated = (rows: SoundInfo[]) => rows.map((row) => ({ ...row, added: 0 }));
    assert.deepEqual(undated(await rowsOf(library)), undated(rows), "nothing was written");

    // One moves, one changes, one goes, one is copied, a broken one is mended, one is only touched.
    Deno.renameSync(at("doors/Creaky-Door_01.wav"), at("creak.wav"));
    writeSound(at("knocks.wav"), voice(0.7, () => 500, () => 1));
    Deno.removeSync(at("doors/slam.WAV"));
    writeSound(at("broken.wav"), FALL);
    Deno.removeSync(at("silence.wav"));
    Deno.copyFileSync(at("creak.wav"), at("copy.wav"));
    const third = await indexSounds([sounds], library);
    assert.deepEqual(
      [third.files, third.heard, third.moved, third.gone, third.broken.length, third.sounds],
      [4, 2, 2, 2, 0, 4],
    );
    const after = await rowsOf(library);
    assert.deepEqual(after.map(({ path }) => basename(path)), [
      "broken.wav",
      "copy.wav",
      "creak.wav",
      "knocks.wav",
    ]);
    assert.deepEqual(after[2].hash, creak.hash);
    assert.equal(after[2].words, " foley sounds creak");
    assert.equal(after[3].duration, 0.7);

    Deno.utimeSync(at("creak.wav"), 1000, 1000);
    const touched = await indexSounds([sounds], library);
    assert.deepEqual([touched.heard, touched.moved, touched.sounds], [0, 1, 4]);
    assert.equal((await rowsOf(library))[2].mtime, 1_000_000);
  });
});

Deno.test({
  name: `indexSounds() hears what was put in a file's place with its size and date${NEEDS_UNIX}`,
  ignore: NEEDS_UNIX !== "",
  fn: () =>
    withFolder(async (folder) => {
      const library = join(folder, "library"), sounds = join(folder, "sounds");
      const at = (name: string) => join(sounds, name);
      const hz = (pitch: number) => voice(0.5, () => pitch, () => 1);
      ["a", "b", "c", "d"].forEach((name, i) => {
        writeSound(at(`${name}.wav`), hz(200 + 50 * i));
        Deno.utimeSync(at(`${name}.wav`), 1000, 1000);
      });
      // Two in each other's places, one written over as by cp -p, one whose rights alone are others.
      const changes = () => {
        Deno.renameSync(at("a.wav"), at("x"));
        Deno.renameSync(at("b.wav"), at("a.wav"));
        Deno.renameSync(at("x"), at("b.wav"));
        writeSound(at("c.wav"), hz(400));
        Deno.utimeSync(at("c.wav"), 1000, 1000);
        Deno.chmodSync(at("d.wav"), 0o600);
      };
      await indexSounds([sounds], library);
      const before = await rowsOf(library);
      changes();
      const { heard, moved, unchanged } = await indexSounds([sounds], library);
      assert.deepEqual([heard, moved, unchanged], [1, 2, 1]);
      const after = await rowsOf(library), clean = join(folder, "clean");
      await indexSounds([sounds], clean);
      const told = (rows: SoundInfo[]) => rows.map(({ added: _, batch: __, ...row }) => row);
      assert.deepEqual(told(after), told(await rowsOf(clean)));
      // What holds what it held is noted to have been looked at, and nothing else of it.
      assert.deepEqual({ ...after[3], added: 0 }, { ...before[3], added: 0 });
      assert.ok(after[3].added > before[3].added);
      // Once, and not each time.
      await delay(1100);
      await indexSounds([sounds], library);
      const settled = await rowsOf(library);
      await indexSounds([sounds], library);
      assert.deepEqual(await rowsOf(library), settled);
      // A clock that was ahead says nothing of what came after it.
      const store = await Store.open(library);
      await store.setAdded([at("a.wav"), at("b.wav")], Date.now() + 1e8);
      store.close();
      changes();
      assert.equal((await indexSounds([sounds], library)).moved, 2);
    }),
});

Deno.test("indexSounds() of one place leaves the sounds of others in the library", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library");
    writeSound(join(folder, "a", "rise.wav"), RISE);
    writeSound(join(folder, "ab", "fall.wav"), FALL);
    await indexSounds([join(folder, "a"), join(folder, "ab")], library);
    Deno.removeSync(join(folder, "a", "rise.wav"));
    Deno.removeSync(join(folder, "ab", "fall.wav"));
    Deno.writeTextFileSync(join(folder, "a", "notes.txt"), "a folder of a disk that is there");
    const report = await indexSounds([join(folder, "a")], library);
    assert.deepEqual([report.gone, report.sounds], [1, 1]);
    await assert.rejects(
      indexSounds([join(folder, "none")], library),
      /found nothing at .*none; --forget takes out what a library has of it$/,
    );
    assert.equal((await rowsOf(library)).length, 1);
  });
});

Deno.test("indexSounds() hears a long recording in pieces, and a moment in it is found", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library");
    const samples = new Float32Array(120 * 16000);
    [[20, RISE], [50, PULSES], [80, FALL]].forEach(([second, sound]) =>
      samples.set(sound as Float32Array, (second as number) * 16000)
    );
    writeSound(join(folder, "sounds", "field.wav"), samples);
    manySounds(8).forEach((sound, i) => writeSound(join(folder, "sounds", `${i}.wav`), sound));
    const report = await indexSounds([join(folder, "sounds")], library);
    assert.deepEqual([report.files, report.sounds], [9, 11]);
    writeSound(join(folder, "query.wav"), PULSES);
    const found = await SoundLibrary.open(library);
    const [best] = await found.search(join(folder, "query.wav"));
    found.close();
    assert.equal(basename(best.path), "field.wav");
    assert.ok(Math.abs(best.start - 50) < 0.2 && best.end > 50.9 && best.end < 51.5);
    assert.equal(best.duration, 120);
  });
});

Deno.test("indexSounds() hears again what an older model heard, and says so", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    writeSound(join(sounds, "rise.wav"), RISE);
    writeSound(join(sounds, "fall.wav"), FALL);
    await indexSounds([sounds], library);
    const store = await Store.open(library);
    const rows = await store.read("true");
    const older = rows.map((row) => ({ ...row, model: "older" }));
    const isRise = ({ path }: { path: string }) => path.endsWith("rise.wav");
    await store.remove("true");
    // Half way: one is heard by the present model, and alone found.
    await store.add([...older.filter((row) => !isRise(row)), ...rows.filter(isRise)]);
    const half = await SoundLibrary.open(library);
    assert.deepEqual([half.size, half.outdated], [1, 1]);
    const results = await half.search(join(sounds, "fall.wav"));
    assert.deepEqual(results.map(({ path }) => path), [join(sounds, "rise.wav")]);
    half.close();
    await store.remove("true");
    await store.add(older);
    store.close();
    const said: string[] = [];
    const report = await indexSounds([sounds], library, { say: (text) => said.push(text) });
    assert.deepEqual([report.heard, report.sounds], [2, 2]);
    assert.match(
      said.join(),
      /^2 sounds were heard by an older model and are heard again, .* 1 s$/,
    );
    assert.ok((await rowsOf(library)).every(({ model }) => model === modelVersion()));
    const now = await SoundLibrary.open(library);
    assert.deepEqual([now.size, now.outdated], [2, 0]);
    now.close();
  });
});

Deno.test("indexSounds() keeps the list of files where an older model kept vectors of other lengths", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    const path = join(sounds, "rise.wav");
    writeSound(path, RISE);
    const store = await Store.openOrCreate(library, { views: 1, vector: 8, features: 3 });
    const [vectors, features] = [[new Float32Array(8).fill(0.1)], [new Float32Array(3)]];
    const about = { words: "", hash: "", size: 1, mtime: 1, duration: 1, rate: 1, channels: 1 };
    const row = { ...about, start: 0, end: 1, model: "older", batch: "b", added: 1 };
    await store.add([{ ...row, id: "1", path, vectors, features }]);
    store.close();
    const open = await SoundLibrary.open(library);
    await assert.rejects(open.search(path), /only such as an older model heard: deno task index/);
    const report = await indexSounds([sounds], library);
    assert.deepEqual([report.heard, report.sounds], [1, 1]);
    assert.equal((await rowsOf(library))[0].model, modelVersion());
    // Who had it open goes on with what is there now.
    await delay(1100);
    assert.equal((await open.search(path))[0].path, path);
    open.close();
  });
});

Deno.test("indexSounds() gives up what files held that are looked at anew, again and again", async () => {
  await withFolder(async (folder) => {
    const library = join(folder, "library"), sounds = join(folder, "sounds");
    for (const [name, sound] of Object.entries({ rise: RISE, fall: FALL, pulses: PULSES })) {
      writeSound(join(sounds, `${name}.wav`), sound);
    }
    const size = () => Array.from(Deno.readDirSync(join(library, "sounds.lance", "data"))).length;
    assert.equal((await indexSounds([sounds], library)).heard, 3);
    const { now } = Date;
    try {
      for (const day of [3, 2, 1]) {
        // The clock was ahead each time: their contents are compared, as where rights are set every night.
        Date.now = () => now() + day * 86_400_000;
        assert.equal((await indexSounds([sounds], library)).unchanged, 3);
      }
    } finally {
      Date.now = now;
    }
    assert.equal(size(), 1);
    assert.equal((await rowsOf(library)).length, 3);
  });
});

/** The start of a command that may not pass over the rights on files, as root may. */
const AS_ANYBODY = Deno.uid() === 0
  ? [
    "setpriv",
    ...["--inh-caps", "--bounding-set"].map((set) => `${set}=-dac_override,-dac_read_search`),
  ]
  : [];

Deno.test({
  name:
    "indexSounds() keeps what it knows of files that it may not read now, and tries them again" +
    (Deno.build.os === "linux" ? "" : " (needs Linux)"),
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const library = join(folder, "library"), sounds = join(folder, "sounds");
      const closed = join(sounds, "closed"), secret = join(sounds, "secret.wav");
      writeSound(join(closed, "rise.wav"), RISE);
      writeSound(join(sounds, "fall.wav"), FALL);
      Deno.symlinkSync("loop.wav", join(sounds, "loop.wav"));
      const first = await indexSounds([sounds], library);
      assert.deepEqual([first.files, first.heard], [2, 2]);
      assert.deepEqual(first.unread.map(({ path }) => path), [join(sounds, "loop.wav")]);
      // What lies below what can't be read may still be there, but not what begins with its name.
      writeSound(join(sounds, "loop.wav.wav"), PULSES);
      assert.equal((await indexSounds([sounds], library)).heard, 1);
      Deno.removeSync(join(sounds, "loop.wav.wav"));
      assert.equal((await indexSounds([sounds], library)).gone, 1);
      Deno.removeSync(join(sounds, "loop.wav"));

      writeSound(secret, PULSES);
      Deno.chmodSync(secret, 0);
      Deno.chmodSync(closed, 0);
      const [command, ...args] = [
        ...AS_ANYBODY,
        ...[Deno.execPath(), "run", "-A", join(PROJECT, "cli.ts")],
        ...["index", sounds, "--library", library, "--json"],
      ];
      const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
      Deno.chmodSync(closed, 0o755);
      const second = JSON.parse(new TextDecoder().decode(stdout));
      assert.deepEqual([second.gone, second.heard, second.broken, second.sounds], [0, 0, [], 2]);
      assert.deepEqual(
        second.unread.map(({ reason }: { reason: string }) => reason.replace(/ \(os.*/, "")),
        [
          `Expected to look into ${closed} but found: Permission denied`,
          `Expected to hear ${secret} but found: Permission denied`,
        ],
      );

      Deno.chmodSync(secret, 0o644);
      const third = await indexSounds([sounds], library);
      assert.deepEqual([third.files, third.heard, third.unread], [3, 1, []]);
    }),
});
