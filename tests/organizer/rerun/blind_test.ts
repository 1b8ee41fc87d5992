import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join, sep } from "node:path";
import { prepareData, tellingSound, underOriginalIds } from "../../../lib/organizer/rerun/blind.ts";
import { listItems, listQueries, toPaths } from "../../../lib/challenge/dataset.ts";
import { PROJECT, withFolder, writeFiles } from "../../support.ts";

const DATA = join(PROJECT, "data", "qvim-mini");

Deno.test("prepareData() hides names, classes, order and answers, and keeps every sound", () =>
  withFolder((folder) => {
    const prepared = prepareData(DATA, folder, true);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "Items",
      "Queries",
    ]);
    const items = listItems(folder), originals = listItems(DATA);
    assert.equal(items.length, originals.length);
    assert.equal(new Set(items.map((item) => item.class)).size, items.length);
    for (const { id, path } of [...items, ...listQueries(folder)]) {
      assert.match(
        path.replaceAll(sep, "/"),
        /(Items|Queries)\/sound_\d{5}\/(items|queries)_sound_\d{5}\.wav$/,
      );
      const original = [...originals, ...listQueries(DATA)]
        .find((sound) => sound.id === (prepared.items.get(id) ?? prepared.queries.get(id)))!;
      assert.deepEqual(Deno.readFileSync(path), Deno.readFileSync(original.path));
    }
    const order = items.map(({ id }) => prepared.items.get(id));
    assert.notDeepEqual(order, originals.map(({ id }) => id));
    assert.deepEqual(order.toSorted(), originals.map(({ id }) => id).toSorted());
  }));

Deno.test("prepareData() keeps the names where nothing is to be blind, but no answers", () =>
  withFolder((folder) => {
    prepareData(DATA, folder, false);
    assert.deepEqual(listItems(folder).map(({ id }) => id), listItems(DATA).map(({ id }) => id));
    assert.throws(() => Deno.statSync(join(folder, "DEV Dataset.csv")), Deno.errors.NotFound);
  }));

Deno.test("prepareData() shuffles anew each time, by no generator of few seeds", () =>
  withFolder((folder) => {
    const names = Array.from({ length: 12 }, (_, k) => `data/Items/dog/${k}.wav`);
    writeFiles(folder, Object.fromEntries(names.map((name) => [name, ""])));
    const { getRandomValues } = crypto;
    // Whoever can try all seeds knows the order.
    crypto.getRandomValues = (array) => array;
    try {
      const orders = ["a", "b", "c"].map((copy) =>
        [...prepareData(join(folder, "data"), join(folder, copy), true).items.values()].join()
      );
      assert.equal(new Set(orders).size, orders.length);
    } finally {
      crypto.getRandomValues = getRandomValues;
    }
  }));

/** Chunks of a WAV file: an empty text is a size that does not tell how long it is. */
const wav = (...chunks: [id: string, content: string][]) => {
  const parts = chunks.map(([id, content]) => {
    const size = new Uint8Array(Uint32Array.of(content.length).buffer);
    return Buffer.concat([Buffer.from(id), size, Buffer.from(content, "latin1")]);
  });
  return Buffer.concat([Buffer.from("RIFF\x40\0\0\0WAVE"), ...parts]);
};

