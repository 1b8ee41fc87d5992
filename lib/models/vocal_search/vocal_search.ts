import { readHeard, SoundAnalyzer } from "./sound_analyzer.ts";
import { sliceFrames, type SoundFrames } from "./sound_frames.ts";
import type { MonoAudio } from "../../audio/wav.ts";
import { RepresentationModel, type Scorer } from "../../embedding/representation_model.ts";
import type { QVIMModel, Similarities, SoundPaths } from "../../challenge/model.ts";
import { DotProducts } from "../../embedding/dot_products.ts";
import { DISTANCES } from "./distances.ts";
import { durationOf, FeatureExtractor, type SoundFeatures } from "./features.ts";
import { cleanTake } from "./take.ts";
import { SoundEncoder } from "./sound_encoder.ts";
import { addWeighted, fuse, scaleByFirst, scaleOverQueries } from "./fusion.ts";

/** What the parts count in the sum; see `training/README.md` for how they were chosen. */
const CONTOURS_WEIGHT = 1;
const ENCODER_WEIGHT = 1.6;
/** What another system counts whose MRR is two or three times 2DFT's, such as the MN baseline. */
const FUSED_WEIGHT = 0.3;

/**
 * The parts of an item, from its beginning, that a query is compared with; the best counts. People
 * stop when they have made their point: long sounds are seldom imitated to their end.
 */
export const BEGINNINGS = [1, 0.7, 0.5, 0.42, 0.3];
/**
 * What a beginning must be better by than the whole, for each that the parts count, where it leaves the
 * rest of the item out: five chances to be like a query are more than one.
 */
const LEFT_OUT = 2 / 3;
/**
 * What it costs that a query lasts twice as long as what it is compared with, or half as long. A part
 * of the contours.
 */
const TEMPO = 0.5;
/** Beginnings are no shorter than this, in frames: a second. */
const SHORTEST = 100;

/** Which parts of {@linkcode VocalSearch} are used. */
export interface VocalSearchOptions {
  /** Compares contours of loudness, periodicity, pitch and brightness, without any training. */
  contours?: boolean;
  /** Compares embeddings of the trained encoder. */
  encoder?: boolean;
  /**
   * A folder with `item_encoder.onnx` and `query_encoder.onnx`, such as `training/` makes them; the
   * package's own unless given.
   */
  encoders?: string;
  /**
   * Lets the queries of a call correct each other: an item that all of them like counts less. A
   * query's scores then depend on the others in the call.
   */
  queriesAsBatch?: boolean;
  /** Another model whose scores are fused in, such as the MN baseline. */
  fuseWith?: QVIMModel;
}

/** What is heard of a sound, or of its beginning; a part that is switched off is not there. */
export interface SoundView {
  /** What the contours' part compares. */
  features?: SoundFeatures;
  /** What the encoder says, of length 1 [shape=(EMBEDDING,)]. */
  embedding?: Float32Array;
}

/**
 * Finds sounds by imitations of them, in two parts: the contours that a voice can follow, aligned,
 * and an encoder that was trained on sounds and imitations made for it. Each part's scores are scaled
 * by their deviation over the items, for each query by itself, and added.
 *
 * @example
 * ```ts
 * import { listItems, listQueries, toPaths, VocalSearch } from "qvim";
 *
 * const items = toPaths(listItems("data/qvim-mini"));
 * const queries = toPaths(listQueries("data/qvim-mini").slice(0, 2));
 * const scores = await new VocalSearch().computeSimilarities(items, queries);
 * ```
 */
export class VocalSearch extends RepresentationModel<SoundView[], SoundView> {
  /** This module: its `createModel` makes the model in the other processes. */
  protected override readonly workerModule: string = import.meta.url;
  /** What `createModel` is given there. */
  protected override readonly workerOptions: VocalSearchOptions;
  readonly #options: VocalSearchOptions & { contours: boolean; encoder: boolean };
  readonly #analyzer = new SoundAnalyzer();
  readonly #extractor = new FeatureExtractor();
  readonly #encoder?: SoundEncoder;

  /**
   * Makes the model; what it needs is loaded with the first sound.
   *
   * @param options Which parts are used; both of them unless given.
   * @throws {RangeError} Where both parts are switched off.
   * @throws {OnnxError} Where one of the networks is missing.
   */
  constructor(options: VocalSearchOptions = {}) {
    super();
    const { contours = true, encoder = true, encoders } = options;
    if (!contours && !encoder) {
      throw new RangeError("Expected contours or encoder to be switched on but found neither");
    }
    this.#options = { ...options, contours, encoder };
    this.workerOptions = { contours, encoder, encoders };
    if (encoder) this.#encoder = new SoundEncoder(encoders);
  }

  /** The whole of the item, and its beginnings; see {@linkcode BEGINNINGS}. */
  override async embedItem(path: string): Promise<SoundView[]> {
    return await this.embedItemAudio(await readHeard(path));
  }

