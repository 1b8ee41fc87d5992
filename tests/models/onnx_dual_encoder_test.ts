import assert from "node:assert/strict";
import { join } from "node:path";
import wavefile from "wavefile";
import type {
  CustomFrontEnd,
  FrontEndName,
  FrontEndOptions,
  InputShape,
} from "../../lib/audio/front_end.ts";
import { OnnxDualEncoder } from "../../lib/models/onnx_dual_encoder.ts";
import { type Dimension, GraphBuilder } from "../../lib/onnx/graph.ts";
import { FIXTURES, withFolder } from "../support.ts";

/** What the libraries that the front ends are named after give; made by make_front_ends.py. */
const EXPECTED: Record<string, { shape: number[]; values: number[] }> = JSON.parse(
  Deno.readTextFileSync(join(FIXTURES, "front_ends.json")),
);

type Wanted = FrontEndName | FrontEndOptions | CustomFrontEnd;

/** Writes a network that gives back what it hears: as one row, or as its last two dimensions. */
function writeEcho(path: string, shape: Dimension[], isSequence = false) {
  const graph = new GraphBuilder();
  const input = graph.input("heard", shape);
  if (isSequence) graph.node("Identity", [input], {}, "embedding");
  else graph.node("Flatten", [input], { axis: 1 }, "embedding");
  graph.output("embedding", isSequence ? shape : ["batch", "d"]);
  Deno.writeFileSync(path, graph.finish("echo"));
}

function chirp(rate: number, seconds: number): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, i) => {
    const t = i / rate;
    const x = 0.5 * Math.sin(2 * Math.PI * (200 * t + 900 * t * t)) * Math.exp(-t);
    return Math.floor(32767 * x + 0.5);
  });
}

function writeChirp(folder: string, rate: number, seconds = 1.5): string {
  const path = join(folder, `chirp_${rate}_${seconds}.wav`);
  const file = new wavefile.WaveFile();
  file.fromScratch(1, rate, "16", chirp(rate, seconds));
  Deno.writeFileSync(path, file.toBuffer());
  return path;
}

/** What networks with an input of a shape hear of a chirp. */
async function hear(
  frontEnd: Wanted | undefined,
  shape: InputShape,
  rate: number,
  seconds?: number,
): Promise<{ data: Float32Array; dims: number[]; embedding: Float32Array }> {
  return await withFolder(async (folder) => {
    const encoder = join(folder, "encoder.onnx");
    writeEcho(encoder, [...shape]);
    const model = new OnnxDualEncoder({
      queryEncoder: encoder,
      itemEncoder: encoder,
      frontEnd,
      threads: 1,
    });
    const sound = writeChirp(folder, rate, seconds);
    const { data, dims } = await model.input("query", sound);
    return { data, dims, embedding: await model.embedQuery(sound) };
  });
}

const LN: FrontEndOptions = {
  name: "log-mel",
  sampleRate: 32000,
  nFft: 1024,
  hopLength: 320,
  nMels: 64,
  logarithm: "ln",
  mean: -4,
  std: 5,
};
const CASES: [name: string, frontEnd: Wanted, rate: number, shape: InputShape, dims: number[]][] = [
  ["log-mel", "log-mel", 16000, ["batch", 1, 128, "frames"], [1, 1, 128, 121]],
  ["log-mel, ln", LN, 32000, ["batch", 64, "frames"], [1, 64, 151]],
  ["clap", "clap", 48000, ["batch", 1, "height", "width"], [1, 1, 1001, 64]],
  ["whisper", "whisper", 16000, ["batch", 80, 3000], [1, 80, 3000]],
  ["waveform", "waveform", 16000, ["batch", "samples"], [1, 24000]],
  ["waveform, normalize", { name: "waveform", normalize: true }, 16000, ["b", 1, "n"], [
    1,
    1,
    24000,
  ]],
];

for (const [name, frontEnd, rate, shape, dims] of CASES) {
  Deno.test(`OnnxDualEncoder hears ${name} as its library makes it`, async () => {
    const { data, dims: found, embedding } = await hear(frontEnd, shape, rate);
    assert.deepEqual(found, dims);
    // The network gave back what it heard.
    assert.deepEqual(embedding, data);
    const { shape: expected, values } = EXPECTED[name];
    assert.equal(data.length, expected.reduce((a, b) => a * b));
    const step = Math.ceil(data.length / 400);
    const tolerance = 1e-4 * Math.max(1, ...values.map(Math.abs));
    values.forEach((value, i) => {
      const off = Math.abs(data[i * step] - value);
      assert.ok(off < tolerance, `${i * step}: ${data[i * step]}, ${value}`);
    });
  });
}

