import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { convertOnce, MobileNetBaseline } from "../../../lib/models/mobilenet/mobilenet.ts";
import { OnnxDualEncoder } from "../../../lib/models/onnx_dual_encoder.ts";
import { listItems, listQueries, toPaths } from "../../../lib/challenge/dataset.ts";
import { MISSING_MOUNT, withSmallDisk } from "../../small_disk.ts";
import { cli, FIXTURES, PROJECT, withFolder } from "../../support.ts";

const moduleOf = (name: string) =>
  pathToFileURL(join(PROJECT, "lib", "models", "mobilenet", name)).href;
const REFERENCE = join(FIXTURES, "mobilenet");

/** Calls `use` with a copy of the reference checkpoint. */
async function withCheckpoint(
  use: (checkpoint: string, folder: string) => Promise<void>,
) {
  await withFolder(async (folder) => {
    const checkpoint = join(folder, "baseline.ckpt");
    Deno.copyFileSync(join(REFERENCE, "baseline.ckpt"), checkpoint);
    await use(checkpoint, folder);
  });
}

Deno.test("MobileNetBaseline equals the official code: log-mel and embeddings", () =>
  withCheckpoint(async (checkpoint, folder) => {
    const model = await MobileNetBaseline.fromCheckpoint(checkpoint);
    const npy = Deno.readFileSync(join(REFERENCE, "mel_first_file.npy"));
    const expectedMel = new Float32Array(npy.slice(npy.length - 4 * 128 * 1000).buffer);
    const expected = JSON.parse(Deno.readTextFileSync(join(REFERENCE, "embeddings.json")));
    const paths: string[] = expected.files.map((name: string) => join(REFERENCE, name));
    const worst = (a: Float32Array, b: ArrayLike<number>) =>
      a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0);
    const { data: mel, dims } = await model.input("item", paths[0]);
    assert.deepEqual(dims, [1, 1, 128, 1000]);
    assert.equal(mel.length, expectedMel.length);
    assert.ok(worst(mel, expectedMel) < 1e-4, `${worst(mel, expectedMel)}`);
    for (const [i, path] of paths.entries()) {
      const query = await model.embedQuery(path), item = await model.embedItem(path);
      assert.equal(query.length, expected.imitation_encoder[i].length);
      assert.ok(worst(query, expected.imitation_encoder[i]) < 1e-4);
      assert.ok(worst(item, expected.reference_encoder[i]) < 1e-4);
    }
    // The conversion is kept, and used again.
    const folders = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.match(folders()[1], /^onnx-[0-9a-f]{16}-[0-9a-f]{8}$/);
    const converted = join(folder, folders()[1], "query_encoder.onnx");
    const { mtime } = Deno.statSync(converted);
    await MobileNetBaseline.fromCheckpoint(checkpoint);
    assert.deepEqual(Deno.statSync(converted).mtime, mtime);
    assert.equal(folders().length, 2);
  }));

/** Converts a checkpoint in a process whose caches lie in a folder. */
async function convertWith(caches: string, checkpoint: string) {
  const program = [
    `import { convertOnce } from ${JSON.stringify(moduleOf("mobilenet.ts"))};`,
    `console.log(JSON.stringify(await convertOnce(${JSON.stringify(checkpoint)})));`,
  ];
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", join(PROJECT, "deno.json"), program.join("\n")],
    env: { XDG_CACHE_HOME: caches, DENO_DIR: denoDir },
  }).output();
  const [answer, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { query: answer === "" ? undefined : JSON.parse(answer).queryEncoder as string, said };
}

Deno.test("convertOnce() keeps what it makes among the caches where nothing can be written beside", () =>
  withCheckpoint(async (checkpoint, folder) => {
    const convert = async () => {
      const { query, said } = await convertWith(join(folder, "cache"), checkpoint);
      assert.ok(query !== undefined, said);
      return query;
    };
    const beside = await convert();
    assert.equal(dirname(dirname(beside)), folder);
    // Whoever may not write there finds as little room as where a file stands in the way.
    Deno.removeSync(dirname(beside), { recursive: true });
    Deno.writeTextFileSync(dirname(beside), "");
    const cached = await convert();
    assert.equal(dirname(dirname(cached)), join(folder, "cache", "qvim"));
    const { mtime } = Deno.statSync(cached);
    assert.equal(await convert(), cached);
    assert.deepEqual(Deno.statSync(cached).mtime, mtime);
  }));

Deno.test({
  name:
    `convertOnce() leaves nothing on a disk that is full, and goes to the caches${MISSING_MOUNT}`,
  ignore: MISSING_MOUNT !== "",
  fn: () =>
    withFolder((folder) =>
      withSmallDisk(1, async (disk) => {
        const checkpoint = join(disk, "baseline.ckpt");
        Deno.symlinkSync(join(REFERENCE, "baseline.ckpt"), checkpoint);
        Deno.writeFileSync(join(disk, "filler"), new Uint8Array(2 ** 20 - 2 ** 16));
        const { query, said } = await convertWith(join(disk, "cache"), checkpoint);
        assert.equal(query, undefined);
        assert.match(said, /No space left on device.*query_encoder\.onnx/);
        const kept = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
        assert.deepEqual(kept(disk), ["baseline.ckpt", "cache", "filler"]);
        assert.deepEqual(kept(join(disk, "cache", "qvim")), []);
        const elsewhere = await convertWith(join(folder, "cache"), checkpoint);
        assert.equal(dirname(dirname(elsewhere.query!)), join(folder, "cache", "qvim"));
        assert.deepEqual(kept(disk), ["baseline.ckpt", "cache", "filler"]);
      })
    ),
});

