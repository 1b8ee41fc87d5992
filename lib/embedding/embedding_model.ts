import { type Progress, startProgress } from "../ui/progress.ts";
import { DotProducts } from "./dot_products.ts";
import { normalize } from "./cosine.ts";
import { EmbeddingPool } from "./pool.ts";
import type { SoundKind } from "./protocol.ts";
import { QVIMModel, type Similarities, type SoundPaths } from "../challenge/model.ts";

/** Compares queries with a fixed set of items. */
export interface Scorer {
  /**
   * Scores queries against all items.
   *
   * @param queries Embeddings [shape=(q, d)].
   * @returns A score for each item [shape=(q, items)].
   */
  score(queries: Float32Array[]): Promise<Float64Array[]>;
  /** Gives what it holds back. */
  release(): Promise<void>;
}

/** Queries that are scored in one product of matrices. */
const SCORED_TOGETHER = 32;

/**
 * A model that turns each sound into a vector and compares vectors by their cosine.
 *
 * Implement {@linkcode embedItem} and {@linkcode embedQuery}; progress, parallel work and the
 * cosine come with the class. Promises run several at a time; to use further processor cores for
 * JavaScript of your own as well, put the class into a module and set {@linkcode workerModule}.
 *
 * @example
 * ```ts
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
export abstract class EmbeddingModel extends QVIMModel {
  /**
   * The URL of a module that exports `createModel(options)`, which makes a model that embeds just
   * as this one does; in that module itself, `import.meta.url`. Where it is set, sounds are embedded
   * in further processes as well, one for each further core.
   */
  protected readonly workerModule?: string;
  /** What `createModel` is given in another process; it must survive JSON. */
  protected readonly workerOptions?: unknown;

  /** Embeds the sound of an item: a vector of finite numbers, of one length for all sounds. */
  abstract embedItem(path: string): Float32Array | Promise<Float32Array>;

  /** Embeds the sound of a query, to be compared with those of the items. */
  abstract embedQuery(path: string): Float32Array | Promise<Float32Array>;

  /** How long a query's embedding is, where an item's has that length: the same, mostly. */
  protected queryLength(itemLength: number): number {
    return itemLength;
  }

  /**
   * Makes what compares embeddings: by their cosine, 0 where one is all zeros, unless a model says
   * otherwise.
   *
   * @param items The items' embeddings [shape=(items, d)]; at least one.
   */
  protected async createScorer(items: Float32Array[]): Promise<Scorer> {
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
  override async computeSimilarities(
    items: SoundPaths,
    queries: SoundPaths,
  ): Promise<Similarities> {
    const itemPaths = Object.values(items), queryPaths = Object.values(queries);
    const pool = new EmbeddingPool(
      async (kind, path) => {
        try {
          return await (kind === "item" ? this.embedItem(path) : this.embedQuery(path));
        } catch (error) {
          throw nameSound(error, kind, path);
        }
      },
      itemPaths.length + queryPaths.length,
      this.workerModule === undefined
        ? undefined
        : { module: this.workerModule, options: this.workerOptions },
    );
    try {
      const itemVectors = new Array<Float32Array>(itemPaths.length);
      await this.#embedAll(pool, "item", itemPaths, (vector, i) => {
        itemVectors[i] = vector;
      });
      const rows = await this.#scoreQueries(pool, queryPaths, itemVectors);
      const itemIds = Object.keys(items);
      return Object.fromEntries(
        Object.keys(queries).map((query, q) => [
          query,
          Object.fromEntries(itemIds.map((item, i) => [item, rows[q][i]])),
        ]),
      );
    } finally {
      await pool.close();
    }
  }

  async #scoreQueries(
    pool: EmbeddingPool,
    paths: string[],
    itemVectors: Float32Array[],
  ): Promise<Float64Array[]> {
    if (itemVectors.length === 0) return paths.map(() => new Float64Array());
    const scorer = await this.createScorer(itemVectors);
    const rows = new Array<Float64Array>(paths.length);
    let waiting: { vector: Float32Array; index: number }[] = [];
    const score = async () => {
      const batch = waiting;
      waiting = [];
      const scores = await scorer.score(batch.map(({ vector }) => vector));
      batch.forEach(({ index }, i) => rows[index] = scores[i]);
    };
    try {
      // Queries are scored as soon as a few are there, so that their vectors need not be kept.
      await this.#embedAll(pool, "query", paths, async (vector, index) => {
        const expected = this.queryLength(itemVectors[0].length);
        if (vector.length !== expected) throw lengthError(paths[index], expected, vector.length);
        waiting.push({ vector, index });
        if (waiting.length >= SCORED_TOGETHER) await score();
      });
      if (waiting.length > 0) await score();
    } finally {
      await scorer.release();
    }
    return rows;
  }

  async #embedAll(
    pool: EmbeddingPool,
    kind: SoundKind,
    paths: string[],
    use: (vector: Float32Array, index: number) => void | Promise<void>,
  ): Promise<void> {
    const label = kind === "item" ? "Embedding items" : "Embedding queries";
    const progress: Progress = startProgress(label, { total: paths.length });
    let done = 0, length: number | undefined;
    try {
      await pool.embed(kind, paths, async (embedding, index) => {
        const vector = checkEmbedding(embedding, paths[index]);
        length ??= vector.length;
        if (vector.length !== length) throw lengthError(paths[index], length, vector.length);
        progress.update(++done);
        await use(vector, index);
      });
    } finally {
      await progress.finish();
    }
  }
}

/** An error that says of which sound it is; its own message comes first, and it keeps its class. */
function nameSound(error: unknown, kind: SoundKind, path: string): unknown {
  const where = `(${kind === "item" ? "embedItem" : "embedQuery"} of ${path})`;
  if (!(error instanceof Error)) return new Error(`${String(error)} ${where}`, { cause: error });
  if (!error.message.includes(path)) error.message = `${error.message} ${where}`;
  return error;
}

function lengthError(path: string, expected: number, found: number): TypeError {
  return new TypeError(
    `Expected embeddings of one length, ${expected}, but found ${found} for ${path}`,
  );
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
  const vector = new Float32Array(embedding as ArrayLike<number>);
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
