import { type Allocate, borrow, giveBack } from "../audio/buffers.ts";
import {
  createFrontEnd,
  type CustomFrontEnd,
  type FrontEnd,
  type FrontEndName,
  type FrontEndOptions,
  isCustom,
  type Tensor,
} from "../audio/front_end.ts";
import { resample } from "../audio/resample.ts";
import { openAudio } from "../audio/read_audio.ts";
import { EmbeddingModel } from "../embedding/embedding_model.ts";
import type { SoundKind } from "../embedding/protocol.ts";
import type { Similarities, SoundPaths } from "../challenge/model.ts";
import { OnnxEncoder, OnnxError } from "../onnx/encoder.ts";

/** What is read beyond the clip, for the resampler's filters. */
const MARGIN_SECONDS = 0.5;

/** The two networks of a dual encoder, and what they listen to. */
export interface OnnxDualEncoderOptions {
  /** The ONNX file that embeds queries: one input, one output `[batch, d]` or `[batch, time, d]`. */
  queryEncoder: string;
  /** The ONNX file that embeds items; it may be the same. */
  itemEncoder: string;
  /** What the networks hear: a name, a name with settings, or a function; EfficientAT's unless given. */
  frontEnd?: FrontEndName | FrontEndOptions | CustomFrontEnd;
  /** The name of the output to take, where the networks have several. */
  output?: string;
  /** Threads that each network may use; those of the machine unless given. */
  threads?: number;
}

/** A network and what it hears. */
interface Ear {
  encoder: OnnxEncoder;
  frontEnd: FrontEnd;
}

/**
 * Two ONNX networks that embed queries and items into one space, compared by cosine. A front end by
 * name runs on all cores; one that is a function runs in this process, as its closure can't be sent.
 *
 * @example
 * ```ts ignore
 * const model = new OnnxDualEncoder({
 *   queryEncoder: "checkpoints/query_encoder.onnx",
 *   itemEncoder: "checkpoints/item_encoder.onnx",
 *   frontEnd: { name: "log-mel", sampleRate: 32000, nFft: 1024, hopLength: 320 },
 * });
 * const scores = await model.computeSimilarities(items, queries);
 * ```
 */
export class OnnxDualEncoder extends EmbeddingModel {
  /** This module: its `createModel` makes the model in the other processes. */
  protected override readonly workerModule: string | undefined = import.meta.url;
  /** What `createModel` is given there. */
  protected override readonly workerOptions: OnnxDualEncoderOptions;
  readonly #options: OnnxDualEncoderOptions;
  readonly #ears = new Map<string, Promise<Ear>>();

  /**
   * Makes the model; its files are opened with the first sound.
   *
   * @param options The networks, and what they listen to.
   * @throws {RangeError} Where there is no such front end, or a setting makes none.
   */
  constructor(options: OnnxDualEncoderOptions) {
    super();
    this.#options = options;
    createFrontEnd(options.frontEnd);
    if (isCustom(options.frontEnd ?? {})) this.workerModule = undefined;
    // There is one process a core: the network need not share itself out any further.
    this.workerOptions = { ...options, threads: 1 };
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
    for (const option of ["queryEncoder", "itemEncoder"] as const) {
      const path = this.#options[option];
      const isFile = await Deno.stat(path).then((info) => info.isFile, () => false);
      if (isFile) continue;
      throw new OnnxError(`Expected ${option} to be an ONNX file but found none at ${path}`);
    }
    return await super.computeSimilarities(items, queries);
  }

  /** The item encoder's output for the file [shape=(d,)]. */
  override embedItem(path: string): Promise<Float32Array> {
    return this.#embed("item", path);
  }

  /** The query encoder's output for the file [shape=(d,)]. */
  override embedQuery(path: string): Promise<Float32Array> {
    return this.#embed("query", path);
  }

  /**
   * What the network for items or queries hears of a file.
   *
   * @param kind Which of the two.
   * @param path The file.
   * @returns The network's input, the batch of 1 included.
   */
  async input(kind: "item" | "query", path: string): Promise<Tensor> {
    const { frontEnd } = await this.#ear(kind);
    return await listen(frontEnd, path, (length) => new Float32Array(length));
  }

  #ear(kind: SoundKind): Promise<Ear> {
    const { itemEncoder, queryEncoder, frontEnd, threads, output } = this.#options;
    const path = kind === "item" ? itemEncoder : queryEncoder;
    let ear = this.#ears.get(path);
    if (ear === undefined) {
      ear = OnnxEncoder.load(path, { threads, output }).then((encoder) => ({
        encoder,
        frontEnd: createFrontEnd(frontEnd, encoder.inputShape),
      }));
      this.#ears.set(path, ear);
    }
    return ear;
  }

  async #embed(kind: SoundKind, path: string): Promise<Float32Array> {
    const { encoder, frontEnd } = await this.#ear(kind);
    const borrowed: Float32Array<ArrayBuffer>[] = [];
    try {
      const input = await listen(frontEnd, path, (length) => {
        const array = borrow(length);
        borrowed.push(array);
        return array;
      });
      const embedding = await encoder.embed(input);
      const bad = embedding.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) return embedding;
      throw new OnnxError(
        `Expected the ${kind} encoder to embed ${path} in finite numbers but found ` +
          `${embedding[bad]} at index ${bad}`,
      );
    } finally {
      borrowed.forEach(giveBack);
    }
  }
}

/** Reads as much of a file as a front end hears, and no more. */
async function listen(frontEnd: FrontEnd, path: string, allocate: Allocate): Promise<Tensor> {
  const { sampleRate: wanted, length = Infinity } = frontEnd;
  const seconds = length / wanted + MARGIN_SECONDS;
  using sound = await openAudio(path, seconds);
  const heard = Math.ceil(seconds * sound.sampleRate);
  const samples = sound.read(0, Math.min(sound.frames, heard), borrow);
  const resampled = resample(samples, sound.sampleRate, wanted, length, borrow);
  try {
    return await frontEnd.compute(resampled, allocate);
  } finally {
    giveBack(samples);
    giveBack(resampled);
  }
}

/** What a worker builds to embed files. */
export function createModel(
  options: OnnxDualEncoderOptions,
): OnnxDualEncoder {
  return new OnnxDualEncoder(options);
}
