import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import { readAudio } from "../../lib/audio/read_audio.ts";
import { resample } from "../../lib/audio/resample.ts";
import { indexSounds } from "../../lib/library/indexing.ts";
import { LibraryError } from "../../lib/library/lancedb.ts";
import { wordsIn } from "../../lib/library/query.ts";
import { CANDIDATES, SoundLibrary } from "../../lib/library/search.ts";
import { VocalSearch } from "../../lib/models/vocal_search/vocal_search.ts";
import { flac } from "../audio/odd_files.ts";
import { withFolder } from "../support.ts";
import { FALL, PULSES, RISE, voice } from "../models/sounds.ts";
import { manySounds, writeSound } from "./support.ts";

/** A library of a few sounds in folders; `use` gets the folder that everything lies in. */
async function withLibrary(use: (library: SoundLibrary, folder: string) => Promise<void>) {
  await withFolder(async (folder) => {
    const sounds = join(folder, "sounds");
    writeSound(join(sounds, "Doors", "wooden_rise.wav"), RISE);
    writeSound(join(sounds, "Doors", "Métal fall.wav"), FALL, { channels: 2 });
    writeSound(join(sounds, "Knocks", "it's three.wav"), PULSES);
    writeSound(join(sounds, "Knocks", "long.wav"), voice(3, (t) => 200 + 50 * t, () => 1));
    await indexSounds([sounds], join(folder, "library"));
    const library = await SoundLibrary.open(join(folder, "library"));
    try {
      await use(library, folder);
    } finally {
      library.close();
    }
  });
}

const names = (results: { path: string }[]) => results.map(({ path }) => basename(path));

Deno.test("SoundLibrary.search() finds a sound by itself, and narrows by words and filters", async () => {
  await withLibrary(async (library, folder) => {
    const query = join(folder, "query.wav");
    writeSound(query, PULSES);
    const all = await library.search(query);
    assert.equal(all.length, 4);
    assert.equal(names(all)[0], "it's three.wav");
    assert.ok(all.every(({ score }, i) => i === 0 || score <= all[i - 1].score));
    assert.deepEqual([all[0].start, all[0].end, all[0].duration], [0, 1.2, 1.2]);
    const narrowed = async (options: Parameters<SoundLibrary["search"]>[1]) =>
      names(await library.search(query, options)).sort();
    assert.deepEqual(await narrowed({ text: "door wood" }), ["wooden_rise.wav"]);
    assert.deepEqual(await narrowed({ text: "METAL" }), ["Métal fall.wav"]);
    assert.deepEqual(await narrowed({ text: "it's" }), ["it's three.wav"]);
    assert.deepEqual(await narrowed({ text: "ood" }), [], "words are found by their beginnings");
    assert.deepEqual(await narrowed({ maxSeconds: 1 }), ["Métal fall.wav", "wooden_rise.wav"]);
    assert.deepEqual(await narrowed({ minSeconds: 2 }), ["long.wav"]);
    assert.deepEqual(await narrowed({ channels: 2 }), ["Métal fall.wav"]);
    assert.deepEqual(await narrowed({ folder: "Knocks" }), ["it's three.wav", "long.wav"]);
    assert.deepEqual(await narrowed({ folder: join(folder, "sounds", "Doors") }), [
      "Métal fall.wav",
      "wooden_rise.wav",
    ]);
    assert.deepEqual(await narrowed({ top: 1 }), ["it's three.wav"]);
    assert.deepEqual(await narrowed({ text: "%' OR true --" }), []);
  });
});

Deno.test("SoundLibrary.search() hears what a long recording begins to tell late", async () => {
  await withLibrary(async (library, folder) => {
    const rate = 16000, random = seededRandom(3);
    // Nothing, or a room's noise, after the click of the button that starts the recording.
    const before = (noise: number) =>
      Float32Array.from(
        { length: 12 * rate },
        (_, i) => i < 20 ? 0.9 : noise * (random() - 0.5),
      );
    const query = join(folder, "query.wav");
    writeSound(query, PULSES);
    const wanted = await library.search(query);
    for (const noise of [0, 1e-3]) {
      const { samples, sampleRate } = await readAudio(query);
      const sound = resample(samples, sampleRate, rate);
      const late = Float32Array.from([...before(noise), ...sound]);
      const results = await library.search({ samples: late, sampleRate: rate });
      assert.deepEqual(names(results), names(wanted), `after noise of ${noise}`);
      assert.ok(Math.abs(results[0].score - wanted[0].score) < 0.05, `${results[0].score}`);
    }
    const click = before(0);
    await assert.rejects(library.search({ samples: click, sampleRate: rate }), {
      name: "RecordingError",
      message: /^Expected an imitation but found only silence in the recording: record it again/,
    });
  });
});

Deno.test("SoundLibrary.search() reads the first two minutes of a recording, and says so", () =>
  withLibrary(async (library, folder) => {
    // Frames of 1.5 s: nothing in some, then steps.
    const recording = (silent: number) =>
      flac(Array.from({ length: 128 }, (_, i) => [65535, i < silent ? 0 : 20000 * (i % 2)]));
    const query = join(folder, "query.flac");
    Deno.writeFileSync(query, recording(70));
    assert.ok((await library.search(query)).length > 0);
    Deno.writeFileSync(query, recording(90));
    await assert.rejects(library.search(query), {
      name: "RecordingError",
      message: "Expected an imitation but found only silence in the first 120 s of " +
        `${query}: record it again, nearer to the microphone`,
    });
  }));

