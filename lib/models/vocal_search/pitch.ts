import { SoundAnalyzer } from "./sound_analyzer.ts";
import { FRAME_SECONDS } from "./sound_frames.ts";

/** The pitch of a sound, frame by frame. */
export interface PitchTrack {
  /** From one frame to the next, in seconds. */
  hop: number;
  /** In Hz; of no meaning where periodicity is low [shape=(frames,)]. */
  pitch: Float32Array;
  /** 0 for noise, 1 for a tone [shape=(frames,)]. */
  periodicity: Float32Array;
}

let analyzer: SoundAnalyzer | undefined;

/**
 * Follows the pitch of a sound as `VocalSearch` does: the highest peak of the autocorrelation of each
 * frame of 40 ms, divided by the window's own (P. Boersma, "Accurate short-term analysis of the
 * fundamental frequency and the harmonics-to-noise ratio of a sampled sound", 1993), from 70 to
 * 1000 Hz.
 *
 * @param audio One channel, of any rate; of a longer sound its first ten seconds are heard.
 * @returns From the first audible frame to the last.
 * @throws {RangeError} Where there are no samples.
 *
 * @example
 * ```ts
 * import { pitchTrack } from "qvim";
 *
 * const samples = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(2 * Math.PI * i / 40));
 * const { pitch, periodicity } = pitchTrack({ samples, sampleRate: 8000 });
 * if (Math.abs(pitch[20] - 200) > 2 || periodicity[20] < 0.9) throw new Error(`${pitch[20]} Hz`);
 * ```
 */
export function pitchTrack(audio: { samples: Float32Array; sampleRate: number }): PitchTrack {
  if (audio.samples.length === 0) {
    throw new RangeError("Expected a sound to follow the pitch of but found no samples");
  }
  analyzer ??= new SoundAnalyzer();
  const { pitch, periodicity } = analyzer.analyzeAudio({
    samples: new Float32Array(audio.samples),
    sampleRate: audio.sampleRate,
  });
  return { hop: FRAME_SECONDS, pitch: pitch.map((octaves) => 2 ** octaves), periodicity };
}
