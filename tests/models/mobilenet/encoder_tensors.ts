import { crc32 } from "node:zlib";
import { seededRandom } from "../../../lib/challenge/statistics.ts";
import { makeDivisible } from "../../../lib/models/mobilenet/mobilenet_graph.ts";
import { Tensor } from "../../../lib/pytorch/tensor.ts";

/** What the names of the encoder's tensors begin with. */
export const PREFIX = "imitation_encoder";

/** Numbers in 0 … 1, seeded by a name: what `uniform` of make_mobilenet.py gives. */
export function uniform(name: string, count: number): Float64Array {
  const random = seededRandom(crc32(name));
  return Float64Array.from({ length: count }, random);
}

/** A named tensor with the weights that make_mobilenet.py gives it. */
export function tensor(name: string, shape: number[]): [string, Tensor] {
  const length = shape.reduce((product, size) => product * size, 1);
  const u = uniform(name, length);
  let values: Float64Array;
  if (name.endsWith("running_var") || (name.endsWith("weight") && shape.length === 1)) {
    values = u.map((value) => 0.5 + value);
  } else if (shape.length === 1) {
    values = u.map((value) => 0.4 * (value - 0.5));
  } else {
    const scale = Math.sqrt(6 / (length / shape[0]));
    values = u.map((value) => (2 * value - 1) * scale);
  }
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  const stride = shape.map((_, d) =>
    shape.slice(d + 1).reduce((product, size) => product * size, 1)
  );
  const read = (start: number, size: number) => Promise.resolve(bytes.slice(start, start + size));
  return [name, new Tensor("float32", shape, stride, 0, length, read)];
}

/** The tensors of an encoder at a width, with the weights of make_mobilenet.py. */
export function encoderTensors(width: number): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const add = (name: string, shape: number[]) => {
    const [key, value] = tensor(`${PREFIX}.${name}`, shape);
    tensors.set(key, value);
  };
  const conv = (name: string, shape: number[]) => {
    add(`${name}.0.weight`, shape);
    for (const part of ["weight", "bias", "running_mean", "running_var"]) {
      add(`${name}.1.${part}`, [shape[0]]);
    }
  };
  // kernel, expanded, out, whether it squeezes: as the architecture's papers list them.
  const blocks: [number, number, number, boolean?][] = [
    ...[[3, 16, 16], [3, 64, 24], [3, 72, 24]] as [number, number, number][],
    ...[[5, 72, 40, true], [5, 120, 40, true], [5, 120, 40, true]] as [
      number,
      number,
      number,
      true,
    ][],
    ...[[3, 240, 80], [3, 200, 80], [3, 184, 80], [3, 184, 80]] as [number, number, number][],
    ...[[3, 480, 112, true], [3, 672, 112, true]] as [number, number, number, true][],
    ...[[5, 672, 160, true], [5, 960, 160, true], [5, 960, 160, true]] as [
      number,
      number,
      number,
      true,
    ][],
  ];
  let channels = makeDivisible(16 * width);
  conv("features.0", [channels, 1, 3, 3]);
  blocks.forEach(([kernel, expandedAtOne, outAtOne, squeezes], i) => {
    const expanded = makeDivisible(expandedAtOne * width), out = makeDivisible(outAtOne * width);
    let layer = 0;
    const next = () => `features.${i + 1}.block.${layer++}`;
    if (expanded !== channels) conv(next(), [expanded, channels, 1, 1]);
    conv(next(), [expanded, 1, kernel, kernel]);
    if (squeezes) {
      const name = `${next()}.conc_se_layers.0`, squeezed = makeDivisible(Math.floor(expanded / 4));
      add(`${name}.fc1.weight`, [squeezed, expanded]);
      add(`${name}.fc1.bias`, [squeezed]);
      add(`${name}.fc2.weight`, [expanded, squeezed]);
      add(`${name}.fc2.bias`, [expanded]);
    }
    conv(next(), [out, expanded, 1, 1]);
    channels = out;
  });
  conv("features.16", [6 * channels, channels, 1, 1]);
  return tensors;
}
