import { EmbeddingModel, type Scorer } from "../challenge/embedding_model.ts";
import { mean } from "../challenge/evaluation.ts";
import { alignmentCost } from "./contours/dtw.ts";
import {
  FeatureExtractor,
  FRAMES,
  packFeatures,
  type SoundFeatures,
  unpackFeatures,
} from "./contours/features.ts";

/** What the contours' differences count: loudness, periodicity, pitch, brightness. */
const CONTOUR_WEIGHTS = Float32Array.of(1.5, 1, 1.5, 1);
/** How far the alignment may leave the diagonal, in frames: people keep time badly. */
const BAND = Math.round(0.19 * FRAMES);
/** A single odd number should not decide. */
const MAX_DIFFERENCE = 2;

/** How unlike two sounds are, in one respect; 0 for a sound and itself. */
type Distance = (query: SoundFeatures, item: SoundFeatures) => number;

/** The respects that sounds are compared in; all count alike. */
const DISTANCES: Distance[] = [
  (query, item) => alignmentCost(query.contours, item.contours, CONTOUR_WEIGHTS, BAND),
  (query, item) => 1 - query.modulation.reduce((sum, x, i) => sum + x * item.modulation[i], 0),
  (query, item) =>
    query.statistics.reduce(
      (sum, x, i) => sum + Math.min(MAX_DIFFERENCE, Math.abs(x - item.statistics[i])),
      0,
    ),
];

/**
 * Compares what an imitation keeps of a sound, without any training: the contours of loudness,
 * periodicity, pitch and brightness, aligned by dynamic time warping; the rates at which loudness
 * swells and falls; duration and a few numbers of the whole. What a voice can't keep, absolute pitch
 * and timbre and exact tempo, is taken out before.
 *
 * Each distance is standardised over the items, for each query by itself, and their negative mean is
 * the score: it does not depend on the other queries.
 *
 * @example
 * ```ts
 * const scores = await new Contours().computeSimilarities(items, queries);
 * ```
 */
export class Contours extends EmbeddingModel {
  protected override readonly workerModule = import.meta.url;
  #extractor?: FeatureExtractor;

  /** The features of one file, packed; see {@linkcode SoundFeatures}. */
  override embedItem(path: string): Float32Array {
    this.#extractor ??= new FeatureExtractor();
    return packFeatures(this.#extractor.extract(path));
  }

  /** Queries and items are listened to alike. */
  override embedQuery(path: string): Float32Array {
    return this.embedItem(path);
  }

  protected override createScorer(items: Float32Array[]): Promise<Scorer> {
    const features = items.map(unpackFeatures);
    return Promise.resolve({
      with: (queries) =>
        Promise.resolve(queries.map((query) => scoreItems(unpackFeatures(query), features))),
      release: () => Promise.resolve(),
    });
  }
}

/** What a worker builds to extract features. */
export function createModel(): Contours {
  return new Contours();
}

function scoreItems(query: SoundFeatures, items: SoundFeatures[]): Float64Array {
  const scores = new Float64Array(items.length);
  for (const distance of DISTANCES) {
    const distances = items.map((item) => distance(query, item));
    const center = mean(distances);
    const deviation = Math.sqrt(mean(distances.map((value) => (value - center) ** 2)));
    // Where all items are equally far, this respect says nothing.
    if (deviation < 1e-9) continue;
    distances.forEach((value, i) => scores[i] -= (value - center) / deviation / DISTANCES.length);
  }
  return scores;
}
