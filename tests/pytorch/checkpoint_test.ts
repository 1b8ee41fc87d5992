import assert from "node:assert/strict";
import { join } from "node:path";
import { convertOnce } from "../../lib/models/mobilenet/mobilenet.ts";
import { openCheckpoint } from "../../lib/pytorch/checkpoint.ts";
import { Tensor } from "../../lib/pytorch/tensor.ts";
import { withFolder } from "../support.ts";
import { type Files, openBytes, SMALL, storedZip, unzip, zip } from "./zips.ts";

const TENSORS: Record<string, { dtype: string; shape: number[]; values: (number | bigint)[] }> = {
  float32: { dtype: "float32", shape: [2, 3], values: [0, 1, 2, 3, 4, 5] },
  transposed: { dtype: "float32", shape: [3, 2], values: [0, 3, 1, 4, 2, 5] },
  slice: { dtype: "float32", shape: [2], values: [1, 4] },
  expanded: { dtype: "float32", shape: [2, 2], values: [7, 7, 7, 7] },
  float16: { dtype: "float16", shape: [2], values: [0.5, -2] },
  bfloat16: { dtype: "bfloat16", shape: [2], values: [1.5, -3] },
  float64: { dtype: "float64", shape: [1], values: [0.1] },
  int64: { dtype: "int64", shape: [], values: [-5n] },
  parameter: { dtype: "float32", shape: [1], values: [9] },
};

Deno.test("openCheckpoint() reads tensors of all types and strides, as PyTorch saved them", async () => {
  using checkpoint = await openCheckpoint(SMALL);
  assert.deepEqual([...checkpoint.tensors.keys()], Object.keys(TENSORS));
  for (const [name, { dtype, shape, values }] of Object.entries(TENSORS)) {
    const tensor = checkpoint.tensors.get(name)!;
    assert.equal(tensor.dtype, dtype, name);
    assert.deepEqual(tensor.shape, shape, name);
    assert.deepEqual([...await tensor.read()], values, name);
    assert.deepEqual([...await tensor.readFloat32()], [...Float32Array.from(values, Number)], name);
  }
});

Deno.test("openCheckpoint() reads ZIP64", async () => {
  const files = await unzip(Deno.readFileSync(SMALL));
  const tensors = await openBytes(await zip(files, { zip64: true }));
  assert.deepEqual([...tensors.keys()], Object.keys(TENSORS));
});

Deno.test("openCheckpoint() reads a .safetensors file", async () => {
  const header = JSON.stringify({
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
    b: { dtype: "BF16", shape: [1], data_offsets: [8, 10] },
    c: { dtype: "U8", shape: [1], data_offsets: [10, 11] },
  });
  const bytes = new Uint8Array(8 + header.length + 11);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 8 + header.length);
  bytes.set([0xc0, 0x3f], 16 + header.length);
  const tensors = await withFolder(async (folder) => {
    const path = join(folder, "x.safetensors");
    Deno.writeFileSync(path, bytes);
    using checkpoint = await openCheckpoint(path);
    return await Promise.all(
      [...checkpoint.tensors].map(async (
        [name, tensor],
      ) => [name, tensor.shape, [...await tensor.read()]]),
    );
  });
  assert.deepEqual(tensors, [["a", [2, 1], [1.5, -2]], ["b", [1], [1.5]]]);
  await assert.rejects(openBytes(bytes.slice(0, -4), "x.safetensors"), {
    name: "CheckpointError",
    message: /inside the file/,
  });
  bytes[7] = 0x7f;
  await assert.rejects(openBytes(bytes, "x.safetensors"), {
    name: "CheckpointError",
    message: /safetensors header inside the file/,
  });
});

Deno.test("openCheckpoint() refuses a .safetensors file whose numbers begin within a byte", async () => {
  const header = JSON.stringify({ a: { dtype: "F32", shape: [1], data_offsets: [0.5, 4.5] } });
  const bytes = Uint8Array.of(
    header.length,
    ...Array(7).fill(0),
    ...key(header).slice(5),
    ...Array(8),
  );
  await assert.rejects(openBytes(bytes, "x.safetensors"), {
    name: "CheckpointError",
    message: /inside the file but found bytes 0\.5 to 4\.5 of 8$/,
  });
});