Deno.test("OnnxDualEncoder cuts and pads sounds to what the network's input says", async () => {
  const dims = async (frontEnd: Wanted | undefined, shape: InputShape, seconds: number) =>
    (await hear(frontEnd, shape, 16000, seconds)).dims;
  for (const seconds of [0.25, 3]) {
    assert.deepEqual(await dims("waveform", ["b", 16000], seconds), [1, 16000]);
    assert.deepEqual(await dims("log-mel", ["b", 1, 128, 81], seconds), [1, 1, 128, 81]);
    assert.deepEqual(await dims("whisper", ["b", 80, 100], seconds), [1, 80, 100]);
    assert.deepEqual(await dims("clap", ["b", 1, 201, 64], seconds), [1, 1, 201, 64]);
    assert.deepEqual(await dims(undefined, ["b", 1, 128, 100], seconds), [1, 1, 128, 100]);
    // Fewer than fill one window.
    assert.deepEqual(await dims("log-mel", ["b", 1, 128, 1], seconds), [1, 1, 128, 1]);
    // `duration` has the last word where the network takes any length.
    const second: FrontEndOptions = { name: "log-mel", duration: 1 };
    assert.deepEqual(await dims(second, ["b", 1, 128, "t"], seconds), [1, 1, 128, 81]);
  }
  const { data } = await hear("waveform", ["b", 16000], 16000, 0.25);
  assert.ok(data.subarray(4000).every((x) => x === 0) && data.subarray(0, 4000).some((x) => x));
});

Deno.test("OnnxDualEncoder turns a spectrogram the way that the network's input says", async () => {
  for (const name of ["log-mel", "efficientat", "whisper", "clap"] as const) {
    const frontEnd: FrontEndOptions = { name, nMels: 40, duration: 1 };
    const bandFirst = await hear(frontEnd, ["batch", 1, 40, "time"], 16000);
    const timeFirst = await hear(frontEnd, ["batch", "time", 40], 16000);
    const [, , bands, frames] = bandFirst.dims;
    assert.deepEqual([bands, timeFirst.dims], [40, [1, frames, 40]]);
    for (const [band, t] of [[0, 0], [7, 13], [39, frames - 1]]) {
      assert.equal(bandFirst.data[band * frames + t], timeFirst.data[t * 40 + band]);
    }
  }
});

