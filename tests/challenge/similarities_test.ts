import assert from "node:assert/strict";
import { join } from "node:path";
import { seededRandom } from "../../lib/challenge/statistics.ts";
import {
  assertSimilarities,
  readSimilarities,
  SimilaritiesError,
  writeSimilarities,
} from "../../lib/challenge/similarities.ts";
import { withFolder } from "../support.ts";

const ITEMS = { "a.wav": "/a.wav", "b.wav": "/b.wav" };
const QUERIES = { "q.wav": "/q.wav" };

for (
  const [what, scores, message] of [
    ["nothing", undefined, /to return query → item → score but found undefined/],
    ["a list", [[1, 2]], /but found \[/],
    ["a missing query", {}, /Expected scores for the query q\.wav but found none/],
    ["a list for a query", { "q.wav": [1, 2] }, /scores of the query q\.wav to be item → score/],
    [
      "a missing item",
      { "q.wav": { "a.wav": 1 } },
      /query q\.wav and the item b\.wav but found none/,
    ],
    ["NaN", { "q.wav": { "a.wav": 1, "b.wav": NaN } }, /q\.wav and the item b\.wav but found NaN/],
    ["text", { "q.wav": { "a.wav": "1", "b.wav": 1 } }, /item a\.wav but found "1"/],
  ] as const
) {
  Deno.test(`assertSimilarities() throws SimilaritiesError on ${what}`, () => {
    assert.throws(() => assertSimilarities(scores, ITEMS, QUERIES), (error: Error) => {
      assert.ok(error instanceof SimilaritiesError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("assertSimilarities() takes further queries and items", () => {
  assertSimilarities({ "q.wav": { "a.wav": 1, "b.wav": 0, c: NaN }, r: {} }, ITEMS, QUERIES);
});

async function read(text: string | Uint8Array): Promise<[string, Record<string, number>][]> {
  return await withFolder(async (folder) => {
    const path = join(folder, "s.json");
    Deno.writeFileSync(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    return await Array.fromAsync(readSimilarities(path));
  });
}

Deno.test("writeSimilarities() and readSimilarities() are inverse, also for odd names", () =>
  withFolder(async (folder) => {
    const scores = {
      'q"1}.wav': { "a{b}\\.wav": 0.1, "é機.wav": -1e-12 },
      "2": { "10": 1, "9": 2 },
      empty: {},
    };
    const path = join(folder, "deep", "er", "similarities.json");
    await writeSimilarities(path, scores);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), scores);
    assert.deepEqual(Object.fromEntries(await Array.fromAsync(readSimilarities(path))), scores);
    assert.deepEqual([...Deno.readDirSync(join(path, ".."))].map(({ name }) => name), [
      "similarities.json",
    ]);
  }));

Deno.test("writeSimilarities() keeps the old file and leaves nothing behind where rows fail", () =>
  withFolder(async (folder) => {
    const path = join(folder, "similarities.json");
    await writeSimilarities(path, { q: { a: 1 } });
    async function* rows(): AsyncGenerator<[string, Record<string, number>]> {
      yield ["r", { a: 2 }];
      await Promise.resolve();
      throw new Error("broken");
    }
    await assert.rejects(writeSimilarities(path, rows()), /broken/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["similarities.json"]);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), { q: { a: 1 } });
  }));

Deno.test("writeSimilarities() may be called for one file by several at a time", () =>
  withFolder(async (folder) => {
    const path = join(folder, "output", "s.json");
    const rows = (score: number) => ({ q: { a: score }, r: { a: score } });
    await Promise.all([1, 2, 3, 4].map((score) => writeSimilarities(path, rows(score))));
    const [[, first], [, second]] = await Array.fromAsync(readSimilarities(path));
    assert.equal(first.a, second.a);
    assert.deepEqual([...Deno.readDirSync(join(folder, "output"))].map(({ name }) => name), [
      "s.json",
    ]);
  }));

Deno.test("readSimilarities() reads JSON of any layout, larger than its chunks", async () => {
  const scores = Object.fromEntries(
    Array.from({ length: 300 }, (_, q) => [
      `query ${q}`,
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`item, "${i}"`, q - i / 7])),
    ]),
  );
  assert.deepEqual(Object.fromEntries(await read(JSON.stringify(scores))), scores);
  assert.deepEqual(Object.fromEntries(await read(JSON.stringify(scores, null, 4))), scores);
  assert.deepEqual(await read(" {\n} "), []);
  assert.deepEqual(await read('\ufeff{"q": {"a": 1}}'), [["q", { a: 1 }]]);
});

Deno.test("readSimilarities() follows strings whatever is in them, and wherever a chunk ends", async () => {
  const random = seededRandom(9),
    parts = ["\\", '"', "}", "{", "]", "[", ":", ",", "a", "é", "\u2028"];
  const name = () => {
    const length = 1 + Math.floor(8 * random());
    return Array.from({ length }, () => parts[Math.floor(parts.length * random())]).join("");
  };
  const scores = Object.fromEntries(
    Array.from({ length: 400 }, (_, q) => [
      `${q}${name()}`,
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${name()}${i}`, random()])),
    ]),
  );
  assert.deepEqual(Object.fromEntries(await read(JSON.stringify(scores))), scores);
});

for (
  const [what, text, message] of [
    ["an empty file", "", /query → item → score in .* but found nothing/],
    ["a file cut short", '{"q": {"a": 1', /cut short/],
    ["a list", "[1, 2]", /found/],
    ["nothing but null", "null", /query → item → score in .* but found "null"/],
    ["a list", '[{"q": 1}]', /but found "\[\{\\"q\\": 1\}\]"/],
    ["a comma too many", '{"q": {"a": 1},}', /found a comma before its end/],
    ["two objects", '{"q": {"a": 1}} {"r": {}}', /more than one/],
    ["text after the object", '{"q": {"a": 1}} x', /found "x"/],
    [
      "NaN, as Python writes it",
      '{"q": {"a": 1, "b": NaN}}',
      /query q and the item b but found "NaN"/,
    ],
    ["infinity", '{"q": {"a": -Infinity}}', /query q and the item a but found "-Infinity"/],
    ["null", '{"q": {"a": null}}', /query q and the item a but found null/],
    ["a list of scores", '{"q": [1, 2]}', /scores of the query q to be item → score/],
    ["a number for a query", '{"q": 3}', /scores of the query q to be item → score but found 3/],
    ["no JSON", '{"q": {a: 1}}', /scores of the query q in .* as JSON/],
    ["a key that is no string", "{3: {}}", /query's name/],
    [
      "bytes that are no UTF-8",
      new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      /UTF-8/,
    ],
  ] as const
) {
  Deno.test(`readSimilarities() throws SimilaritiesError on ${what}`, async () => {
    await assert.rejects(read(text), (error: Error) => {
      assert.ok(error instanceof SimilaritiesError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("readSimilarities() names a file that is not there", async () => {
  await assert.rejects(
    Array.fromAsync(readSimilarities("/nowhere/s.json")),
    /found no file at \/nowhere\/s\.json/,
  );
});

Deno.test("readSimilarities() breaks off where a value has no end", () =>
  withFolder(async (folder) => {
    const path = join(folder, "endless.json");
    {
      using file = Deno.openSync(path, { write: true, create: true });
      file.writeSync(new TextEncoder().encode('{"q": {"a": 0.'));
      const zeros = new Uint8Array(2 ** 20).fill(48);
      for (let i = 0; i < 140; i++) file.writeSync(zeros);
    }
    await assert.rejects(async () => {
      for await (const _ of readSimilarities(path));
    }, /found more than 128 MiB in the scores of "q"/);
  }));

Deno.test("readSimilarities() refuses a query whose scores are null", async () => {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, '{"q.wav": null}');
    await assert.rejects(Array.fromAsync(readSimilarities(path)), {
      name: "SimilaritiesError",
      message: "Expected the scores of the query q.wav to be item → score but found null",
    });
  } finally {
    Deno.removeSync(path);
  }
});
