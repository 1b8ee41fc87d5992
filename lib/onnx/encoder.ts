import defer * as ort from "./runtime.ts";
import { beginningOf, otherThanFile, standIn } from "../io/beginning.ts";
import { QvimError } from "../io/errors.ts";

/** Thrown where a network can't be loaded or does not take its input; the message names the file. */
export class OnnxError extends QvimError {}

/** How a network is loaded. */
export interface OnnxEncoderOptions {
  /** How many threads one run may use; as many as there are cores unless given. */
  threads?: number;
  /** The name of the output to take; needed where there are several. */
  output?: string;
}

/** An ONNX network that turns what a front end makes of a sound into an embedding. */
export class OnnxEncoder {
  /** The input's sizes: numbers, or names where any size will do. */
  readonly inputShape: readonly (number | string)[];
  readonly #session: ort.InferenceSession;
  readonly #path: string;
  readonly #output: string;

  private constructor(session: ort.InferenceSession, path: string, output: string) {
    this.#session = session;
    this.#path = path;
    this.#output = output;
    const [input] = session.inputMetadata;
    const isFloat = input.isTensor && input.type === "float32";
    if (!isFloat) {
      throw new OnnxError(
        `Expected the input ${input.name} of ${path} to take float32 numbers but found ` +
          `${input.isTensor ? input.type : "no tensor"}`,
      );
    }
    // Exporters write -1 or nothing, too, where any size will do.
    this.inputShape = input.shape.map((size) => typeof size === "number" && size < 1 ? "" : size);
  }

  /**
   * Loads a network with one input and one output `[batch, d]`, or `[batch, time, d]`.
   *
   * @param path The ONNX file.
   * @throws {OnnxError} Where it is no network, or has other inputs or outputs.
   */
  static async load(path: string, options: OnnxEncoderOptions = {}): Promise<OnnxEncoder> {
    // ONNX Runtime says of a missing file that a protobuf failed, and waits for a pipe.
    const other = otherThanFile(await Deno.stat(path));
    if (other !== undefined) {
      throw new OnnxError(`Expected an ONNX network but found ${other} at ${path}`);
    }
    const session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: options.threads ?? navigator.hardwareConcurrency,
      graphOptimizationLevel: "all",
    }).catch((error) => {
      using file = Deno.openSync(path);
      const found = standIn(beginningOf(file));
      throw new OnnxError(
        `Expected an ONNX network in ${path} but found${
          found === undefined ? `: ${firstLine(error)}` : ` ${found}`
        }`,
      );
    });
    const { inputNames, outputNames } = session;
    if (inputNames.length !== 1) {
      throw new OnnxError(`Expected one input in ${path} but found ${inputNames.join(", ")}`);
    }
    const { output = outputNames.length === 1 ? outputNames[0] : undefined } = options;
    if (output === undefined || !outputNames.includes(output)) {
      const wanted = output === undefined ? "output to name one" : `the output ${output}`;
      throw new OnnxError(
        `Expected ${wanted} of the outputs of ${path} but found ${outputNames.join(", ")}`,
      );
    }
    return new OnnxEncoder(session, path, output);
  }

  /**
   * Embeds what a front end made of one sound.
   *
   * @param input Values and sizes, the batch of 1 included.
   * @returns The output; the mean over time where there is one [shape=(d,)].
   * @throws {OnnxError} Where the network takes another shape, or gives one that is no embedding.
   */
  async embed(input: { data: Float32Array; dims: number[] }): Promise<Float32Array> {
    const [name] = this.#session.inputNames, output = this.#output;
    const tensor = new ort.Tensor("float32", input.data, input.dims);
    const found = await this.#session.run({ [name]: tensor }, [output]).catch((error) => {
      throw new OnnxError(
        `Expected the shape [${this.inputShape}] at the input ${name} of ${this.#path} but found ` +
          `[${input.dims}]: ${firstLine(error)}; frontEnd says what the network hears`,
      );
    });
    const { data, dims, type } = found[output];
    const [batch, ...sizes] = dims;
    if (type !== "float32" || batch !== 1 || sizes.length < 1 || sizes.length > 2) {
      throw new OnnxError(
        `Expected the output ${output} of ${this.#path} to be float32 [1, d] or [1, time, d] but ` +
          `found ${type} [${dims}]`,
      );
    }
    return sizes.length === 1 ? data as Float32Array : meanOverTime(data as Float32Array, sizes[1]);
  }

  /** Gives the network's memory back. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function meanOverTime(values: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < values.length; i++) sums[i % width] += values[i];
  return Float32Array.from(sums, (sum) => sum * width / values.length);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