const BAD: [
  what: string,
  make: (files: Files, bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  RegExp,
][] = [
  [
    "a file that is no zip",
    () => new Uint8Array(100),
    /which is a zip archive, but found "\\u0000\\u0000\\u0000\\u0000"/,
  ],
  ["an empty file", () => new Uint8Array(), /which is a zip archive, but found an empty file/],
  [
    "a file cut short",
    (_files, bytes) => bytes.slice(0, bytes.length / 2),
    /Expected a whole zip archive/,
  ],
  ["a zip without a pickle", () => zip({ "a/b.txt": new Uint8Array(3) }), /found no data\.pkl/],
  [
    "a file of PyTorch before 1.6",
    () =>
      Uint8Array.from([
        0x80,
        2,
        0x8a,
        0x0a,
        0x6c,
        0xfc,
        0x9c,
        0x46,
        0xf9,
        0x20,
        0x6a,
        0xa8,
        0x50,
        0x19,
        0x2e,
      ]),
    /1\.6 or newer but found one in the older format/,
  ],
  [
    "an entry name that climbs out",
    async (files) => {
      const bytes = await zip({ ...files, "xx/evil": new Uint8Array(1) });
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      return Uint8Array.from(text.replaceAll("xx/evil", "../evil"), (c) => c.charCodeAt(0));
    },
    /Unsafe filename: "\.\.\/evil"/,
  ],
  [
    "TorchScript, whose code is compressed",
    // What PyTorch itself tells it by.
    (files) => zip({ ...files, "small/constants.pkl": new Uint8Array(9) }, { level: 6 }),
    /Expected a checkpoint but found TorchScript; load it with torch\.jit\.load and save its state_dict\(\) with torch\.save$/,
  ],
  ["compressed entries", (files) => zip(files, { level: 6 }), /to be stored as it is/],
  [
    "a storage that is missing",
    (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("/data/0"))!;
      const { [name]: _, ...others } = files;
      return zip(others);
    },
    /Expected the storage data\/0 in the checkpoint but found none/,
  ],
  [
    "a storage that is too short",
    (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("/data/0"))!;
      return zip({ ...files, [name]: files[name].slice(0, 8) });
    },
    /Expected 6 numbers of type float32 in data\/0 but found 8 bytes/,
  ],
  [
    "big-endian numbers",
    (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("byteorder"))!;
      return zip({ ...files, [name]: new TextEncoder().encode("big") });
    },
    /Expected little-endian numbers but found "big"$/,
  ],
  ...[-1, -300].map((back): (typeof BAD)[number] => [
    `bytes that were changed ${-back} before the end of a storage`,
    async (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("/data/0"))!;
      const bytes = await zip({ ...files, [name]: new Uint8Array(400) });
      const start = bytes.findIndex((_, i) => bytes.subarray(i, i + 400).every((x) => x === 0));
      bytes[start + 400 + back]++;
      return bytes;
    },
    /Expected the entry .*data\/0 to be whole but found other bytes than its checksum is of/,
  ]),
  [
    "an entry that does not begin where it is said to",
    async (files) => {
      const bytes = await zip(files);
      bytes[3]++;
      return bytes;
    },
    /Expected the entry .* to be whole but found other bytes/,
  ],
  [
    "two entries of one name",
    async (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("/data/0"))!;
      const other = name.replace(/0$/, "_"),
        text = (bytes: Uint8Array) =>
          Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      const bytes = await zip({ ...files, [other]: new Uint8Array(files[name].length) });
      return Uint8Array.from(text(bytes).replaceAll(other, name), (c) => c.charCodeAt(0));
    },
    /Expected one entry .*data\/0 but found two/,
  ],
  [
    "an archive of entries without end",
    (files) => {
      const many = Array.from({ length: 2 ** 15 }, (_, i) => [`${i}`, new Uint8Array()]);
      return storedZip({ ...files, ...Object.fromEntries(many) });
    },
    /Expected at most 32768 entries but found more/,
  ],
  [
    "a byte order that is a book",
    (files) => {
      const name = Object.keys(files).find((name) => name.endsWith("byteorder"))!;
      return zip({ ...files, [name]: new Uint8Array(10_000).fill(65) });
    },
    /Expected little-endian numbers but found "A{80}"\.\.\. 9920 more characters$/,
  ],
  [
    "4 GB claimed in a small file",
    async (files) => {
      const bytes = await zip(files);
      const view = new DataView(bytes.buffer);
      // The sizes in the first entry of the central directory.
      const at = bytes.findIndex((_, i) =>
        i < bytes.length - 4 && view.getUint32(i, true) === 0x02014b50
      );
      view.setUint32(at + 20, 0xfffffff0, true);
      view.setUint32(at + 24, 0xfffffff0, true);
      return bytes;
    },
    /Expected/,
  ],
];

