/** Scoring one query against a large library: what a sound designer waits for. */
import type { Scorer } from "../lib/embedding/embedding_model.ts";
import { seededRandom } from "../lib/challenge/statistics.ts";
import { PACKED_EVENTS } from "../lib/models/vocal_search/events.ts";
import { FEATURES } from "../lib/models/vocal_search/features.ts";
import { EMBEDDING } from "../lib/models/vocal_search/sound_encoder.ts";
import { BEGINNINGS, VocalSearch } from "../lib/models/vocal_search/vocal_search.ts";

const ITEMS = 10_000;
const QUERIES = 5;

/** Shows what otherwise only a call with files makes. */
class Shown extends VocalSearch {
  scorer(items: Float32Array[]): Promise<Scorer> {
    return this.createScorer(items);
  }
}

const random = seededRandom(1);
/** Numbers that look like the embedding of a sound with six events, which is more than usual. */
function vector(views = 1): Float32Array {
  const length = FEATURES + EMBEDDING;
  const out = Float32Array.from({ length: views * length }, () => random() - 0.5);
  for (let view = 0; view < views; view++) out[view * length + FEATURES - PACKED_EVENTS] = 6;
  return out;
}
const items = Array.from({ length: ITEMS }, () => vector(BEGINNINGS.length));
const start = performance.now();
const scorer = await new Shown().scorer(items);
console.log(`preparing ${ITEMS} items: ${((performance.now() - start) / 1000).toFixed(2)} s`);
for (let k = 0; k < QUERIES; k++) {
  const query = vector();
  const from = performance.now();
  await scorer.score([query]);
  console.log(`one query × ${ITEMS} items: ${((performance.now() - from) / 1000).toFixed(2)} s`);
}
await scorer.release();
