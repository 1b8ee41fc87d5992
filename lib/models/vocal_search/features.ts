import { RealFft } from "../../audio/fft.ts";
import { FRAME_SECONDS, loudnessOf, type SoundFrames, weightedMean } from "./sound_frames.ts";
import { CONTOURS, contoursOf, voicedOf } from "./contours.ts";
import { EVENT_VALUES, eventsOf, MAX_EVENTS } from "./events.ts";

/** What is followed of a sound over time, and what is said of it as a whole. */
export interface SoundFeatures {
  /**
   * Frame by frame, over a fixed number of frames from the first to the last audible one: loudness,
   * periodicity, pitch, brightness [shape=(FRAMES · CONTOURS,)].
   */
  contours: Float32Array;
  /** How strongly loudness swells and falls at rates up to 16 Hz, of length 1 [shape=(80,)]. */
  modulation: Float32Array;
  /**
   * Of the whole sound, each scaled to a range of about 1: log duration; means of periodicity and
   * brightness; spreads of brightness, pitch and loudness; mean loudness; the temporal centroid; how
   * much of the time loudness rises [shape=(9,)].
   */
  statistics: Float32Array;
  /** What happens in it, one event after another; see {@linkcode eventsOf}. */
  events: Float32Array;
}

/** Frames that every sound is stretched to: imitations keep order better than tempo. */
export const FRAMES = 64;

/** Numbers that are said of a sound as a whole. */
export const STATISTICS = 9;
/** Frames of loudness, from the beginning, that rates are measured in: 5.12 s. */
const MODULATION_FRAMES = 512;
/** Rates that the modulation is given at. */
export const MODULATION_RATES = 80;
/** Where the parts of packed features begin; the number of events stands before the events. */
const COUNT_AT = FRAMES * CONTOURS + MODULATION_RATES + STATISTICS;
/** Numbers of packed features. */
export const PACKED_FEATURES = COUNT_AT + 1 + MAX_EVENTS * EVENT_VALUES;

/** The features as one vector of fixed length, as a library keeps them [shape=(f,)]. */
export function packFeatures(features: SoundFeatures): Float32Array {
  const { contours, modulation, statistics, events } = features;
  const out = new Float32Array(PACKED_FEATURES);
  out.set(contours);
  out.set(modulation, FRAMES * CONTOURS);
  out.set(statistics, FRAMES * CONTOURS + MODULATION_RATES);
  out[COUNT_AT] = events.length / EVENT_VALUES;
  out.set(events, COUNT_AT + 1);
  return out;
}

/** The inverse of {@linkcode packFeatures}; the parts are views of the vector. */
export function unpackFeatures(vector: Float32Array): SoundFeatures {
  let offset = 0;
  const take = (length: number) => vector.subarray(offset, offset += length);
  return {
    contours: take(FRAMES * CONTOURS),
    modulation: take(MODULATION_RATES),
    statistics: take(STATISTICS),
    events: take(1 + vector[COUNT_AT] * EVENT_VALUES).subarray(1),
  };
}

/** How long a sound is, from the first audible frame to the last, as log2 of seconds. */
export function durationOf({ statistics }: SoundFeatures): number {
  return statistics[0];
}

/** Makes features of what is heard frame by frame. */
export class FeatureExtractor {
  readonly #modulationFft = new RealFft(MODULATION_FRAMES);

  extract(frames: SoundFrames): SoundFeatures {
    const loudness = loudnessOf(frames);
    const contours = contoursOf(frames, loudness);
    return {
      contours: stretch(contours, CONTOURS),
      modulation: this.#modulationOf(loudness),
      statistics: statisticsOf(frames, loudness),
      events: eventsOf(contours),
    };
  }

  #modulationOf(loudness: Float32Array): Float32Array {
    const count = Math.min(loudness.length, MODULATION_FRAMES);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += loudness[i];
    const mean = sum / count, windowed = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      windowed[i] = (loudness[i] - mean) * (0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / count));
    }
    const spectrum = this.#modulationFft.forward(windowed);
    const magnitudes = Float32Array.from(
      { length: MODULATION_RATES },
      (_, rate) => Math.hypot(spectrum[2 * rate + 2], spectrum[2 * rate + 3]),
    );
    const norm = Math.hypot(...magnitudes) + 1e-9;
    return magnitudes.map((value) => value / norm);
  }
}

/** Stretches rows of `width` values to {@linkcode FRAMES} rows, by straight lines. */
function stretch(values: Float32Array, width: number): Float32Array {
  const count = values.length / width;
  const out = new Float32Array(FRAMES * width);
  for (let frame = 0; frame < FRAMES; frame++) {
    const position = frame * (count - 1) / (FRAMES - 1);
    const first = Math.floor(position), second = Math.min(count - 1, first + 1);
    const part = position - first;
    for (let c = 0; c < width; c++) {
      out[frame * width + c] = (1 - part) * values[first * width + c] +
        part * values[second * width + c];
    }
  }
  return out;
}

function statisticsOf(frames: SoundFrames, loudness: Float32Array): Float32Array {
  const { count, periodicity, pitch, brightness } = frames;
  const ones = new Float32Array(count).fill(1), times = new Float32Array(count);
  let rises = 0;
  for (let i = 0; i < count; i++) {
    times[i] = i / count;
    if (i >= 5 && loudness[i] > loudness[i - 5] + 0.25) rises++;
  }
  return Float32Array.from([
    Math.log2(count * FRAME_SECONDS),
    2 * weightedMean(periodicity, loudness),
    0.5 * weightedMean(brightness, loudness),
    spread(brightness, loudness),
    spread(pitch, voicedOf(frames, loudness)),
    4 * spread(loudness, ones),
    2 * weightedMean(loudness, ones),
    3 * weightedMean(times, loudness),
    6 * rises / count,
  ]);
}

/** The deviation of `values`, weighted. */
function spread(values: Float32Array, weights: Float32Array): number {
  const middle = weightedMean(values, weights), squares = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const difference = values[i] - middle;
    squares[i] = difference * difference;
  }
  return Math.sqrt(weightedMean(squares, weights));
}
