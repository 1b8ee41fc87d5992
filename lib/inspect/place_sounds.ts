import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { basename, dirname } from "node:path";
import type { SoundPaths } from "../challenge/model.ts";
import { seededRandom } from "../challenge/statistics.ts";
import { type FetchedPackages, loadPackages } from "../io/fetched_package.ts";
import { inspectShort } from "../io/options.ts";
import { startProgress } from "../ui/progress.ts";
import { assertPaths, ListenError } from "./checks.ts";
import { FIRST_SECONDS, openRecording } from "./sounds.ts";

/** What hears sounds as vectors: any `EmbeddingModel`, and `VocalSearch`. */
export interface Embeds {
  /** Hears an item: a vector, or an object (or a list of them) that holds one as `embedding`. */
  embedItem(path: string): unknown;
  /** As {@linkcode Embeds.embedItem}, of a query. */
  embedQuery(path: string): unknown;
}

/** A sound in the map. */
export interface Point {
  name: string;
  kind: "item" | "query";
  /** The folder that it lies in. */
  class: string;
  path: string;
  /** Its place, in 0 … 1 from the left. */
  x: number;
  /** Its place, in 0 … 1 from above. */
  y: number;
}

const UMAP: FetchedPackages = {
  name: "umap",
  title: "the package that draws maps (2 MB)",
  manifest: fileURLToPath(new URL("./umap/", import.meta.url)),
};

/** The part of umap-js that is used here. */
interface UmapPackage {
  UMAP: new (options: { nNeighbors: number; minDist: number; random: () => number }) => {
    initializeFit(data: number[][]): number;
    step(): number;
    getEmbedding(): number[][];
  };
}

/** With fewer sounds there are no neighbours to speak of. */
const LEAST = 4, MOST = 2000;
const NEIGHBORS = 12;
const SEED = 1;
/** Rounds between two looks at the clock. */
const ROUNDS = 25;

/**
 * Hears all sounds and places them in two dimensions, the same ones always in the same places.
 *
 * @throws {ListenError} Where there are too few sounds or too many, a file is gone, or the model gives no vectors of
 * one length.
 */
export async function placeSounds(
  model: Embeds,
  items: SoundPaths,
  queries: SoundPaths,
): Promise<Point[]> {
  if (typeof model?.embedItem !== "function" || typeof model.embedQuery !== "function") {
    throw new ListenError(
      `Expected a model with embedItem and embedQuery but found ${inspectShort(model)}`,
    );
  }
  assertPaths("items", items);
  assertPaths("queries", queries);
  const sounds = [
    ...Object.entries(items).map(([name, path]) => ({ name, path, kind: "item" as const })),
    ...Object.entries(queries).map(([name, path]) => ({ name, path, kind: "query" as const })),
  ];
  if (sounds.length < LEAST || sounds.length > MOST) {
    throw new ListenError(
      `Expected from ${LEAST} to ${MOST} sounds to draw a map of but found ${sounds.length}: ` +
        "embeddingMap(model, { items, queries }) takes those that it is given",
    );
  }
  // Before a model listens to the others.
  for (const { name, path } of sounds) {
    (await openRecording(path, name, FIRST_SECONDS))[Symbol.dispose]();
  }
  const vectors: number[][] = [];
  const progress = startProgress("Listening", { total: sounds.length });
  try {
    for (const { name, path, kind } of sounds) {
      const heard = await (kind === "item" ? model.embedItem(path) : model.embedQuery(path));
      const vector = vectorOf(heard, name);
      if (vector.length !== (vectors[0] ?? vector).length) {
        throw new ListenError(
          `Expected vectors of one length, ${
            vectors[0].length
          }, but found ${vector.length} for ${name}`,
        );
      }
      vectors.push(vector);
      progress.update(vectors.length);
    }
  } finally {
    await progress.finish();
  }
  const places = await layOut(vectors);
  const [x, y] = [0, 1].map((axis) => scale(places.map((place) => place[axis])));
  return sounds.map((sound, i) => ({
    ...sound,
    class: basename(dirname(sound.path)),
    x: x[i],
    y: y[i],
  }));
}

/** UMAP (L. McInnes, J. Healy, J. Melville, 2018). */
async function layOut(vectors: number[][]): Promise<number[][]> {
  const { UMAP: Umap } = loadPackages(UMAP, ({ require }) => require("umap-js") as UmapPackage);
  const umap = new Umap({
    nNeighbors: Math.min(NEIGHBORS, vectors.length - 1),
    minDist: 0.2,
    random: seededRandom(SEED),
  });
  const rounds = umap.initializeFit(vectors);
  const progress = startProgress("Rounds of placing", { total: rounds });
  try {
    for (let round = 1; round <= rounds; round++) {
      umap.step();
      progress.update(round);
      if (round % ROUNDS === 0) await delay(0);
    }
  } finally {
    await progress.finish();
  }
  return umap.getEmbedding();
}

/** Brings values into 0 … 1. */
function scale(values: number[]): number[] {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => most > least ? (value - least) / (most - least) : 0.5);
}

/** The direction of what a model heard: cosines compare directions. */
function vectorOf(heard: unknown, name: string): number[] {
  const first = Array.isArray(heard) && typeof heard[0] === "object" ? heard[0] : heard;
  const inner = (first as { embedding?: unknown } | null)?.embedding ?? first;
  const vector = Array.from((inner ?? []) as ArrayLike<number>);
  if (vector.length === 0 || !vector.every(Number.isFinite)) {
    throw new ListenError(
      `Expected the model to give a vector of finite numbers for ${name} but found ${
        inspectShort(inner)
      }`,
    );
  }
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
  return vector.map((x) => x / norm);
}
