import { averageSteps, MEL_BANDS, type SoundFrames } from "./sound_frames.ts";
import { CONTOURS, contoursOf } from "./contours.ts";

/** Rows of the encoder's input that say what is heard: mel bands and contours. */
export const SOUND_ROWS = MEL_BANDS + CONTOURS;
/** Frames of the encoder's input, 20 ms each: longer sounds are heard for their first 4 s. */
export const INPUT_FRAMES = 200;

/** Frames of the analysis in one frame of the input. */
const STEP = 2;
/** Mel values this far below the largest are clipped, in dB. */
const FLOOR = 60;

/**
 * What the encoder hears: log-mel in 0 … 1, where 1 is the loudest value of the clip, and the
 * contours, zeros after the end; then a row for each view of the sound, 1 where it holds sound.
 * `training/features.py` and `training/references.py` compute the same.
 *
 * @param ends Where each view ends, in frames of the analysis: the whole first, then beginnings of it.
 * @returns Row by row [shape=(SOUND_ROWS + ends.length, INPUT_FRAMES)].
 */
export function encoderInput(frames: SoundFrames, ends: number[] = [frames.count]): Float32Array {
  const count = inputFrames(frames.count);
  const out = new Float32Array((SOUND_ROWS + ends.length) * INPUT_FRAMES);
  const mel = averageSteps(frames.mel, MEL_BANDS, STEP)
    .subarray(0, count * MEL_BANDS).map((power) => 10 * Math.log10(power + 1e-9));
  const peak = mel.reduce((peak, value) => Math.max(peak, value), -Infinity);
  const contours = averageSteps(contoursOf(frames), CONTOURS, STEP);
  for (let frame = 0; frame < count; frame++) {
    for (let band = 0; band < MEL_BANDS; band++) {
      const value = 1 + (mel[frame * MEL_BANDS + band] - peak) / FLOOR;
      out[band * INPUT_FRAMES + frame] = Math.min(1, Math.max(0, value));
    }
    for (let c = 0; c < CONTOURS; c++) {
      out[(MEL_BANDS + c) * INPUT_FRAMES + frame] = contours[frame * CONTOURS + c];
    }
  }
  ends.forEach((end, view) => {
    const start = (SOUND_ROWS + view) * INPUT_FRAMES;
    out.fill(1, start, start + inputFrames(end));
  });
  return out;
}

/** How many frames of the input so many of the analysis make. */
function inputFrames(count: number): number {
  return Math.min(INPUT_FRAMES, Math.ceil(count / STEP));
}