  /** The whole of the query. */
  override async embedQuery(path: string): Promise<SoundView> {
    return await this.embedQueryAudio(await readHeard(path));
  }

  /** As {@linkcode embedItem}, of a sound in memory. */
  async embedItemAudio(audio: MonoAudio): Promise<SoundView[]> {
    const frames = this.#analyzer.analyzeAudio(audio);
    return await this.#embed("item", frames, viewEnds(frames.count));
  }

  /** As {@linkcode embedQuery}, of a sound in memory. */
  async embedQueryAudio({ samples, sampleRate }: MonoAudio): Promise<SoundView> {
    // A sound that is to be found is as it is; an imitation has passed a microphone.
    const audio = { samples: cleanTake(samples, sampleRate), sampleRate };
    const frames = this.#analyzer.analyzeAudio(audio);
    return (await this.#embed("query", frames, [frames.count]))[0];
  }

  /** Scores as {@linkcode RepresentationModel} does, then fused and corrected where that is asked for. */
  override async computeSimilarities(
    items: SoundPaths,
    queries: SoundPaths,
  ): Promise<Similarities> {
    const { fuseWith, queriesAsBatch } = this.#options;
    let scores = await super.computeSimilarities(items, queries);
    if (fuseWith !== undefined) {
      scores = fuse(scores, await fuseWith.computeSimilarities(items, queries), FUSED_WEIGHT);
    }
    return queriesAsBatch ? scaleOverQueries(scores) : scores;
  }

  /** The features and the embedding of each view, whichever is used. */
  async #embed(kind: "item" | "query", frames: SoundFrames, ends: number[]): Promise<SoundView[]> {
    const embeddings = await this.#encoder?.embed(kind, frames, ends);
    return ends.map((end, view) => ({
      ...this.#options.contours && {
        features: this.#extractor.extract(sliceFrames(frames, 0, end)),
      },
      ...embeddings && { embedding: embeddings[view] },
    }));
  }

  /**
   * Compares by both parts; an item is scored by the best of its views.
   *
   * @param items What {@linkcode embedItem} gave.
   * @param reference The scores are scaled by their mean and deviation over these wholes: those of
   * all items, unless the items are a chosen few of a larger whole that these stand for.
   */
  override async createScorer(
    items: SoundView[][],
    reference: SoundView[] = [],
  ): Promise<Scorer<SoundView>> {
    const { contours, encoder } = this.#options;
    // All wholes first, then all of each length of beginnings.
    const views = [
      ...reference,
      ...BEGINNINGS.flatMap((_, view) => items.map((item) => item[view])),
    ];
    const scaling = reference.length || items.length;
    const leftOut = LEFT_OUT * ((contours ? CONTOURS_WEIGHT : 0) + (encoder ? ENCODER_WEIGHT : 0));
    const features = contours ? views.map((view) => view.features!) : [];
    // Of a short item many beginnings are as long as the one before: the same sound once more.
    const isAgain = features.map((view, i) =>
      i >= reference.length + items.length &&
      durationOf(view) === durationOf(features[i - items.length])
    );
    const products = encoder
      ? await DotProducts.create(views.map((view) => view.embedding!))
      : undefined;
    return {
      score: async (queries) => {
        const cosines = await products?.multiply(queries.map((query) => query.embedding!));
        return queries.map((query, q) => {
          const scores = new Float64Array(views.length);
          if (cosines !== undefined) {
            addWeighted(scores, scaleByFirst(cosines[q], scaling), ENCODER_WEIGHT);
          }
          if (contours) {
            for (const { between, weight } of DISTANCES) {
              const distances = new Float64Array(views.length);
              features.forEach((view, i) =>
                distances[i] = isAgain[i]
                  ? distances[i - items.length]
                  : between(query.features!, view)
              );
              addWeighted(scores, scaleByFirst(distances, scaling), -CONTOURS_WEIGHT * weight);
            }
          }
          const compared = scores.subarray(reference.length);
          for (let i = 0; i < compared.length; i++) {
            compared[i] -= leftOut * (1 - BEGINNINGS[Math.floor(i / items.length)]);
            if (contours) {
              const view = features[reference.length + i];
              compared[i] -= TEMPO * Math.abs(durationOf(query.features!) - durationOf(view));
            }
          }
          return bestView(compared, items.length);
        });
      },
      release: async () => await products?.release(),
    };
  }
}

/** Where the views of an item of so many frames end: see {@linkcode BEGINNINGS}. */
export function viewEnds(count: number): number[] {
  return BEGINNINGS.map((part) => Math.max(Math.min(count, SHORTEST), Math.round(part * count)));
}

/** The best score of each item over its views; all views of one kind stand together. */
function bestView(scores: Float64Array, items: number): Float64Array {
  const best = scores.slice(0, items);
  for (let i = items; i < scores.length; i++) {
    best[i % items] = Math.max(best[i % items], scores[i]);
  }
  return best;
}

/** What a worker builds to embed files. */
export function createModel(options: VocalSearchOptions): VocalSearch {
  return new VocalSearch(options);
}
