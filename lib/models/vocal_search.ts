import { SoundAnalyzer } from "../audio/sound_frames.ts";
import { EmbeddingModel, type Scorer } from "../challenge/embedding_model.ts";
import type { QVIMModel, Similarities, SoundPaths } from "../challenge/model.ts";
import { DotProducts } from "../onnx/dot_products.ts";
import { DISTANCES } from "./contours/distances.ts";
import { FeatureExtractor, FEATURES, packFeatures, unpackFeatures } from "./contours/features.ts";
import { SoundEncoder } from "./encoder/sound_encoder.ts";
import { addWeighted, fuse, scaleOverQueries, standardize } from "./fusion.ts";

/** What the parts count in the sum; see `training/README.md` for how they were chosen. */
const CONTOURS_WEIGHT = 1;
const ENCODER_WEIGHT = 2;
const FUSED_WEIGHT = 1;

/** Which parts of {@linkcode VocalSearch} are used. */
export interface VocalSearchOptions {
  /** Compares contours of loudness, periodicity, pitch and brightness, without any training. */
  contours?: boolean;
  /** Compares embeddings of the trained encoder. */
  encoder?: boolean;
  /**
   * Lets the queries of a call correct each other: an item that all of them like counts less. A
   * query's scores then depend on the others in the call.
   */
  queriesAsBatch?: boolean;
  /** Another model whose scores are fused in, such as the MN baseline. */
  fuseWith?: QVIMModel;
}

/**
 * Finds sounds by imitations of them, in two parts: the contours that a voice can follow, aligned,
 * and an encoder that was trained on sounds and imitations made for it. Each part's scores are
 * standardised over the items, for each query by itself, and added.
 *
 * @example
 * ```ts
 * const scores = await new VocalSearch().computeSimilarities(items, queries);
 * ```
 */
export class VocalSearch extends EmbeddingModel {
  protected override readonly workerModule = import.meta.url;
  protected override readonly workerOptions: VocalSearchOptions;
  readonly #options: VocalSearchOptions & { contours: boolean; encoder: boolean };
  readonly #analyzer = new SoundAnalyzer();
  readonly #extractor = new FeatureExtractor();
  readonly #encoder = new SoundEncoder();

  /** @throws {RangeError} Where both parts are switched off. */
  constructor(options: VocalSearchOptions = {}) {
    super();
    const { contours = true, encoder = true } = options;
    if (!contours && !encoder) {
      throw new RangeError("Expected contours or encoder to be switched on but found neither");
    }
    this.#options = { ...options, contours, encoder };
    this.workerOptions = { contours, encoder };
  }

  override embedItem(path: string): Promise<Float32Array> {
    return this.#embed("item", path);
  }

  override embedQuery(path: string): Promise<Float32Array> {
    return this.#embed("query", path);
  }

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

  /** The features and the embedding, whichever is used, one after the other. */
  async #embed(kind: "item" | "query", path: string): Promise<Float32Array> {
    const frames = this.#analyzer.analyzeFile(path);
    const parts: Float32Array[] = [];
    if (this.#options.contours) parts.push(packFeatures(this.#extractor.extract(frames)));
    if (this.#options.encoder) parts.push(await this.#encoder.embed(kind, frames));
    const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      out.set(part, offset);
      offset += part.length;
    }
    return out;
  }

  protected override async createScorer(items: Float32Array[]): Promise<Scorer> {
    const { contours, encoder } = this.#options;
    const offset = contours ? FEATURES : 0;
    const features = contours ? items.map(unpackFeatures) : [];
    const products = encoder
      ? await DotProducts.create(items.map((vector) => vector.subarray(offset)))
      : undefined;
    return {
      with: async (queries) => {
        const cosines = await products?.with(queries.map((vector) => vector.subarray(offset)));
        return queries.map((vector, q) => {
          const scores = new Float64Array(items.length);
          if (cosines !== undefined) addWeighted(scores, standardize(cosines[q]), ENCODER_WEIGHT);
          if (contours) {
            const query = unpackFeatures(vector);
            for (const { between, weight } of DISTANCES) {
              const distances = standardize(features.map((item) => between(query, item)));
              addWeighted(scores, distances, -CONTOURS_WEIGHT * weight);
            }
          }
          return scores;
        });
      },
      release: async () => await products?.release(),
    };
  }
}

/** What a worker builds to embed files. */
export function createModel(options: VocalSearchOptions): VocalSearch {
  return new VocalSearch(options);
}
