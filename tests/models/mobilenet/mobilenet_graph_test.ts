import assert from "node:assert/strict";
import { join } from "node:path";
import { buildMobileNet, makeDivisible } from "../../../lib/models/mobilenet/mobilenet_graph.ts";
import { Tensor } from "../../../lib/pytorch/tensor.ts";
import { OnnxDualEncoder } from "../../../lib/models/onnx_dual_encoder.ts";
import { findPython, PROJECT, withFolder } from "../../support.ts";
import { assertClose, embedInput } from "./embed_input.ts";
import { encoderTensors, PREFIX, tensor } from "./encoder_tensors.ts";

const OUTPUTS: Record<string, number[]> = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/mobilenet_outputs.json", import.meta.url)),
);

for (const [width, expected] of Object.entries(OUTPUTS)) {
  Deno.test(`buildMobileNet() agrees with PyTorch at width ${width}`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "encoder.onnx");
      Deno.writeFileSync(path, await buildMobileNet(encoderTensors(Number(width)), PREFIX));
      const embedding = await embedInput(path);
      assertClose(embedding, expected);
      assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-6);
    }));
}

const pythonWithOnnx = findPython("onnx");
const noOnnx = pythonWithOnnx === undefined;
Deno.test({
  name: `buildMobileNet() writes what ONNX's own checker passes${noOnnx ? " (needs onnx)" : ""}`,
  ignore: noOnnx,
  fn: () =>
    withFolder(async (folder) => {
      const path = join(folder, "encoder.onnx");
      Deno.writeFileSync(path, await buildMobileNet(encoderTensors(0.1), PREFIX));
      const script =
        "import onnx, sys; m = onnx.load(sys.argv[1]); onnx.checker.check_model(m, full_check=True); " +
        "print(m.opset_import[0].version, [d.dim_param or d.dim_value for d in m.graph.input[0].type.tensor_type.shape.dim], " +
        "[d.dim_param or d.dim_value for d in m.graph.output[0].type.tensor_type.shape.dim])";
      const { success, stdout, stderr } = new Deno.Command(pythonWithOnnx!, {
        args: ["-c", script, path],
      })
        .outputSync();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.equal(
        new TextDecoder().decode(stdout).trim(),
        "17 ['batch', 1, 128, 'frames'] ['batch', 96]",
      );
    }),
});

for (
  const [what, change, message] of [
    [
      "a tensor is missing",
      (tensors: Map<string, Tensor>) =>
        tensors.delete(`${PREFIX}.features.4.block.1.conc_se_layers.0.fc1.bias`),
      /Expected the tensor imitation_encoder\.features\.4\.block\.1\.conc_se_layers\.0\.fc1\.bias .* found none/,
    ],
    [
      "a tensor is one too many",
      (tensors: Map<string, Tensor>) =>
        tensors.set(...tensor(`${PREFIX}.features.17.0.weight`, [8, 8, 1, 1])),
      /Expected no tensor imitation_encoder\.features\.17\.0\.weight/,
    ],
    [
      "a tensor has the wrong shape",
      (tensors: Map<string, Tensor>) =>
        tensors.set(...tensor(`${PREFIX}.features.7.block.0.1.bias`, [32])),
      /Expected imitation_encoder\.features\.7\.block\.0\.1\.bias to have the shape \[\d+\] but found \[32\]/,
    ],
    [
      "a kernel has the wrong size",
      (tensors: Map<string, Tensor>) =>
        tensors.set(...tensor(`${PREFIX}.features.1.block.0.0.weight`, [8, 1, 5, 5])),
      /features\.1\.block\.0\.0\.weight to have the shape \[8,1,3,3\] but found \[8,1,5,5\]/,
    ],
    [
      "there are more weights than anybody has memory for",
      (tensors: Map<string, Tensor>) => {
        const read = () => Promise.reject(new Error("read"));
        const shape = [2 ** 24, 1, 3, 3], length = 9 * 2 ** 24;
        tensors.set(
          `${PREFIX}.features.0.0.weight`,
          new Tensor("float32", shape, [9, 9, 3, 1], 0, length, read),
        );
      },
      /Expected at most 134217728 weights in imitation_encoder but found more/,
    ],
    [
      "a width is no multiple of 8",
      (tensors: Map<string, Tensor>) =>
        tensors.set(...tensor(`${PREFIX}.features.0.0.weight`, [9, 1, 3, 3])),
      /features\.0\.0\.weight to have 4 dimensions, the first a multiple of 8, but found the shape \[9,1,3,3\]/,
    ],
  ] as [string, (tensors: Map<string, Tensor>) => unknown, RegExp][]
) {
  Deno.test(`buildMobileNet() throws CheckpointError where ${what}`, async () => {
    const tensors = encoderTensors(0.1);
    change(tensors);
    await assert.rejects(buildMobileNet(tensors, PREFIX), { name: "CheckpointError", message });
  });
}

Deno.test("buildMobileNet() leaves the classifier and the counters of training out", async () => {
  const tensors = encoderTensors(0.1);
  const plain = await buildMobileNet(tensors, PREFIX);
  tensors.set(...tensor(`${PREFIX}.classifier.2.weight`, [128, 96]));
  tensors.set(...tensor(`${PREFIX}.features.0.1.num_batches_tracked`, []));
  assert.deepEqual(await buildMobileNet(tensors, PREFIX), plain);
});