for (const [what, make, message] of BAD) {
  Deno.test(`openCheckpoint() throws CheckpointError on ${what}`, async () => {
    const bytes = Deno.readFileSync(SMALL);
    const bad = await make(await unzip(bytes), bytes);
    await assert.rejects(openBytes(bad), { name: "CheckpointError", message });
  });
}

Deno.test("openCheckpoint() names a file that is not there", async () => {
  await assert.rejects(openCheckpoint("/nowhere/x.ckpt"), {
    name: "CheckpointError",
    message: "Expected a checkpoint but found no file at /nowhere/x.ckpt",
  });
});

Deno.test({
  name: "openCheckpoint() waits for no pipe, and reads no device without an end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const pipe = join(folder, "x.ckpt");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      for (
        const [path, found] of [[pipe, "a pipe or a device"], ["/dev/zero", "a pipe or a device"], [
          folder,
          "a folder",
        ]]
      ) {
        const message = `Expected a checkpoint but found ${found} at ${path}`;
        await assert.rejects(openCheckpoint(path), { name: "CheckpointError", message });
        await assert.rejects(convertOnce(path), { name: "CheckpointError", message });
      }
    }),
});

Deno.test("Tensor refuses to reach past its storage, or to grow without end", async () => {
  const make = (shape: number[], stride: number[], offset = 0, storage = 6) =>
    new Tensor(
      "float32",
      shape,
      stride,
      offset,
      storage,
      () => Promise.resolve(new Uint8Array(24)),
    );
  make([2, 3], [3, 1]);
  for (
    const [shape, stride, offset, message] of [
      [
        [2, 3],
        [3, 1],
        1,
        /inside its storage of 6 numbers .* shape \[2,3\], stride \[3,1\] and offset 1/,
      ],
      [[7], [1], 0, /inside its storage/],
      [[2], [1e12], 0, /inside its storage/],
      [[-1], [1], 0, /whole numbers/],
      [[2], [1, 1], 0, /whole numbers/],
      [[1.5], [1], 0, /whole numbers/],
    ] as [number[], number[], number, RegExp][]
  ) {
    assert.throws(() => make(shape, stride, offset), { name: "CheckpointError", message });
  }
  // What nobody reads does no harm: a mask that is one number may lie beside the weights.
  const mask = make([512, 512], [0, 0]);
  assert.deepEqual(await mask.read(), new Float32Array(512 ** 2));
  for (const shape of [[2 ** 24 + 1], [1e9, 1e9]]) {
    const endless = make(shape, shape.map(() => 0));
    const message = `Expected a tensor that its storage of 6 numbers can fill but found one of ` +
      `shape [${shape}]`;
    await assert.rejects(endless.read(), { name: "CheckpointError", message });
    await assert.rejects(endless.readFloat32(), { name: "CheckpointError", message });
  }
});

Deno.test("Tensor reads no more of its storage than it reaches", async () => {
  const storage = new Uint8Array(Float64Array.from({ length: 1000 }, (_, i) => i).buffer);
  for (
    const [shape, stride, offset, values] of [
      [[2, 3], [3, 1], 10, [10, 11, 12, 13, 14, 15]],
      [[2, 3], [1, 2], 10, [10, 12, 14, 11, 13, 15]],
      [[2, 2], [0, 5], 10, [10, 15, 10, 15]],
      [[], [], 999, [999]],
      [[0, 3], [3, 1], 1000, []],
    ] as [number[], number[], number, number[]][]
  ) {
    const asked: number[][] = [];
    const read = (start: number, length: number) => {
      asked.push([start, length]);
      return Promise.resolve(storage.slice(start, start + length));
    };
    const tensor = new Tensor("float64", shape, stride, offset, 1000, read);
    assert.deepEqual([...await tensor.read()], values);
    const [first, last] = [Math.min(...values), Math.max(...values)];
    assert.deepEqual(asked, values.length === 0 ? [] : [[8 * first, 8 * (last - first + 1)]]);
  }
});

