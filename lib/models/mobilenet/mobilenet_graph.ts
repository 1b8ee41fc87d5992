import { CheckpointError } from "../../pytorch/errors.ts";
import { GraphBuilder } from "../../onnx/graph.ts";
import type { Tensor } from "../../pytorch/tensor.ts";

/**
 * MobileNetV3-Large (A. Howard et al., "Searching for MobileNetV3", ICCV 2019) as in EfficientAT
 * (F. Schmid, K. Koutini, G. Widmer, "Efficient large-scale audio tagging via transformer-to-CNN
 * knowledge distillation", ICASSP 2023), at any width: what is not in the table below is read from
 * the shapes of the tensors.
 */
interface Block {
  kernel: number;
  squeeze: boolean;
  activation: "Relu" | "HardSwish";
  stride: number;
}

const BLOCKS: Block[] = [
  { kernel: 3, squeeze: false, activation: "Relu", stride: 1 },
  { kernel: 3, squeeze: false, activation: "Relu", stride: 2 },
  { kernel: 3, squeeze: false, activation: "Relu", stride: 1 },
  { kernel: 5, squeeze: true, activation: "Relu", stride: 2 },
  { kernel: 5, squeeze: true, activation: "Relu", stride: 1 },
  { kernel: 5, squeeze: true, activation: "Relu", stride: 1 },
  { kernel: 3, squeeze: false, activation: "HardSwish", stride: 2 },
  { kernel: 3, squeeze: false, activation: "HardSwish", stride: 1 },
  { kernel: 3, squeeze: false, activation: "HardSwish", stride: 1 },
  { kernel: 3, squeeze: false, activation: "HardSwish", stride: 1 },
  { kernel: 3, squeeze: true, activation: "HardSwish", stride: 1 },
  { kernel: 3, squeeze: true, activation: "HardSwish", stride: 1 },
  { kernel: 5, squeeze: true, activation: "HardSwish", stride: 2 },
  { kernel: 5, squeeze: true, activation: "HardSwish", stride: 1 },
  { kernel: 5, squeeze: true, activation: "HardSwish", stride: 1 },
];

/** Bands of the log-mel spectrogram. */
export const MEL_BANDS = 128;
const BATCH_NORM_EPSILON = 1e-3;
const SQUEEZE_RATIO = 4;
const LAST_RATIO = 6;
/** What `torch.nn.functional.normalize` keeps norms above. */
const NORM_EPSILON = 1e-12;

/** The names of the ONNX graph's input and output. */
export const INPUT_NAME = "log_mel";
export const OUTPUT_NAME = "embedding";

/**
 * Turns one encoder of a checkpoint into an ONNX model: input log-mel `[batch, 1, 128, frames]`,
 * output L2-normalised embeddings `[batch, d]`. Batch norms are folded into their convolutions; the
 * classifier is left out.
 *
 * @param tensors All tensors of the checkpoint.
 * @param prefix What the names of the encoder's tensors begin with, without the dot.
 * @throws {CheckpointError} Where a tensor is missing, one too many, or of the wrong shape.
 */
export async function buildMobileNet(
  tensors: Map<string, Tensor>,
  prefix: string,
): Promise<Uint8Array> {
  const encoder = new EncoderBuilder(tensors, prefix);
  const bytes = await encoder.build();
  encoder.checkNothingLeft();
  return bytes;
}

/** Rounds a number of channels as the networks of the family do. */
export function makeDivisible(channels: number, divisor = 8): number {
  const rounded = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}

/** The tensor that each encoder has, whatever wraps it. */
const FIRST_TENSOR = "features.0.0.weight";
/** The widest network of the family has half of it; many tensors can claim the same storage. */
const MOST_WEIGHTS = 2 ** 27;
/** Names that an error shows. */
const SHOWN = 5;

/**
 * What the names of an encoder's tensors begin with: the encoder's name, with what wrappers put before
 * or behind it, such as `module.`, `model.` or `_orig_mod.`. Of several, such as the weights and their
 * running means, the one with the fewest wrappers is meant.
 */