Deno.test("SoundLibrary.search() scores as VocalSearch does", async () => {
  await withLibrary(async (library, folder) => {
    const query = join(folder, "query.wav");
    writeSound(query, voice(0.8, (t) => 180 + 250 * t, () => 1));
    const results = await library.search(query);
    const items = Object.fromEntries(results.map(({ path }) => [path, path]));
    const { query: expected } = await new VocalSearch().computeSimilarities(items, { query });
    // Kept in half precision: a score, of deviation 1 over the library, may move a little.
    for (const { path, score } of results) {
      assert.ok(Math.abs(score - expected[path]) < 2e-3, `${path}: ${score}, ${expected[path]}`);
    }
  });
});

Deno.test("SoundLibrary.moreLike() takes a found sound as the query and leaves it out", async () => {
  await withLibrary(async (library, folder) => {
    writeSound(join(folder, "query.wav"), RISE);
    const [best] = await library.search(join(folder, "query.wav"));
    const more = await library.moreLike(best.id);
    assert.equal(more.length, 3);
    assert.ok(more.every(({ id }) => id !== best.id));
    // The model's own opinion of the others, by what it hears of that sound as an item.
    const model = new VocalSearch();
    const all = [best, ...more].map(({ path }) => path);
    const items = await Promise.all(all.map((path) => model.embedItem(path)));
    const scorer = await model.createScorer(items);
    const [scores] = await scorer.score([items[0][0]]);
    await scorer.release();
    more.forEach(({ score }, i) =>
      assert.ok(Math.abs(score - scores[i + 1]) < 2e-3, `${all[i + 1]}: ${score}, ${scores[i + 1]}`)
    );
    assert.ok(more.every(({ score }, i) => i === 0 || score <= more[i - 1].score));
    await assert.rejects(library.moreLike("none"), LibraryError);
  });
});

Deno.test("SoundLibrary.search() moves towards what is closer and drops what is not meant", async () => {
  await withLibrary(async (library, folder) => {
    const query = join(folder, "query.wav");
    writeSound(query, RISE);
    const before = await library.search(query);
    const fall = before.find(({ path }) => path.endsWith("fall.wav"))!;
    const scoreOf = (results: typeof before) => results.find(({ id }) => id === fall.id)!.score;
    assert.ok(scoreOf(await library.search(query, { closer: [fall.id] })) > scoreOf(before));
    const without = await library.search(query, { notThis: [before[0].id] });
    assert.deepEqual(without.length, 3);
    assert.ok(without.every(({ id }) => id !== before[0].id));
  });
});

Deno.test("SoundLibrary.search() finds a sound among more than the second pass scores", async () => {
  await withFolder(async (folder) => {
    const sounds = manySounds(60), at = (i: number) => join(folder, "sounds", `${i}.wav`);
    const library = join(folder, "library");
    const write = (first: number, end: number) => {
      for (let i = first; i < end; i++) writeSound(at(i), sounds[i]);
    };
    write(0, 50);
    await indexSounds([join(folder, "sounds")], library);
    // Copies of some make many of few: what is known of a sound is not heard again.
    const last = CANDIDATES + 60;
    for (let i = 60; i < last; i++) Deno.copyFileSync(at(10 + i % 40), at(i));
    write(50, 60);
    const { heard, moved } = await indexSounds([join(folder, "sounds")], library);
    assert.deepEqual([heard, moved], [10, last - 60]);
    const open = await SoundLibrary.open(library);
    assert.equal(open.size, last);
    for (const i of [0, 7, 50, 55, 59]) {
      writeSound(join(folder, "query.wav"), sounds[i]);
      const results = await open.search(join(folder, "query.wav"), { top: CANDIDATES });
      assert.equal(results.length, CANDIDATES);
      assert.ok(names(results).slice(0, 3).includes(`${i}.wav`), `${i}: ${names(results)[0]}`);
      // Who wants more gets more, with the same scores.
      const all = await open.search(join(folder, "query.wav"), { top: 1000 });
      assert.equal(new Set(names(all)).size, last);
      assert.deepEqual(all[0], results[0]);
    }
    const few = { top: 1000, candidates: 50 };
    assert.equal((await open.search(join(folder, "query.wav"), few)).length, 50);
    open.close();
  });
});

Deno.test("SoundLibrary refuses what holds nothing, and says what to do", async () => {
  await withLibrary(async (library, folder) => {
    writeSound(join(folder, "silence.wav"), new Float32Array(16000));
    await assert.rejects(
      library.search(join(folder, "silence.wav")),
      /only silence in .*silence\.wav: record it again/,
    );
    await assert.rejects(
      SoundLibrary.open(join(folder, "nowhere")),
      /found none in .*nowhere: make one with deno task index/,
    );
    Deno.mkdirSync(join(folder, "empty"));
    await assert.rejects(SoundLibrary.open(join(folder, "empty")), LibraryError);
    await indexSounds([join(folder, "empty")], join(folder, "other"));
    const other = await SoundLibrary.open(join(folder, "other"));
    writeSound(join(folder, "query.wav"), RISE);
    await assert.rejects(other.search(join(folder, "query.wav")), /found none: deno task index/);
    other.close();
  });
});