Deno.test("OnnxDualEncoder takes a front end that is a function", async () => {
  const frontEnd: CustomFrontEnd = {
    sampleRate: 8000,
    duration: 0.5,
    compute: (samples) => ({
      data: Float32Array.of(samples.length, Math.max(...samples)),
      dims: [1, 2],
    }),
  };
  const { embedding } = await hear(frontEnd, ["batch", 2], 16000);
  assert.equal(embedding[0], 4000);
  assert.ok(Math.abs(embedding[1] - 0.5) < 0.05);
  // What it is given is its own: the next sound does not write into it.
  const kept: Float32Array[] = [];
  const keep = (data: Float32Array) => (kept.push(data), { data, dims: [1, data.length] });
  for (const rate of [8000, 16000]) {
    await hear({ sampleRate: 8000, compute: keep }, ["batch", "n"], rate);
  }
  assert.equal(kept[0][1], chirp(8000, 1.5)[1] / 32768);
  await withFolder(async (folder) => {
    const path = join(folder, "encoder.onnx"), sound = writeChirp(folder, 16000);
    writeEcho(path, ["batch", 2]);
    const model = new OnnxDualEncoder({ queryEncoder: path, itemEncoder: path, frontEnd });
    // So many that further processes would be asked, which can't be given a function.
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}`, sound]));
    const scores = await model.computeSimilarities(many, { q: sound });
    assert.ok(Object.values(scores.q).every((score) => Math.abs(score - 1) < 1e-6));
  });
});

Deno.test("OnnxDualEncoder says what a front end must return, and for which sound", async () => {
  for (const made of [undefined, Float32Array.of(1), { data: Float32Array.of(1), dims: [1, 2] }]) {
    const frontEnd = { sampleRate: 8000, compute: () => made } as unknown as CustomFrontEnd;
    await withFolder(async (folder) => {
      const path = join(folder, "encoder.onnx"), sound = writeChirp(folder, 16000);
      writeEcho(path, ["batch", 2]);
      const model = new OnnxDualEncoder({ queryEncoder: path, itemEncoder: path, frontEnd });
      await assert.rejects(model.computeSimilarities({ i: sound }, { q: sound }), {
        name: "TypeError",
        message: /^Expected compute of the front end to return .* \(embedItem of .*chirp_16000/,
      });
    });
  }
});

Deno.test("OnnxDualEncoder averages an output over time, and takes the output that it is told", () =>
  withFolder(async (folder) => {
    const path = join(folder, "encoder.onnx"), sound = writeChirp(folder, 16000);
    writeEcho(path, ["batch", "time", 40], true);
    const frontEnd: FrontEndOptions = { name: "log-mel", nMels: 40 };
    const options = { queryEncoder: path, itemEncoder: path, frontEnd };
    const model = new OnnxDualEncoder(options);
    const { data, dims } = await model.input("item", sound);
    const embedding = await model.embedItem(sound);
    assert.equal(embedding.length, 40);
    let sum = 0;
    for (let t = 0; t < dims[1]; t++) sum += data[t * 40 + 3];
    assert.ok(Math.abs(embedding[3] - sum / dims[1]) < 1e-3);
    await assert.rejects(new OnnxDualEncoder({ ...options, output: "x" }).embedItem(sound), {
      name: "OnnxError",
      message: /Expected the output x of the outputs of .*encoder\.onnx but found embedding/,
    });
  }));

Deno.test("OnnxDualEncoder refuses embeddings that are not finite", () =>
  withFolder(async (folder) => {
    const path = join(folder, "encoder.onnx"), sound = writeChirp(folder, 16000, 1);
    const graph = new GraphBuilder();
    const input = graph.input("heard", ["batch", "n"]);
    graph.node("Log", [graph.node("Neg", [graph.node("Abs", [input])])], {}, "embedding");
    graph.output("embedding", ["batch", "n"]);
    Deno.writeFileSync(path, graph.finish("logarithms"));
    const options = { queryEncoder: path, itemEncoder: path, frontEnd: "waveform" } as const;
    await assert.rejects(new OnnxDualEncoder(options).embedQuery(sound), {
      name: "OnnxError",
      message:
        /^Expected the query encoder to embed .*\.wav in finite numbers but found (NaN|-Inf)/,
    });
  }));

Deno.test("OnnxDualEncoder says at once which setting of a front end is wrong", () => {
  const bad: [unknown, RegExp][] = [
    ["mel", /Expected frontEnd to be one of waveform, efficientat, .* but found "mel"/],
    ["constructor", /Expected frontEnd to be one of/],
    [{ name: "whisper", nfft: 3 }, /Expected settings of the front end whisper .* but found nfft/],
    [
      { name: "waveform", nMels: 3 },
      /waveform \(sampleRate, duration, normalize\) but found nMels/,
    ],
    [{ name: "clap", duration: 0 }, /Expected duration to be seconds above 0, .* but found 0/],
    [{ name: "waveform", duration: 1e9 }, /an hour at most, but found 1000000000/],
    [{ name: "log-mel", nFft: 401 }, /Expected nFft to be even but found 401/],
    [{ name: "log-mel", fMax: 9000 }, /Expected 0 ≤ fMin < fMax ≤ 8000 Hz but found 0 and 9000/],
    [{ name: "log-mel", hopLength: 0 }, /Expected hopLength/],
    [{ name: "log-mel", std: 0 }, /Expected std not to be 0/],
    [{ name: "log-mel", logarithm: "log2" }, /Expected logarithm to be db or ln but found log2/],
    [{ sampleRate: 0.5, compute() {} }, /Expected sampleRate of the front end/],
  ];
  for (const [frontEnd, message] of bad) {
    assert.throws(
      () =>
        new OnnxDualEncoder({
          queryEncoder: "q.onnx",
          itemEncoder: "i.onnx",
          frontEnd: frontEnd as Wanted,
        }),
      { name: "RangeError", message },
    );
  }
});