function findPrefix(tensors: Map<string, Tensor>, encoder: string): string {
  const all = [...tensors.keys()];
  const wrappers = (name: string) => name.split(".").length;
  const found = all.filter((name) =>
    name.endsWith(`.${FIRST_TENSOR}`) && `.${name}`.includes(`.${encoder}.`)
  );
  const least = Math.min(...found.map(wrappers));
  const nearest = found.filter((name) => wrappers(name) === least);
  if (nearest.length === 1) return nearest[0].slice(0, -FIRST_TENSOR.length - 1);
  const names = nearest.length > 0 ? nearest : all;
  throw new CheckpointError(
    `Expected one tensor ${encoder}.${FIRST_TENSOR} in the checkpoint, or one whose name ends so, ` +
      `but found ${nearest.length === 0 ? "none" : nearest.length}; its ${names.length} tensors ` +
      `begin with ${names.slice(0, SHOWN).join(", ")}`,
  );
}

class EncoderBuilder {
  readonly #tensors: Map<string, Tensor>;
  readonly #prefix: string;
  readonly #used = new Set<string>();
  readonly #graph = new GraphBuilder();
  /** Weights that were read. */
  #count = 0;

  constructor(tensors: Map<string, Tensor>, prefix: string) {
    this.#tensors = tensors;
    this.#prefix = findPrefix(tensors, prefix);
  }

