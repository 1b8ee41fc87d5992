import ort from "onnxruntime-node";
import { QvimError } from "../io/errors.ts";

/** Thrown where a network can't be loaded or does not take its input; the message names the file. */
export class OnnxError extends QvimError {}

/** An ONNX network that turns log-mel spectrograms into embeddings. */
export class OnnxEncoder {
  readonly #session: ort.InferenceSession;
  readonly #path: string;

  private constructor(session: ort.InferenceSession, path: string) {
    this.#session = session;
    this.#path = path;
  }

  /**
   * Loads a network with one input `[batch, 1, bands, frames]` and one output `[batch, d]`.
   *
   * @param path The ONNX file.
   * @param threads How many threads one run may use; as many as there are cores unless given.
   * @throws {TypeError} Where it has other inputs or outputs.
   */
  static async load(path: string, threads?: number): Promise<OnnxEncoder> {
    // ONNX Runtime says of a missing file that a protobuf failed.
    await Deno.stat(path);
    const session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: threads ?? navigator.hardwareConcurrency,
      graphOptimizationLevel: "all",
    }).catch((error) => {
      throw new OnnxError(`Expected an ONNX network in ${path} but found: ${firstLine(error)}`);
    });
    const { inputNames, outputNames } = session;
    if (inputNames.length !== 1 || outputNames.length !== 1) {
      throw new TypeError(
        `Expected one input and one output in ${path} but found ` +
          `${inputNames.join(", ")} and ${outputNames.join(", ")}`,
      );
    }
    return new OnnxEncoder(session, path);
  }

  /**
   * Embeds one spectrogram.
   *
   * @param logMel Band by band [shape=(bands, frames)].
   * @returns [shape=(d,)]
   * @throws {OnnxError} Where the network takes another shape.
   */
  async embed(logMel: Float32Array, bands: number): Promise<Float32Array> {
    const [input] = this.#session.inputNames, [output] = this.#session.outputNames;
    const tensor = new ort.Tensor("float32", logMel, [1, 1, bands, logMel.length / bands]);
    const { [output]: embedding } = await this.#session.run({ [input]: tensor }).catch((error) => {
      throw new OnnxError(
        `Expected the input ${input} of ${this.#path} to take the shape [${tensor.dims}], ` +
          `[batch, 1, bands, frames], but found: ${
            firstLine(error)
          }; frontEnd says how many bands ` +
          `and frames there are`,
      );
    });
    return embedding.data as Float32Array;
  }

  /** Gives the network's memory back. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
