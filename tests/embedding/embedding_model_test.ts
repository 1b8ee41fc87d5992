import assert from "node:assert/strict";
import { join } from "node:path";
import { normalize } from "../../lib/embedding/cosine.ts";
import { EmbeddingModel } from "../../lib/embedding/embedding_model.ts";
import { assertModel, QVIMModel, type Similarities } from "../../lib/challenge/model.ts";
import { withFolder, writeFiles } from "../support.ts";

/** Embeds a path as what a table says. */
class Table extends EmbeddingModel {
  constructor(readonly table: Record<string, unknown>) {
    super();
  }
  override embedItem(path: string): Float32Array {
    return this.table[path] as Float32Array;
  }
  override async embedQuery(path: string): Promise<Float32Array> {
    await Promise.resolve();
    return this.embedItem(path);
  }
}

const VECTORS = { a: [1, 0], b: [3, 4], zero: [0, 0], q: new Float32Array([0, 2]), r: [1, 1] };

Deno.test("EmbeddingModel scores by cosine, and zeros by 0", async () => {
  const scores = await new Table(VECTORS).computeSimilarities(
    { "a.wav": "a", "b.wav": "b", "z.wav": "zero" },
    { "q.wav": "q", "r.wav": "r", "s.wav": "zero" },
  );
  assert.deepEqual(Object.keys(scores), ["q.wav", "r.wav", "s.wav"]);
  const round = (row: Record<string, number>) =>
    Object.entries(row).map(([item, score]) => [item, Number(score.toFixed(6))]);
  assert.deepEqual(round(scores["q.wav"]), [["a.wav", 0], ["b.wav", 0.8], ["z.wav", 0]]);
  assert.deepEqual(round(scores["r.wav"]), [["a.wav", 0.707107], ["b.wav", 0.98995], [
    "z.wav",
    0,
  ]]);
  assert.deepEqual(round(scores["s.wav"]), [["a.wav", 0], ["b.wav", 0], ["z.wav", 0]]);
  assert.deepEqual([...VECTORS.q], [0, 2]);
});

for (
  const [what, bad, message] of [
    ["nothing", undefined, /embedding of bad to be a Float32Array but found undefined/],
    ["text", "abc", /embedding of bad to be a Float32Array but found "abc"/],
    ["NaN", [1, NaN], /embedding of bad to be finite but found NaN at index 1/],
    ["numbers as text", [1, "2"], /nothing but numbers in it but found "2" at index 1/],
    [
      "null",
      [null, 1],
      /embedding of bad to have nothing but numbers in it but found null at index 0/,
    ],
    [
      "lists",
      [[1], [2]],
      /nothing but numbers in it but found \[.*\] at index 0/,
    ],
    ["bigints", BigInt64Array.of(1n, 2n), /nothing but numbers in it but found 1n at index 0/],
    ["no numbers", [], /embedding of bad to have numbers/],
    ["another length", [1, 2, 3], /embeddings of one length, 2, but found 3 for bad/],
  ] as [string, unknown, RegExp][]
) {
  Deno.test(`EmbeddingModel throws TypeError on an embedding of ${what}`, async () => {
    const model = new Table({ ...VECTORS, bad });
    const error = { name: "TypeError", message };
    await assert.rejects(model.computeSimilarities({ a: "a" }, { q: "bad" }), error);
    await assert.rejects(
      Promise.resolve(model.computeSimilarities({ a: "a", bad: "bad" }, { q: "q" })),
      error,
    );
  });
}

