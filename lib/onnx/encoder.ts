import ort from "onnxruntime-node";

/** An ONNX network that turns log-mel spectrograms into embeddings. */
export class OnnxEncoder {
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
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
    });
    const { inputNames, outputNames } = session;
    if (inputNames.length !== 1 || outputNames.length !== 1) {
      throw new TypeError(
        `Expected one input and one output in ${path} but found ` +
          `${inputNames.join(", ")} and ${outputNames.join(", ")}`,
      );
    }
    return new OnnxEncoder(session);
  }

  /**
   * Embeds one spectrogram.
   *
   * @param logMel Band by band [shape=(bands, frames)].
   * @returns [shape=(d,)]
   */
  async embed(logMel: Float32Array, bands: number): Promise<Float32Array> {
    const [input] = this.#session.inputNames, [output] = this.#session.outputNames;
    const tensor = new ort.Tensor("float32", logMel, [1, 1, bands, logMel.length / bands]);
    const { [output]: embedding } = await this.#session.run({ [input]: tensor });
    return embedding.data as Float32Array;
  }

  /** Gives the network's memory back. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}
