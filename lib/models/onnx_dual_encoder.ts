import { type Allocate, borrow, giveBack } from "../audio/buffers.ts";
import { EFFICIENT_AT, LogMel, type LogMelOptions } from "../audio/mel.ts";
import { resample } from "../audio/resample.ts";
import { openAudio } from "../audio/read_audio.ts";
import { EmbeddingModel } from "../embedding/embedding_model.ts";
import type { Similarities, SoundPaths } from "../challenge/model.ts";
import { OnnxEncoder, OnnxError } from "../onnx/encoder.ts";

/** What is read beyond the clip, for the resampler's filters. */
const MARGIN_SECONDS = 0.5;

/** The two networks of a dual encoder, and what they listen to. */
export interface OnnxDualEncoderOptions {
  /** The ONNX file that embeds queries: `[batch, 1, bands, frames]` → `[batch, d]`. */
  queryEncoder: string;
  /** The ONNX file that embeds items; it may be the same. */
  itemEncoder: string;
  /** The log-mel spectrogram; EfficientAT's unless given. */
  frontEnd?: LogMelOptions;
  /** Threads that each network may use; those of the machine unless given. */
  threads?: number;
}

/**
 * Two ONNX networks that embed queries and items into one space, compared by cosine.
 *
 * @example
 * ```ts ignore
 * const model = new OnnxDualEncoder({
 *   queryEncoder: "checkpoints/query_encoder.onnx",
 *   itemEncoder: "checkpoints/item_encoder.onnx",
 *   frontEnd: { duration: 5 },
 * });
 * const scores = await model.computeSimilarities(items, queries);
 * ```
 */
export class OnnxDualEncoder extends EmbeddingModel {
  /** This module: its `createModel` makes the model in the other processes. */
  protected override readonly workerModule: string = import.meta.url;
  /** What `createModel` is given there. */
  protected override readonly workerOptions: OnnxDualEncoderOptions;
  readonly #options: OnnxDualEncoderOptions;
  readonly #encoders = new Map<string, Promise<OnnxEncoder>>();
  #frontEnd?: LogMel;

  /**
   * Makes the model; its files are opened with the first sound.
   *
   * @param options The networks, and what they listen to.
   */
  constructor(options: OnnxDualEncoderOptions) {
    super();
    this.#options = { ...options, frontEnd: { ...EFFICIENT_AT, ...options.frontEnd } };
    // There is one process a core: the network need not share itself out any further.
    this.workerOptions = { ...this.#options, threads: 1 };
  }

  /**
   * Scores as {@linkcode EmbeddingModel} does; the files of the networks are looked for first.
   *
   * @throws {OnnxError} Where one of them is not there.
   */
  override async computeSimilarities(
    items: SoundPaths,
    queries: SoundPaths,
  ): Promise<Similarities> {
    for (const [option, path] of Object.entries(this.#options)) {
      if (!/Encoder$/.test(option)) continue;
      await Deno.stat(path).catch(() => {
        throw new OnnxError(`Expected ${option} to be an ONNX file but found none at ${path}`);
      });
    }
    return await super.computeSimilarities(items, queries);
  }

  /** The item encoder's output for the file [shape=(d,)]. */
  override embedItem(path: string): Promise<Float32Array> {
    return this.#embed(this.#options.itemEncoder, path);
  }

  /** The query encoder's output for the file [shape=(d,)]. */
  override embedQuery(path: string): Promise<Float32Array> {
    return this.#embed(this.#options.queryEncoder, path);
  }

  /**
   * The log-mel spectrogram of a file.
   *
   * @param allocate Makes the array for the result; a fresh one unless given.
   * @returns Band by band [shape=(bands, frames)].
   */
  logMel(path: string, allocate?: Allocate): Float32Array<ArrayBuffer> {
    using sound = openAudio(path);
    this.#frontEnd ??= new LogMel(this.#options.frontEnd);
    const { sampleRate: wanted, duration } = this.#frontEnd.options;
    const heard = Math.ceil((duration + MARGIN_SECONDS) * sound.sampleRate);
    const samples = sound.read(0, heard, borrow);
    const limit = Math.round(duration * wanted);
    const resampled = resample(samples, sound.sampleRate, wanted, limit, borrow);
    const logMel = this.#frontEnd.compute(resampled, allocate);
    giveBack(samples);
    giveBack(resampled);
    return logMel;
  }

  async #embed(encoderPath: string, path: string): Promise<Float32Array> {
    let encoder = this.#encoders.get(encoderPath);
    if (encoder === undefined) {
      encoder = OnnxEncoder.load(encoderPath, this.#options.threads);
      this.#encoders.set(encoderPath, encoder);
    }
    const logMel = this.logMel(path, borrow);
    try {
      return await (await encoder).embed(logMel, this.#frontEnd!.options.nMels);
    } finally {
      giveBack(logMel);
    }
  }
}

/** What a worker builds to embed files. */
export function createModel(
  options: OnnxDualEncoderOptions,
): OnnxDualEncoder {
  return new OnnxDualEncoder(options);
}
