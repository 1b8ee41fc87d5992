import assert from "node:assert/strict";
import { OnnxEncoder } from "../../../lib/onnx/encoder.ts";
import { uniform } from "./encoder_tensors.ts";

const FRAMES = 101;

/** What a network makes of an input that PyTorch can be given as well. */
export async function embedInput(path: string): Promise<Float32Array> {
  const logMel = Float32Array.from(uniform("input", 128 * FRAMES), (u) => 2 * Math.fround(u) - 1);
  const encoder = await OnnxEncoder.load(path);
  const embedding = await encoder.embed({ data: logMel, dims: [1, 1, 128, FRAMES] });
  await encoder.release();
  return embedding;
}

/** Holds an embedding against another program's. */
export function assertClose(actual: Float32Array, expected: number[]) {
  assert.equal(actual.length, expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(actual[i] - value)));
  assert.ok(worst < 1e-5, `${worst}`);
}
