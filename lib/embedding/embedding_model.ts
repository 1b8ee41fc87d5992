import { DotProducts } from "./dot_products.ts";
import { normalize } from "./cosine.ts";
import { RepresentationModel, type Scorer } from "./representation_model.ts";
import type { Similarities, SoundPaths } from "../challenge/model.ts";

/**
 * A model that turns each sound into a vector and compares vectors by their cosine.
 *
 * Implement {@linkcode embedItem} and {@linkcode embedQuery}; progress, parallel work and the
 * cosine come with the class. Promises run several at a time; to use further processor cores for
 * JavaScript of your own as well, put the class into a module and set {@linkcode workerModule}.
 *
 * @example
 * ```ts
 * import { EmbeddingModel, readWav } from "qvim";
 *
 * class Loudness extends EmbeddingModel {
 *   embedItem(path: string): Float32Array {
 *     const { samples } = readWav(path);
 *     return Float32Array.from({ length: 8 }, (_, i) => {
 *       const part = samples.subarray(i * samples.length / 8, (i + 1) * samples.length / 8);
 *       return Math.hypot(...part.slice(0, 1000));
 *     });
 *   }
 *   embedQuery(path: string): Float32Array {
 *     return this.embedItem(path);
 *   }
 * }
 * ```
 */
export abstract class EmbeddingModel extends RepresentationModel<Float32Array> {
  /** The length that the first embedding of the call had. */
  #length?: number;

  /** Embeds the sound of an item: a vector of finite numbers, of one length for all sounds. */
  abstract override embedItem(path: string): Float32Array | Promise<Float32Array>;

  /** Embeds the sound of a query, to be compared with those of the items. */
  abstract override embedQuery(path: string): Float32Array | Promise<Float32Array>;

  /**
   * Makes what compares embeddings: by their cosine, 0 where one is all zeros, unless a model says
   * otherwise.
   *
   * @param items The items' embeddings [shape=(items, d)]; at least one.
   */
  protected override async createScorer(items: Float32Array[]): Promise<Scorer> {
    const products = await DotProducts.create(items.map(normalize));
    return {
      score: (queries) => products.multiply(queries.map(normalize)),
      release: () => products.release(),
    };
  }

  /**
   * Embeds all sounds and scores each query against each item.
   *
   * @throws {TypeError} Where an embedding is no vector of finite numbers or has another length than
   * the others; the message names the file.
   */
  override computeSimilarities(items: SoundPaths, queries: SoundPaths): Promise<Similarities> {
    this.#length = undefined;
    return super.computeSimilarities(items, queries);
  }

  /** Makes sure that the embedding is a vector, finite, and as long as the others. */
  protected override checkItem(embedding: Float32Array, path: string): Float32Array {
    const vector = checkEmbedding(embedding, path);
    this.#length ??= vector.length;
    if (vector.length !== this.#length) {
      throw new TypeError(
        `Expected embeddings of one length, ${this.#length}, but found ${vector.length} for ${path}`,
      );
    }
    return vector;
  }

  /** As {@linkcode checkItem}. */
  protected override checkQuery(embedding: Float32Array, path: string): Float32Array {
    return this.checkItem(embedding, path);
  }
}

/** The embedding as a vector of our own, since it may be normalised in place. */
function checkEmbedding(embedding: unknown, path: string): Float32Array {
  const isVector = Array.isArray(embedding) ||
    (ArrayBuffer.isView(embedding) && !(embedding instanceof DataView));
  if (!isVector) {
    throw new TypeError(
      `Expected the embedding of ${path} to be a Float32Array but found ${
        Deno.inspect(embedding, { depth: 0 })
      }`,
    );
  }
  // An array takes what is no number for one: null for 0, and a list of one number for that.
  const values = embedding as ArrayLike<unknown>;
  const looked = Array.isArray(embedding) ? values.length : Math.min(1, values.length);
  let other = 0;
  while (other < looked && typeof values[other] === "number") other++;
  if (other < looked) {
    throw new TypeError(
      `Expected the embedding of ${path} to have nothing but numbers in it but found ` +
        `${Deno.inspect(values[other], { depth: 0 })} at index ${other}`,
    );
  }
  const vector = new Float32Array(values as ArrayLike<number>);
  if (vector.length === 0) {
    throw new TypeError(`Expected the embedding of ${path} to have numbers in it but found none`);
  }
  let bad = 0;
  while (bad < vector.length && Number.isFinite(vector[bad])) bad++;
  if (bad < vector.length) {
    throw new TypeError(
      `Expected the embedding of ${path} to be finite but found ${vector[bad]} at index ${bad}`,
    );
  }
  return vector;
}
