import { alignmentCost } from "./alignment.ts";
import { eventsCost } from "./events.ts";
import { FRAMES, type SoundFeatures } from "./features.ts";

/** What the contours' differences count: loudness, periodicity, pitch, brightness. */
const CONTOUR_WEIGHTS = Float32Array.of(1.5, 1, 1.5, 1);
/** How far the alignment may leave the diagonal, in frames: people keep time badly. */
const BAND = Math.round(0.19 * FRAMES);
/** A single odd number should not decide. */
const MAX_DIFFERENCE = 2;

/** How unlike two sounds are, in one respect; 0 for a sound and itself. */
interface Distance {
  between(query: SoundFeatures, item: SoundFeatures): number;
  /** What it counts among the others. */
  weight: number;
}

/** The respects that the contours of two sounds are compared in; the weights sum up to 1. */
export const DISTANCES: Distance[] = [
  {
    between: (query, item) => alignmentCost(query.contours, item.contours, CONTOUR_WEIGHTS, BAND),
    weight: 0.2,
  },
  {
    between: (query, item) =>
      1 - query.modulation.reduce((sum, x, i) => sum + x * item.modulation[i], 0),
    weight: 0.2,
  },
  {
    between: (query, item) =>
      query.statistics.reduce(
        (sum, x, i) => sum + Math.min(MAX_DIFFERENCE, Math.abs(x - item.statistics[i])),
        0,
      ),
    weight: 0.2,
  },
  { between: (query, item) => eventsCost(query.events, item.events), weight: 0.4 },
];