  async build(): Promise<Uint8Array> {
    const graph = this.#graph;
    let value = graph.input(INPUT_NAME, ["batch", 1, MEL_BANDS, "frames"]);
    let channels = this.#shape("features.0.0.weight", 4)[0];
    value = await this.#convolution(value, "features.0", {
      shape: [channels, 1, 3, 3],
      stride: 2,
      activation: "HardSwish",
    });
    for (const [i, block] of BLOCKS.entries()) {
      [value, channels] = await this.#block(value, `features.${i + 1}.block`, block, channels);
    }
    const width = LAST_RATIO * channels;
    value = await this.#convolution(value, `features.${BLOCKS.length + 1}`, {
      shape: [width, channels, 1, 1],
      activation: "HardSwish",
    });
    value = graph.node("GlobalAveragePool", [value]);
    value = graph.node("Flatten", [value], { axis: 1 });
    const norm = graph.node("ReduceL2", [value], { axes: [1], keepdims: 1 });
    const least = graph.constant("norm_epsilon", [], Float32Array.of(NORM_EPSILON));
    const divisor = graph.node("Max", [norm, least]);
    graph.node("Div", [value, divisor], {}, OUTPUT_NAME);
    graph.output(OUTPUT_NAME, ["batch", width]);
    return graph.finish(this.#prefix);
  }

  /** An inverted residual block. @returns Its result and the number of its channels. */
  async #block(
    input: string,
    name: string,
    { kernel, squeeze, activation, stride }: Block,
    channels: number,
  ): Promise<[value: string, channels: number]> {
    let value = input, layer = 0, expanded = channels;
    // A depthwise kernel has one input channel; without expansion it comes first.
    const [firstOut, firstIn, , firstKernel] = this.#shape(`${name}.0.0.weight`, 4);
    if (firstIn !== 1 || firstKernel === 1) {
      expanded = firstOut;
      value = await this.#convolution(value, `${name}.${layer++}`, {
        shape: [expanded, channels, 1, 1],
        activation,
      });
    }
    value = await this.#convolution(value, `${name}.${layer++}`, {
      shape: [expanded, 1, kernel, kernel],
      stride,
      groups: expanded,
      activation,
    });
    if (squeeze) {
      value = await this.#squeezeExcite(value, `${name}.${layer++}.conc_se_layers.0`, expanded);
    }
    const out = this.#shape(`${name}.${layer}.0.weight`, 4)[0];
    value = await this.#convolution(value, `${name}.${layer}`, { shape: [out, expanded, 1, 1] });
    if (stride === 1 && out === channels) value = this.#graph.node("Add", [value, input]);
    return [value, out];
  }

  /** A convolution with its batch norm folded in, and its activation. */
  async #convolution(
    input: string,
    name: string,
    options: {
      shape: number[];
      stride?: number;
      groups?: number;
      activation?: Block["activation"];
    },
  ): Promise<string> {
    const { shape, stride = 1, groups = 1, activation } = options;
    const [out, , kernel] = shape;
    const weight = await this.#read(`${name}.0.weight`, shape);
    const [gamma, beta, mean, variance] = await Promise.all(
      ["weight", "bias", "running_mean", "running_var"].map((part) =>
        this.#read(`${name}.1.${part}`, [out])
      ),
    );
    const bias = new Float32Array(out);
    const perChannel = weight.length / out;
    for (let c = 0; c < out; c++) {
      const scale = gamma[c] / Math.sqrt(variance[c] + BATCH_NORM_EPSILON);
      bias[c] = beta[c] - mean[c] * scale;
      for (let i = c * perChannel; i < (c + 1) * perChannel; i++) weight[i] *= scale;
    }
    if (!weight.every(Number.isFinite) || !bias.every(Number.isFinite)) {
      throw new CheckpointError(
        `Expected a variance above 0, and numbers of single precision, but found none in ` +
          `${this.#prefix}.${name}`,
      );
    }
    const pad = (kernel - 1) / 2;
    const value = this.#graph.node("Conv", [
      input,
      this.#graph.constant(`${name}.weight`, shape, weight),
      this.#graph.constant(`${name}.bias`, [out], bias),
    ], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    });
    return activation === undefined ? value : this.#graph.node(activation, [value]);
  }

  /** Squeeze-and-excitation over channels (J. Hu et al., CVPR 2018). */
  async #squeezeExcite(input: string, name: string, channels: number): Promise<string> {
    const squeezed = makeDivisible(channels / SQUEEZE_RATIO);
    let scale = this.#graph.node("GlobalAveragePool", [input]);
    scale = await this.#linear(scale, `${name}.fc1`, squeezed, channels);
    scale = this.#graph.node("Relu", [scale]);
    scale = await this.#linear(scale, `${name}.fc2`, channels, squeezed);
    scale = this.#graph.node("Sigmoid", [scale]);
    return this.#graph.node("Mul", [input, scale]);
  }

  /** A linear layer over channels, as a 1×1 convolution. */
  async #linear(input: string, name: string, out: number, channels: number): Promise<string> {
    const weight = await this.#read(`${name}.weight`, [out, channels]);
    const bias = await this.#read(`${name}.bias`, [out]);
    return this.#graph.node("Conv", [
      input,
      this.#graph.constant(`${name}.weight`, [out, channels, 1, 1], weight),
      this.#graph.constant(`${name}.bias`, [out], bias),
    ], { kernel_shape: [1, 1] });
  }

  #tensor(name: string): Tensor {
    const full = `${this.#prefix}.${name}`;
    const tensor = this.#tensors.get(full);
    if (tensor === undefined) {
      throw new CheckpointError(`Expected the tensor ${full} in the checkpoint but found none`);
    }
    return tensor;
  }

  #shape(name: string, dimensions: number): number[] {
    const { shape } = this.#tensor(name);
    if (shape.length !== dimensions || shape[0] === 0 || shape[0] % 8 !== 0) {
      throw new CheckpointError(
        `Expected ${this.#prefix}.${name} to have ${dimensions} dimensions, the first a multiple ` +
          `of 8, but found the shape [${shape}]`,
      );
    }
    return shape;
  }

  async #read(name: string, shape: number[]): Promise<Float32Array> {
    const tensor = this.#tensor(name);
    if (tensor.shape.length !== shape.length || tensor.shape.some((size, d) => size !== shape[d])) {
      throw new CheckpointError(
        `Expected ${this.#prefix}.${name} to have the shape [${shape}] but found [${tensor.shape}]`,
      );
    }
    this.#used.add(`${this.#prefix}.${name}`);
    this.#count += tensor.length;
    if (this.#count > MOST_WEIGHTS) {
      throw new CheckpointError(
        `Expected at most ${MOST_WEIGHTS} weights in ${this.#prefix} but found more`,
      );
    }
    const values = await tensor.readFloat32();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new CheckpointError(
        `Expected finite weights but found ${values[bad]} at ${bad} of ${this.#prefix}.${name}`,
      );
    }
    return values;
  }

  /** @throws {CheckpointError} Where the encoder has a tensor that the network has no place for. */
  checkNothingLeft(): void {
    for (const name of this.#tensors.keys()) {
      if (!name.startsWith(`${this.#prefix}.`) || this.#used.has(name)) continue;
      const rest = name.slice(this.#prefix.length + 1);
      // Counters of training steps, and the classes of AudioSet.
      if (rest.endsWith(".num_batches_tracked") || /^classifier\.\d+\.(weight|bias)$/.test(rest)) {
        continue;
      }
      throw new CheckpointError(`Expected no tensor ${name}: the network has no place for it`);
    }
  }
}
