import { alignmentCost } from "./dtw.ts";
import { FRAMES, type SoundFeatures } from "./features.ts";

/** What the contours' differences count: loudness, periodicity, pitch, brightness. */
const CONTOUR_WEIGHTS = Float32Array.of(1.5, 1, 1.5, 1);
/** How far the alignment may leave the diagonal, in frames: people keep time badly. */
const BAND = Math.round(0.19 * FRAMES);
/** A single odd number should not decide. */
const MAX_DIFFERENCE = 2;

/** How unlike two sounds are, in one respect; 0 for a sound and itself. */
type Distance = (query: SoundFeatures, item: SoundFeatures) => number;

/** The respects that the contours of two sounds are compared in. */
export const DISTANCES: Distance[] = [
  (query, item) => alignmentCost(query.contours, item.contours, CONTOUR_WEIGHTS, BAND),
  (query, item) => 1 - query.modulation.reduce((sum, x, i) => sum + x * item.modulation[i], 0),
  (query, item) =>
    query.statistics.reduce(
      (sum, x, i) => sum + Math.min(MAX_DIFFERENCE, Math.abs(x - item.statistics[i])),
      0,
    ),
];