Deno.test("prepareData() blanks what files say of themselves besides the sound", () =>
  withFolder((folder) => {
    const format = "\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0",
      title = "INFOINAM\x04\0\0\0dog\0";
    const before = {
      titled: wav(["fmt ", format], ["LIST", title], ["data", "sample"], ["id3 ", "dogs"]),
      // What is no chunk.
      tail: Buffer.concat([wav(["fmt ", format], ["data", "dog!"]), Buffer.from("TAGdog")]),
      // Whose samples go up to the end, whatever they look like.
      endless: Buffer.concat([wav(["fmt ", format], ["data", ""]), wav(["LIST", title])]),
      other: Buffer.from("OggS dog"),
    };
    for (const [name, bytes] of Object.entries(before)) {
      writeFiles(folder, { [`data/Items/dog/${name}.wav`]: "" });
      const path = join(folder, "data", "Items", "dog", `${name}.wav`);
      Deno.writeFileSync(path, bytes);
      if (name === "titled") Deno.chmodSync(path, 0o444);
    }
    const copy = join(folder, "copy");
    const { items } = prepareData(join(folder, "data"), copy, true);
    const paths = toPaths(listItems(copy));
    const after = Object.fromEntries(
      Array.from(items, ([id, original]) => [
        original.replace(".wav", ""),
        Buffer.from(Deno.readFileSync(paths[id])),
      ]),
    );
    const blank = (text: string) => "\0".repeat(text.length);
    assert.deepEqual(after, {
      titled: wav(["fmt ", format], ["LIST", blank(title)], ["data", "sample"], [
        "id3 ",
        blank("dogs"),
      ]),
      tail: Buffer.concat([wav(["fmt ", format], ["data", "dog!"]), Buffer.from(blank("TAGdog"))]),
      endless: before.endless,
      other: before.other,
    });
  }));

/** Two items and two queries under names that mean nothing. */
const PREPARED = {
  folder: "",
  items: new Map([["i0", "dog.wav"], ["i1", "cat.wav"]]),
  queries: new Map([["q0", "dog_q.wav"], ["q1", "cat_q.wav"]]),
};

const named = (rows: [string, Record<string, number>][]) =>
  Array.fromAsync(underOriginalIds(ReadableStream.from(rows), PREPARED));

Deno.test("underOriginalIds() gives scores their names back, and passes over all other names", async () => {
  const rows: [string, Record<string, number>][] = [
    ["q1", { i1: 0.5, i0: 0.25, other: 1 }],
    // Whoever knows the original's answers by heart could hand them in.
    ["q0", { i0: 0, i1: 0, "dog.wav": 1 }],
    ["dog_q.wav", { "dog.wav": 1, "cat.wav": 0, i0: 1, i1: 0 }],
    ['=HYPERLINK("x")', { i0: 1 }],
  ];
  assert.deepEqual(await named(rows), [
    ["cat_q.wav", { "dog.wav": 0.25, "cat.wav": 0.5 }],
    ["dog_q.wav", { "dog.wav": 0, "cat.wav": 0 }],
  ]);
});

Deno.test("underOriginalIds() asks for each pair once, with or without answers to hold it against", async () => {
  const row = { i0: 0, i1: 0 };
  await assert.rejects(named([["q0", row]]), /the query cat_q\.wav but found none/);
  await assert.rejects(
    named([["q0", row], ["q1", { i0: 0 }]]),
    /the query cat_q\.wav and the item cat\.wav but found none/,
  );
  await assert.rejects(
    named([["q0", row], ["q1", row], ["q0", row]]),
    /dog_q\.wav once but found more/,
  );
});

Deno.test("tellingSound() says which sound of the original the first one of a message is", () => {
  const items = new Map([["items_sound_00002.wav", "bell.wav"], [
    "items_sound_00003.wav",
    "a.wav",
  ]]);
  const queries = new Map([["queries_sound_00002.wav", "dog $& 3.wav"]]);
  const told = (message: string) => tellingSound(message, { items, queries });
  assert.equal(
    told("Expected /data/Queries/sound_00002/queries_sound_00002.wav to be finite"),
    "Expected /data/Queries/sound_00002/queries_sound_00002.wav [dog $& 3.wav] to be finite",
  );
  // A run that names many would tell whoever reads the report what each of them is.
  assert.equal(
    told("items_sound_00002.wav and items_sound_00003.wav"),
    "items_sound_00002.wav [bell.wav] and items_sound_00003.wav",
  );
  assert.equal(told("items_sound_00009.wav"), "items_sound_00009.wav");
  const same = new Map([["items_sound_00001.wav", "items_sound_00001.wav"]]);
  assert.equal(
    tellingSound("items_sound_00001.wav", { items: same, queries }),
    "items_sound_00001.wav",
  );
});