/** The small checkpoint, with a pickle of its root inside others: `wrap` gets and gives opcodes. */
async function openWrapped(wrap: (root: Uint8Array) => number[][]): Promise<string[]> {
  const files = await unzip(Deno.readFileSync(SMALL));
  const name = Object.keys(files).find((name) => name.endsWith("data.pkl"))!;
  // Without the protocol before it and the end behind it.
  const root = files[name].subarray(2, -1);
  const pickle = Uint8Array.from([0x80, 2, ...wrap(root).flat(), 0x2e]);
  return [...(await openBytes(await zip({ ...files, [name]: pickle }))).keys()];
}

const key = (text: string) => [0x58, text.length, 0, 0, 0, ...new TextEncoder().encode(text)];
const dict = (name: string, value: number[]) => [0x7d, ...key(name), ...value, 0x73];

Deno.test("openCheckpoint() finds tensors in lists, tuples and dictionaries of any depth", async () => {
  const plain = await openWrapped((root) => [[...root]]);
  assert.ok(plain.includes("float16"), plain.join());
  // A list of one, a tuple of one, and dictionaries of names that say nothing.
  const list = await openWrapped((root) => [[0x5d], [...root], [0x61]]);
  assert.deepEqual(list, plain.map((name) => `0.${name}`));
  const tuple = await openWrapped((root) => [[...root], [0x85]]);
  assert.deepEqual(tuple, list);
  const deep = await openWrapped((root) => [
    "abcdefgh".split("").reduceRight((inner, name) => dict(name, inner), [...root]),
  ]);
  assert.deepEqual(deep, plain.map((name) => `a.b.c.d.e.f.g.h.${name}`));
  const inState = await openWrapped((root) => [dict("a", dict("state_dict", [...root]))]);
  assert.deepEqual(inState, plain.map((name) => `a.${name}`));
});

Deno.test("openCheckpoint() lists the keys of a checkpoint without tensors", async () => {
  await assert.rejects(openWrapped(() => [dict("epoch", [0x4b, 3])]), {
    name: "CheckpointError",
    message: /Expected tensors in the checkpoint but found none: its 1 keys begin with "epoch"$/,
  });
});

Deno.test("openCheckpoint() looks once into what lies within itself", async () => {
  // {"state_dict": itself}, and {"model": {"net": itself}, "a": the root}.
  const itself = [0x7d, 0x71, 250, ...key("state_dict"), 0x68, 250, 0x73];
  await assert.rejects(openWrapped(() => [itself]), {
    name: "CheckpointError",
    message: /found none: its 1 keys begin with "state_dict"$/,
  });
  const names = await openWrapped((root) => [
    [0x7d, 0x71, 250, ...key("model"), ...dict("net", [0x68, 250]), 0x73],
    [...key("a"), ...root, 0x73],
  ]);
  assert.ok(names.includes("a.float16"), names.join());
});

Deno.test("openCheckpoint() refuses dictionaries in dictionaries without end", async () => {
  const depth = 100_000, begin = [0x7d, ...key("model")];
  const begins = new Uint8Array(depth * begin.length);
  for (let i = 0; i < depth; i++) begins.set(begin, i * begin.length);
  const pickle = [0x80, 2, ...begins, 0x4e, ...new Uint8Array(depth).fill(0x73), 0x2e];
  const files = await unzip(Deno.readFileSync(SMALL));
  const name = Object.keys(files).find((name) => name.endsWith("data.pkl"))!;
  await assert.rejects(openBytes(storedZip({ ...files, [name]: Uint8Array.from(pickle) })), {
    name: "CheckpointError",
    message: /found none: its 1 keys begin with "model"$/,
  });
});

Deno.test("openCheckpoint() refuses names of tensors without end", async () => {
  const text = new TextEncoder().encode("k".repeat(1000));
  const long = [0x58, text.length & 255, text.length >> 8, 0, 0, ...text];
  await assert.rejects(openWrapped((root) => [[0x7d], long, [...root], [0x73]]), {
    name: "CheckpointError",
    message: /Expected shorter names of tensors but found "k{80}"\.\.\. \d+ more characters$/,
  });
});
