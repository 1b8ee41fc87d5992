import { type Progress, startProgress } from "../ui/progress.ts";
import { EmbeddingPool } from "./pool.ts";
import type { SoundKind } from "./protocol.ts";
import { QVIMModel, type Similarities, type SoundPaths } from "../challenge/model.ts";

/** Compares queries with a fixed set of items. */
export interface Scorer<Query = Float32Array> {
  /**
   * Scores queries against all items.
   *
   * @param queries What was heard of them [shape=(q,)].
   * @returns A score for each item [shape=(q, items)].
   */
  score(queries: Query[]): Promise<Float64Array[]>;
  /** Gives what it holds back. */
  release(): Promise<void>;
}

/** Queries that are scored in one product of matrices. */
const SCORED_TOGETHER = 32;

/**
 * A model that listens to each sound once and compares what it heard: representations of any form,
 * as long as they can be cloned (`structuredClone`). {@linkcode EmbeddingModel} is the one for
 * vectors; take this where a sound needs more than one, or something else.
 *
 * Progress and parallel work come with the class. Promises run several at a time; to use further
 * processor cores for JavaScript of your own as well, put the class into a module and set
 * {@linkcode workerModule}.
 *
 * @example
 * ```ts
 * import { readWav, RepresentationModel, type Scorer } from "qvim";
 *
 * class Duration extends RepresentationModel<number> {
 *   embedItem(path: string): number {
 *     const { samples, sampleRate } = readWav(path);
 *     return samples.length / sampleRate;
 *   }
 *   embedQuery(path: string): number {
 *     return this.embedItem(path);
 *   }
 *   createScorer(items: number[]): Promise<Scorer<number>> {
 *     return Promise.resolve({
 *       score: (queries) =>
 *         Promise.resolve(queries.map((query) => Float64Array.from(items, (x) => -Math.abs(x - query)))),
 *       release: () => Promise.resolve(),
 *     });
 *   }
 * }
 * ```
 */
export abstract class RepresentationModel<Item, Query = Item> extends QVIMModel {
  /**
   * The URL of a module that exports `createModel(options)`, which makes a model that embeds just
   * as this one does; in that module itself, `import.meta.url`. Where it is set, sounds are embedded
   * in further processes as well, one for each further core.
   */
  protected readonly workerModule?: string;
  /** What `createModel` is given in another process; it must survive JSON. */
  protected readonly workerOptions?: unknown;

  /** Listens to the sound of an item. */
  abstract embedItem(path: string): Item | Promise<Item>;

  /** Listens to the sound of a query, to be compared with those of the items. */
  abstract embedQuery(path: string): Query | Promise<Query>;

  /**
   * Makes what compares queries with items.
   *
   * @param items What {@linkcode embedItem} gave; at least one.
   */
  protected abstract createScorer(items: Item[]): Promise<Scorer<Query>>;

  /** Looks at what came of an item before it is used; gives it as it is unless a model says more. */
  protected checkItem(item: Item, _path: string): Item {
    return item;
  }

  /** As {@linkcode checkItem}, of a query. */
  protected checkQuery(query: Query, _path: string): Query {
    return query;
  }

  /**
   * Embeds all sounds and scores each query against each item.
   *
   * @throws What the encoders throw, with the file in its message.
   */
  override async computeSimilarities(
    items: SoundPaths,
    queries: SoundPaths,
  ): Promise<Similarities> {
    const itemPaths = Object.values(items), queryPaths = Object.values(queries);
    const pool = new EmbeddingPool<Item | Query>(
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
      const heard = new Array<Item>(itemPaths.length);
      await this.#embedAll(pool, "item", itemPaths, (item, i) => {
        heard[i] = this.checkItem(item as Item, itemPaths[i]);
      });
      const rows = await this.#scoreQueries(pool, queryPaths, heard);
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
    pool: EmbeddingPool<Item | Query>,
    paths: string[],
    items: Item[],
  ): Promise<Float64Array[]> {
    if (items.length === 0) return paths.map(() => new Float64Array());
    const scorer = await this.createScorer(items);
    const rows = new Array<Float64Array>(paths.length);
    let waiting: { heard: Query; index: number }[] = [];
    const score = async () => {
      const batch = waiting;
      waiting = [];
      const scores = await scorer.score(batch.map(({ heard }) => heard));
      batch.forEach(({ index }, i) => rows[index] = scores[i]);
    };
    try {
      // Queries are scored as soon as a few are there, so that what was heard need not be kept.
      await this.#embedAll(pool, "query", paths, async (query, index) => {
        waiting.push({ heard: this.checkQuery(query as Query, paths[index]), index });
        if (waiting.length >= SCORED_TOGETHER) await score();
      });
      if (waiting.length > 0) await score();
    } finally {
      await scorer.release();
    }
    return rows;
  }

  async #embedAll(
    pool: EmbeddingPool<Item | Query>,
    kind: SoundKind,
    paths: string[],
    use: (heard: Item | Query, index: number) => void | Promise<void>,
  ): Promise<void> {
    const label = kind === "item" ? "Embedding items" : "Embedding queries";
    const progress: Progress = startProgress(label, { total: paths.length });
    let done = 0;
    try {
      await pool.embed(kind, paths, async (heard, index) => {
        progress.update(++done);
        await use(heard, index);
      });
    } finally {
      await progress.finish();
    }
  }
}

/** Errors that say of which sound they are: one of a model's file may come with several sounds. */
const named = new WeakSet<Error>();

/** An error that says of which sound it is; its own message comes first, and it keeps its class. */
function nameSound(error: unknown, kind: SoundKind, path: string): unknown {
  const where = `(${kind === "item" ? "embedItem" : "embedQuery"} of ${path})`;
  if (!(error instanceof Error)) return new Error(`${String(error)} ${where}`, { cause: error });
  if (named.has(error) || error.message.includes(path)) return error;
  named.add(error);
  const { message, name, stack } = error, whole = `${message} ${where}`.trimStart();
  const head = message === "" ? name : `${name}: ${message}`;
  try {
    error.message = whole;
    // What Jupyter shows of an error is its stack, which begins with the message that it was made with.
    error.stack = stack?.replace(head, () => `${name}: ${whole}`);
    return error;
  } catch {
    // A DOMException, or a frozen error: neither can be changed.
    return new Error(`${name}: ${whole}`, { cause: error });
  }
}