Deno.test("convertOnce() converts anew what is no longer what it wrote", () =>
  withCheckpoint(async (checkpoint) => {
    const { itemEncoder, queryEncoder } = await convertOnce(checkpoint);
    const bytes = Deno.readFileSync(itemEncoder), other = Deno.readFileSync(queryEncoder);
    // A disk that lost a part of it or all, and another network.
    for (const found of [bytes.subarray(0, 1000), new Uint8Array(), other]) {
      Deno.writeFileSync(itemEncoder, found);
      assert.equal((await convertOnce(checkpoint)).itemEncoder, itemEncoder);
      assert.ok(Buffer.compare(Deno.readFileSync(itemEncoder), bytes) === 0);
    }
  }));

Deno.test("convertOnce() leaves nothing beside a checkpoint that is none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "x.ckpt");
    await assert.rejects(convertOnce(path), { name: "CheckpointError" });
    Deno.writeTextFileSync(path, "hello");
    await assert.rejects(convertOnce(path), { name: "CheckpointError" });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["x.ckpt"]);
    // A folder in its place is named.
    const refused = await convertOnce(folder).catch((error) => error);
    assert.ok(refused.message.includes(folder), refused.message);
  }));

Deno.test("OnnxDualEncoder scores the same in one process and in several", () =>
  withCheckpoint(async (checkpoint, folder) => {
    await cli(["convert", checkpoint, folder]);
    const options = {
      queryEncoder: join(folder, "query_encoder.onnx"),
      itemEncoder: join(folder, "item_encoder.onnx"),
      frontEnd: { duration: 2 },
    };
    const data = join(PROJECT, "data", "qvim-mini");
    // With the items these are so many sounds that further processes hear them.
    const items = toPaths(listItems(data)), queries = toPaths(listQueries(data).slice(0, 3));
    const all = await new OnnxDualEncoder(options).computeSimilarities(items, queries);
    const few = Object.fromEntries(Object.entries(items).slice(0, 4));
    const some = await new OnnxDualEncoder(options).computeSimilarities(few, queries);
    for (const [query, row] of Object.entries(some)) {
      for (const [item, score] of Object.entries(row)) {
        assert.ok(Math.abs(score - all[query][item]) < 1e-5);
      }
    }
  }));

Deno.test("embed: prints one vector a file as JSON, or writes a NumPy file", () =>
  withCheckpoint(async (checkpoint, folder) => {
    const files = ["item_rooster.wav", "query_rain.wav"].map((name) => join(REFERENCE, name));
    const args = ["embed", "--checkpoint", checkpoint, "--encoder", "item"];
    const { code, stdout, stderr } = await cli([...args, "--json", ...files]);
    assert.deepEqual([code, stderr], [0, ""]);
    const vectors: Record<string, number[]> = JSON.parse(stdout);
    assert.deepEqual(Object.keys(vectors), files);
    const expected = JSON.parse(Deno.readTextFileSync(join(REFERENCE, "embeddings.json")));
    files.forEach((file) => {
      const index = expected.files.indexOf(file.slice(REFERENCE.length + 1));
      vectors[file].forEach((value, d) =>
        assert.ok(Math.abs(value - expected.reference_encoder[index][d]) < 1e-4)
      );
    });
    const out = join(folder, "vectors.npy");
    assert.equal((await cli([...args, "--npy", out, ...files])).code, 0);
    const bytes = Deno.readFileSync(out);
    const description = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 96), }";
    const header = `NUMPY\x01\x00v\x00${description.padEnd(117)}\n`;
    assert.equal(new TextDecoder().decode(bytes.subarray(1, 128)), header);
    assert.equal(bytes.length, 128 + 4 * 2 * 96);
    const values = new Float32Array(bytes.slice(128).buffer);
    assert.deepEqual([...values], files.flatMap((file) => [...Float32Array.from(vectors[file])]));
  }));

for (
  const [what, args, message] of [
    ["no checkpoint", ["embed", "--encoder", "query", "a.wav"], /Expected --checkpoint FILE/],
    [
      "no encoder",
      ["embed", "--checkpoint", "x", "a.wav"],
      /Expected --encoder query or item but found undefined/,
    ],
    [
      "no files",
      ["embed", "--checkpoint", "x", "--encoder", "item"],
      /Expected one or more WAV files/,
    ],
    ["both outputs", [
      "embed",
      "--checkpoint",
      "x",
      "--encoder",
      "item",
      "--json",
      "--npy",
      "o",
      "a.wav",
    ], /--json or --npy but found both/],
    ["one argument", ["convert", "x"], /Expected a checkpoint and a folder but found 1/],
  ] as [string, string[], RegExp][]
) {
  Deno.test(`${args[0]}: ${what} is a usage error`, async () => {
    const { code, stderr, stdout } = await cli(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}

Deno.test("convert: a checkpoint that is none leaves nothing behind", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(join(folder, "x.ckpt"), "hello");
    const { code, stderr } = await cli(["convert", join(folder, "x.ckpt"), join(folder, "out")]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /CheckpointError: .*x\.ckpt: Expected a checkpoint, which is a zip archive/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["x.ckpt"]);
  }));