Deno.test("SoundLibrary says which option is wrong, and what it should be", async () => {
  await withLibrary(async (library, folder) => {
    const path = join(folder, "query.wav");
    writeSound(path, RISE);
    const [{ id }] = await library.search(path, { top: 1 });
    const options: [options: unknown, message: RegExp][] = [
      [null, /^Expected options as an object but found null$/],
      [5, /^Expected options as an object but found 5$/],
      [{ top: 0 }, /^Expected top to be a whole number of at least 1 but found 0$/],
      [
        { candidates: "all" },
        /^Expected candidates to be a whole number of at least 1 but found "all"$/,
      ],
      [
        { maxSeconds: "long" },
        /^Expected maxSeconds to be a number of at least 0 but found "long"$/,
      ],
      [{ minSeconds: NaN }, /^Expected minSeconds to be a number of at least 0 but found NaN$/],
      [{ channels: 1.5 }, /^Expected channels to be a whole number from 1 to 1024 but found 1.5$/],
      [{ channels: 2 ** 40 }, /^Expected channels to be a whole number from 1 to 1024 but found /],
      [{ text: 5 }, /^Expected text to be a text but found 5$/],
      [{ text: "a ".repeat(3000) }, /^Expected at most 100 words to look for but found 3,000$/],
      [{ folder: null }, /^Expected folder to be a text but found null$/],
      [{ closer: id }, /^Expected closer to be a list of texts but found "/],
      [{ notThis: [null] }, /^Expected notThis to be a list of texts but found \[ null \]$/],
    ];
    for (const [given, message] of options) {
      const error = { name: "LibraryError", message };
      await assert.rejects(library.search(path, given as never), error);
      await assert.rejects(library.moreLike(id, given as never), error);
    }
    for (const query of [null, {}, { samples: [1], sampleRate: 5 }, { samples: RISE }]) {
      await assert.rejects(library.search(query as never), {
        name: "LibraryError",
        message: /^Expected the path of a recording or \{ samples, sampleRate \} but found/,
      });
    }
    for (const wrong of [NaN, Infinity]) {
      const samples = Float32Array.from(RISE, (x, i) => i === 50 ? wrong : x);
      await assert.rejects(library.search({ samples, sampleRate: 16000 }), {
        name: "LibraryError",
        message: `Expected samples to be finite numbers but found ${wrong} at sample 50`,
      });
    }
    await assert.rejects(
      library.search("/gone.wav"),
      /a recording at \/gone\.wav but found no file/,
    );
    await assert.rejects(
      library.search(import.meta.dirname!),
      /^AudioError: Expected a recording but found a folder at .*library$/,
    );
    await assert.rejects(
      library.describe(null as never),
      /the sound's id to be a text but found null/,
    );
    await assert.rejects(SoundLibrary.open(5 as never), /library's place to be a text but found 5/);
  });
});

Deno.test("SoundLibrary sees what is indexed while it is open", async () => {
  await withLibrary(async (library, folder) => {
    writeSound(join(folder, "sounds", "new.wav"), manySounds(9)[8]);
    await indexSounds([join(folder, "sounds")], join(folder, "library"));
    await new Promise((done) => setTimeout(done, 1100));
    const [best] = await library.search(join(folder, "sounds", "new.wav"));
    assert.equal(basename(best.path), "new.wav");
    assert.equal(library.size, 5);
  });
});

Deno.test("SoundLibrary goes on where its library was taken away and made anew", async () => {
  await withFolder(async (folder) => {
    const sounds = join(folder, "sounds"), place = join(folder, "library");
    Deno.mkdirSync(sounds);
    for (const name of ["a", "b"]) {
      writeSound(join(sounds, `${name}.wav`), RISE.map((x) => name === "a" ? x : x / 2));
      await indexSounds([sounds], place);
    }
    const library = await SoundLibrary.open(place);
    const [{ id }] = await library.search(join(sounds, "a.wav"));
    Deno.removeSync(place, { recursive: true });
    await assert.rejects(library.search(join(sounds, "a.wav")), {
      name: "LibraryError",
      message: /^Expected a library but found none in .*library: make one with/,
    });
    await assert.rejects(library.moreLike(id), LibraryError);
    await assert.rejects(library.describe(id), LibraryError);
    writeSound(join(sounds, "c.wav"), FALL);
    await indexSounds([sounds], place);
    assert.equal((await library.search(join(sounds, "a.wav"))).length, 3);
    assert.equal((await library.describe(id))?.id, id);
    library.close();
  });
});

Deno.test("wordsIn() takes accents and plurals away", () => {
  assert.deepEqual(wordsIn("Dörs, glass-BREAKING 2"), ["dor", "glas", "breaking", "2"]);
});
