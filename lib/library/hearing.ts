import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { inMemory } from "../audio/sound_source.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { PACKED_FEATURES, packFeatures, unpackFeatures } from "../models/vocal_search/features.ts";
import { EMBEDDING } from "../models/vocal_search/sound_encoder.ts";
import { cleanTake } from "../models/vocal_search/take.ts";
import { BEGINNINGS, type SoundView, VocalSearch } from "../models/vocal_search/vocal_search.ts";
import { cutPieces, WHOLE_SECONDS } from "./pieces.ts";

/**
 * Raised whenever what is heard of a sound changes although the encoder's weights stay: sounds that
 * were heard otherwise can't be compared.
 */
export const FEATURE_VERSION = 5;

/** What is kept of a sound: parallel lists, one entry for the whole and for each beginning. */
export interface Heard {
  /** The encoder's vectors [shape=(views, d)]. */
  vectors: Float32Array[];
  /** What the second pass compares [shape=(views, f)]. */
  features: Float32Array[];
}

/** How much is kept of each sound: as the model that hears has it. */
export interface Shape {
  /** How many vectors: one of the whole, one of each beginning. */
  views: number;
  /** Numbers of a vector. */
  vector: number;
  /** Numbers of the features of a view. */
  features: number;
}

/** That of the present model. */
export const SHAPE: Shape = {
  views: BEGINNINGS.length,
  vector: EMBEDDING,
  features: PACKED_FEATURES,
};

/** Hears sounds as the library keeps them and queries as it compares them, by {@linkcode VocalSearch}. */
export class Hearing {
  readonly #model = new VocalSearch();

  /** Hears a sound that is to be found. */
  async item(audio: MonoAudio): Promise<Heard> {
    return asKept(await this.#model.embedItemAudio(audio));
  }

  /**
   * Hears an imitation; it has one view only, the whole. Of a long recording that is what follows the
   * silence, or the noise of a room, that it begins with: the model hears the first ten seconds.
   */
  async query(audio: MonoAudio): Promise<Heard> {
    return asKept([await this.#model.embedQueryAudio(fromFirstEvent(audio))]);
  }

  /**
   * The model's whole score of each sound for each query, higher for more alike.
   *
   * @param queries What {@linkcode query} heard.
   * @param sounds The sounds that are scored.
   * @param reference Sounds that stand for the whole library: the scores are scaled by their mean
   * and deviation over these, or over all that are scored where there are none.
   * @returns [shape=(queries, sounds)]
   */
  async score(queries: Heard[], sounds: Heard[], reference?: Heard[]): Promise<Float64Array[]> {
    if (sounds.length === 0) return queries.map(() => new Float64Array());
    const scorer = await this.#model.createScorer(
      sounds.map(asHeard),
      reference?.map((sound) => asHeard(sound)[0]),
    );
    try {
      return await scorer.score(queries.map((query) => asHeard(query)[0]));
    } finally {
      await scorer.release();
    }
  }
}

function fromFirstEvent(audio: MonoAudio): MonoAudio {
  const { samples, sampleRate } = audio;
  if (samples.length <= WHOLE_SECONDS * sampleRate) return audio;
  // The click of the button that started it is no event.
  const cleaned = { samples: cleanTake(samples, sampleRate), sampleRate };
  const [first] = cutPieces(inMemory(cleaned));
  const start = Math.floor((first?.start ?? 0) * sampleRate);
  return { samples: cleaned.samples.subarray(start), sampleRate };
}

function asKept(views: SoundView[]): Heard {
  return {
    features: views.map(({ features }) => packFeatures(features!)),
    vectors: views.map(({ embedding }) => embedding!),
  };
}

function asHeard({ features, vectors }: Heard): SoundView[] {
  return vectors.map((embedding, i) => ({ features: unpackFeatures(features[i]), embedding }));
}

let version: string | undefined;

/** What sounds were heard by: changes with the encoder's weights and with the features. */
export function modelVersion(): string {
  if (version === undefined) {
    const hash = createHash("sha256").update(`features ${FEATURE_VERSION}\n`);
    for (const kind of ["item", "query"]) {
      const url = new URL(`../models/vocal_search/${kind}_encoder.onnx`, import.meta.url);
      hash.update(Deno.readFileSync(fileURLToPath(url)));
    }
    version = hash.digest("hex").slice(0, 16);
  }
  return version;
}
