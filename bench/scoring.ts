/** Scoring one query against a large library: what a sound designer waits for. */
import { seededRandom } from "../lib/challenge/statistics.ts";
import { CONTOURS } from "../lib/models/vocal_search/contours.ts";
import { EVENT_VALUES } from "../lib/models/vocal_search/events.ts";
import { FRAMES, MODULATION_RATES, STATISTICS } from "../lib/models/vocal_search/features.ts";
import { EMBEDDING } from "../lib/models/vocal_search/sound_encoder.ts";
import {
  BEGINNINGS,
  type SoundView,
  VocalSearch,
} from "../lib/models/vocal_search/vocal_search.ts";

const ITEMS = 10_000;
const QUERIES = 5;

const random = seededRandom(1);
const noise = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
/** Numbers that look like those of a sound with six events, which is more than usual. */
function view(): SoundView {
  const features = {
    contours: noise(FRAMES * CONTOURS),
    modulation: noise(MODULATION_RATES),
    statistics: noise(STATISTICS),
    events: noise(6 * EVENT_VALUES),
  };
  return { features, embedding: noise(EMBEDDING) };
}
const items = Array.from({ length: ITEMS }, () => BEGINNINGS.map(view));
const start = performance.now();
const scorer = await new VocalSearch().createScorer(items);
console.log(`preparing ${ITEMS} items: ${((performance.now() - start) / 1000).toFixed(2)} s`);
for (let k = 0; k < QUERIES; k++) {
  const query = view();
  const from = performance.now();
  await scorer.score([query]);
  console.log(`one query × ${ITEMS} items: ${((performance.now() - from) / 1000).toFixed(2)} s`);
}
await scorer.release();