Deno.test("makeDivisible() rounds to multiples of 8, never down by more than a tenth", () => {
  assert.deepEqual([1, 1.6, 12, 24, 90.4, 160, 40 * 0.4].map((n) => makeDivisible(n)), [
    8,
    8,
    16,
    24,
    88,
    160,
    16,
  ]);
});

Deno.test("buildMobileNet() finds its tensors behind what wrappers put before their names", async () => {
  const plain = await buildMobileNet(encoderTensors(0.1), PREFIX);
  for (const wrapper of ["module.", "model.", "_orig_mod.", "state.module.model."]) {
    const wrapped = new Map(
      Array.from(encoderTensors(0.1), ([name, value]) => [wrapper + name, value]),
    );
    const model = await buildMobileNet(wrapped, PREFIX);
    await withFolder(async (folder) => {
      Deno.writeFileSync(join(folder, "plain.onnx"), plain);
      Deno.writeFileSync(join(folder, "wrapped.onnx"), model);
      assert.deepEqual(
        await embedInput(join(folder, "wrapped.onnx")),
        await embedInput(join(folder, "plain.onnx")),
      );
    });
  }
});

Deno.test("buildMobileNet() finds its tensors behind wrappers of the encoder, and beside running means", async () => {
  const encoder = encoderTensors(0.1);
  const plain = await buildMobileNet(encoder, PREFIX);
  const inner = new Map(
    Array.from(encoder, ([name, value]) => [name.replace(PREFIX, `${PREFIX}._orig_mod`), value]),
  );
  assert.equal((await buildMobileNet(inner, PREFIX)).length > plain.length, true);
  const doubled = new Map([
    ...Array.from(encoder, ([name, value]) => [`ema.${name}`, value] as [string, Tensor]),
    ...encoder,
  ]);
  assert.deepEqual(await buildMobileNet(doubled, PREFIX), plain);
  const twice = new Map(
    ["a.", "b."].flatMap((prefix) =>
      Array.from(encoder, ([name, value]) => [prefix + name, value] as [string, Tensor])
    ),
  );
  await assert.rejects(buildMobileNet(twice, PREFIX), { message: /found 2; its 2 tensors begin/ });
});

Deno.test("buildMobileNet() refuses a variance below 0", async () => {
  const tensors = encoderTensors(0.1), name = `${PREFIX}.features.0.1.running_var`;
  const { shape } = tensors.get(name)!;
  const bytes = new Uint8Array(new Float32Array(shape[0]).fill(-1).buffer);
  const read = () => Promise.resolve(bytes);
  tensors.set(name, new Tensor("float32", shape, [1], 0, shape[0], read));
  await assert.rejects(buildMobileNet(tensors, PREFIX), {
    name: "CheckpointError",
    message: /Expected a variance above 0.* in .*features\.0$/,
  });
});

Deno.test("buildMobileNet() lists what is there where its tensors are not", async () => {
  const other = new Map([["backbone.a", 1], ["backbone.b", 2]]) as unknown as Map<string, Tensor>;
  await assert.rejects(buildMobileNet(other, PREFIX), {
    name: "CheckpointError",
    message: /found none; its 2 tensors begin with backbone\.a, backbone\.b/,
  });
});

Deno.test("buildMobileNet() refuses a weight that is no number", async () => {
  const tensors = encoderTensors(0.1);
  const name = `${PREFIX}.features.0.1.bias`;
  const { shape, stride } = tensors.get(name)!;
  const bytes = new Uint8Array(new Float32Array(shape[0]).fill(NaN, 3).buffer);
  tensors.set(
    name,
    new Tensor("float32", shape, stride, 0, shape[0], () => Promise.resolve(bytes)),
  );
  await assert.rejects(buildMobileNet(tensors, PREFIX), {
    name: "CheckpointError",
    message: /Expected finite weights but found NaN at 3 of .*features\.0\.1\.bias/,
  });
});

Deno.test("OnnxDualEncoder names the file and the shape that a network does not take", () =>
  withFolder(async (folder) => {
    const path = join(folder, "encoder.onnx");
    Deno.writeFileSync(path, await buildMobileNet(encoderTensors(0.1), PREFIX));
    const sound = join(PROJECT, "data", "qvim-mini", "Items", "bark", "bark_1.wav");
    const make = (queryEncoder: string, nMels = 128) =>
      new OnnxDualEncoder({ queryEncoder, itemEncoder: path, frontEnd: { nMels, duration: 1 } });
    const run = (model: OnnxDualEncoder) =>
      model.computeSimilarities({ "bark_1.wav": sound }, { q: sound });
    await assert.rejects(run(make(join(folder, "none.onnx"))), {
      name: "OnnxError",
      message: /Expected queryEncoder to be an ONNX file but found none at .*none\.onnx/,
    });
    await assert.rejects(run(make(path, 64)), {
      name: "OnnxError",
      message:
        /\[batch,1,128,frames\] at the input log_mel of .*encoder\.onnx but found \[1,1,64,100\].* frontEnd/,
    });
    Deno.writeTextFileSync(join(folder, "text.onnx"), "text");
    await assert.rejects(run(make(join(folder, "text.onnx"))), {
      name: "OnnxError",
      message: /Expected an ONNX network in .*text\.onnx but found/,
    });
  }));
