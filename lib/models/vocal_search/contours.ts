import { loudnessOf, type SoundFrames, weightedMean } from "./sound_frames.ts";

/** Values a frame: loudness, periodicity, pitch, brightness. */
export const CONTOURS = 4;

/**
 * Loudness, periodicity, pitch and brightness frame by frame, each in −1 … 1 and 0 where nothing is
 * heard of it; pitch and brightness from their means, since a voice keeps directions only
 * [shape=(frames · CONTOURS,)].
 *
 * @param loudness What {@linkcode loudnessOf} gives, where that is known.
 */
export function contoursOf(
  frames: SoundFrames,
  loudness: Float32Array = loudnessOf(frames),
): Float32Array {
  const voiced = voicedOf(frames, loudness);
  const pitchMean = weightedMean(frames.pitch, voiced);
  const brightnessMean = weightedMean(frames.brightness, loudness);
  const out = new Float32Array(frames.count * CONTOURS);
  for (let i = 0; i < frames.count; i++) {
    const certain = Math.min(1, 2 * Math.max(0, frames.periodicity[i] - 0.5)) * loudness[i];
    out[i * CONTOURS] = loudness[i];
    out[i * CONTOURS + 1] = frames.periodicity[i] * loudness[i];
    // A voice moves by less than the sounds that it follows: compare directions more than spans.
    out[i * CONTOURS + 2] = certain * Math.tanh(frames.pitch[i] - pitchMean);
    out[i * CONTOURS + 3] = loudness[i] * Math.tanh(frames.brightness[i] - brightnessMean);
  }
  return out;
}

/** How much of a tone each frame is, times its loudness: what its pitch counts. */
export function voicedOf({ periodicity }: SoundFrames, loudness: Float32Array): Float32Array {
  const out = new Float32Array(loudness.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, periodicity[i] - 0.5) * loudness[i];
  return out;
}