Deno.test("EmbeddingModel names the sound once in an error, also in what Jupyter shows of it", async () => {
  const cases: [() => unknown, RegExp][] = [
    [() => new RangeError("own words"), /^RangeError: own words \(embedItem of bark\.wav\)\n +at /],
    [() => new DOMException("gone", "AbortError"), /^Error: AbortError: gone \(embedItem of bark/],
    [
      () => Object.freeze(new TypeError("ice")),
      /^Error: TypeError: ice \(embedItem of bark\.wav\)/,
    ],
    [() => new Error("", { cause: 1 }), /^Error: \(embedItem of bark\.wav\)\n +at /],
    [() => "words", /^Error: words \(embedItem of bark\.wav\)\n +at /],
  ];
  for (const [make, stack] of cases) {
    class Failing extends EmbeddingModel {
      override embedItem(): Float32Array {
        throw make();
      }
      override embedQuery = this.embedItem;
    }
    await assert.rejects(
      new Failing().computeSimilarities({ i: "bark.wav" }, { q: "q.wav" }),
      { stack },
    );
  }
  // Several sounds may wait for one thing.
  const failure = Promise.reject(new Error("no model"));
  class Waiting extends EmbeddingModel {
    override embedItem(): Promise<Float32Array> {
      return failure;
    }
    override embedQuery = this.embedItem;
  }
  const items = { a: "a.wav", b: "b.wav", c: "c.wav" };
  await assert.rejects(new Waiting().computeSimilarities(items, { q: "q.wav" }), {
    message: /^no model \(embedItem of [abc]\.wav\)$/,
  });
});

Deno.test("EmbeddingModel passes on what an encoder throws", async () => {
  class Throws extends Table {
    override embedQuery(): Promise<Float32Array> {
      return Promise.reject(new RangeError("no query today"));
    }
  }
  await assert.rejects(new Throws(VECTORS).computeSimilarities({ a: "a" }, { q: "q" }), {
    name: "RangeError",
    message: "no query today",
  });
});

// From where they are: by the library's one door much else would come into each process.
const EMBEDDING_MODEL = import.meta.resolve("../../lib/embedding/embedding_model.ts");
const REPRESENTATION_MODEL = import.meta.resolve("../../lib/embedding/representation_model.ts");

/** A module whose model tells by its vectors whether the worker's program runs it. */
const WORKER = `
import { EmbeddingModel } from ${JSON.stringify(EMBEDDING_MODEL)};
const elsewhere = Deno.mainModule.endsWith("embedding/worker.ts") ? 1 : 0;
class Where extends EmbeddingModel {
  workerModule = import.meta.url;
  constructor(options) { super(); this.workerOptions = options; }
  embedItem(path) {
    console.log("printing does not disturb");
    const bytes = Deno.readFileSync(path);
    if (bytes.length === 0) throw new Error("found 0 bytes in " + path);
    if (bytes[0] === 0) Deno.exit(7);
    return Float32Array.of(elsewhere * this.workerOptions.second, 1 - elsewhere);
  }
  embedQuery() { return Float32Array.of(1, 0); }
}
export const createModel = (options) => new Where(options);
`;

async function withWorkerModel(
  use: (model: EmbeddingModel, files: Record<string, string>) => Promise<void>,
) {
  await withFolder(async (folder) => {
    const names = Array.from({ length: 40 }, (_, i) => `${i}.wav`);
    writeFiles(folder, { "model.mjs": WORKER });
    writeFiles(folder, Object.fromEntries(names.map((name, i) => [name, new Uint8Array([i + 1])])));
    const { createModel } = await import(`file://${join(folder, "model.mjs")}`);
    const files = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
    await use(createModel({ second: 3 }), files);
  });
}

Deno.test("EmbeddingModel embeds in further processes, which are given the model's options", () =>
  withWorkerModel(async (model, files) => {
    const scores = await model.computeSimilarities(files, { "q.wav": files["0.wav"] });
    const row = Object.values(scores["q.wav"]);
    assert.deepEqual(row, Array(40).fill(1));
  }));

/** A module whose model gives an object for an item and text for a query. */
const OBJECTS = `
import { RepresentationModel } from ${JSON.stringify(REPRESENTATION_MODEL)};
class Objects extends RepresentationModel {
  workerModule = import.meta.url;
  embedItem(path) {
    return { path, views: [Float64Array.of(0.1, Deno.pid)], names: new Map([["pid", 7n]]) };
  }
  embedQuery(path) { return "query of " + path; }
  createScorer(items) {
    this.items = items;
    return Promise.resolve({
      score: (queries) => Promise.resolve(queries.map((query) => {
        this.query = query;
        return Float64Array.from(items, ({ views }) => views[0][1]);
      })),
      release: () => Promise.resolve(),
    });
  }
}
export const createModel = () => new Objects();
`;

Deno.test("RepresentationModel takes from other processes whatever can be cloned", () =>
  withFolder(async (folder) => {
    // A name with what only JSON, and not a reader of lines, takes as part of a line.
    const names = Array.from({ length: 30 }, (_, i) => `${i}\u2028.wav`);
    writeFiles(folder, { "model.mjs": OBJECTS });
    const { createModel } = await import(`file://${join(folder, "model.mjs")}`);
    const model = createModel();
    const files = Object.fromEntries(names.map((name) => [name, name]));
    const scores: Similarities = await model.computeSimilarities(files, { q: "q.wav" });
    assert.equal(model.query, "query of q.wav");
    assert.deepEqual(model.items.map(({ path }: { path: string }) => path), names);
    for (const { views, names } of model.items) {
      assert.ok(views[0] instanceof Float64Array && views[0][0] === 0.1);
      assert.deepEqual(names, new Map([["pid", 7n]]));
    }
    const processes = new Set(Object.values(scores.q));
    assert.ok(!processes.has(Deno.pid) && processes.size >= 1, `${[...processes]}`);
  }));

Deno.test("EmbeddingModel passes on what fails in another process", () =>
  withWorkerModel(async (model, files) => {
    Deno.writeFileSync(files["5.wav"], new Uint8Array());
    await assert.rejects(
      Promise.resolve(model.computeSimilarities(files, {})),
      new RegExp(`found 0 bytes in .*5\\.wav`),
    );
  }));

Deno.test("EmbeddingModel says so where another process ends early", () =>
  withWorkerModel(async (model, files) => {
    Deno.writeFileSync(files["5.wav"], new Uint8Array([0]));
    await assert.rejects(
      Promise.resolve(model.computeSimilarities(files, {})),
      /process that embeds files to go on but it ended with status 7/,
    );
  }));

Deno.test("normalize() gives length 1 and leaves zeros", () => {
  assert.deepEqual([...normalize(Float32Array.of(3, 4))], [...Float32Array.of(0.6, 0.8)]);
  assert.deepEqual([...normalize(Float32Array.of(0, 0))], [0, 0]);
});

Deno.test("assertModel() asks for computeSimilarities", () => {
  class Model extends QVIMModel {
    override computeSimilarities() {
      return {};
    }
  }
  assertModel(new Model());
  assert.throws(() => assertModel(null), /Expected QBVIM_MODEL to be .* QVIMModel but found null/);
  assert.throws(() => assertModel({}), /found {}/);
});
