import { averageSteps, MEL_BANDS, type SoundFrames } from "./sound_frames.ts";
import { CONTOURS, contoursOf } from "./contours.ts";

/** Rows of the encoder's input: mel bands, contours, and 1 where there is sound. */
export const ROWS = MEL_BANDS + CONTOURS + 1;
/** Frames of the encoder's input, 20 ms each: longer sounds are heard for their first 4 s. */
export const INPUT_FRAMES = 200;

/** Frames of the analysis in one frame of the input. */
const STEP = 2;
/** Mel values this far below the largest are clipped, in dB. */
const FLOOR = 60;

/**
 * What the encoder hears: log-mel in 0 … 1, where 1 is the loudest value of the clip, and the
 * contours; zeros after the end. `training/features.py` computes the same.
 *
 * @returns Row by row [shape=(ROWS, INPUT_FRAMES)].
 */
export function encoderInput(frames: SoundFrames): Float32Array {
  const count = Math.min(INPUT_FRAMES, Math.ceil(frames.count / STEP));
  const out = new Float32Array(ROWS * INPUT_FRAMES);
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
    out[(ROWS - 1) * INPUT_FRAMES + frame] = 1;
  }
  return out;
}
