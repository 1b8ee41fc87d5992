/**
 * What is heard of a sound every 10 ms, from the first audible frame to the last.
 */
export interface SoundFrames {
  count: number;
  /** dB, of any reference. */
  level: Float32Array;
  /** 0 for noise, 1 for a tone. */
  periodicity: Float32Array;
  /** log2 of Hz; of no meaning where periodicity is low. */
  pitch: Float32Array;
  /** The mean of log2 of the bins, weighted by their power. */
  brightness: Float32Array;
  /** Power in each mel band [shape=(count · MEL_BANDS,)]. */
  mel: Float32Array;
}

/** Mel bands of a frame, of equal width on the mel scale from 60 to 8000 Hz. */
export const MEL_BANDS = 64;
/** From one frame to the next. */
export const FRAME_SECONDS = 0.01;

/** Frames this far below the loudest count as silence, in dB. */
export const FLOOR = 45;

/** Loudness in 0 … 1: 0 at the floor below the loudest frame. */
export function loudnessOf({ level }: SoundFrames): Float32Array {
  const peak = peakOf(level), out = new Float32Array(level.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, 1 + (level[i] - peak) / FLOOR);
  return out;
}

/** The mean of `values`, weighted. */
export function weightedMean(values: Float32Array, weights: Float32Array): number {
  let sum = 0, total = 1e-9;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] * weights[i];
    total += weights[i];
  }
  return sum / total;
}

/**
 * Means over each `step` frames; the last frame fills up the last step.
 *
 * @param values Frame by frame [shape=(frames · width,)].
 * @returns Step by step [shape=(⌈frames / step⌉ · width,)].
 */
export function averageSteps(values: Float32Array, width: number, step: number): Float32Array {
  const frames = values.length / width;
  const out = new Float32Array(Math.ceil(frames / step) * width);
  for (let i = 0; i < out.length / width * step; i++) {
    const frame = Math.min(frames - 1, i), target = Math.floor(i / step);
    for (let c = 0; c < width; c++) out[target * width + c] += values[frame * width + c] / step;
  }
  return out;
}

function peakOf(level: Float32Array): number {
  return level.reduce((peak, value) => Math.max(peak, value), -Infinity);
}

/**
 * The level of what counts as silence at the ends: far below the loudest frame, or hardly above the
 * noise that a room and a microphone make, which is taken from the softest tenth of what is no
 * digital silence.
 */
function floorOf(level: Float32Array): number {
  const peak = peakOf(level);
  const heard = level.filter((value) => value > peak - 60).sort();
  const noise = heard[Math.floor(heard.length / 10)];
  return Math.max(peak - FLOOR, Math.min(noise + 8, peak - 20));
}

/** Cuts off what is silent at both ends. */
export function trim(frames: SoundFrames): SoundFrames {
  const floor = floorOf(frames.level);
  return sliceFrames(
    frames,
    frames.level.findIndex((value) => value > floor),
    frames.level.findLastIndex((value) => value > floor) + 1,
  );
}

/** The frames from `first` to before `end`. */
export function sliceFrames(frames: SoundFrames, first: number, end: number): SoundFrames {
  return {
    count: end - first,
    level: frames.level.slice(first, end),
    periodicity: frames.periodicity.slice(first, end),
    pitch: frames.pitch.slice(first, end),
    brightness: frames.brightness.slice(first, end),
    mel: frames.mel.slice(first * MEL_BANDS, end * MEL_BANDS),
  };
}
