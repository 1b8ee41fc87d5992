import type { MonoAudio, OpenSound } from "./wav.ts";

/** What is read in parts: an open file, or samples in memory. */
export type SoundSource = Pick<OpenSound, "sampleRate" | "frames" | "read">;

/** Below this level nothing is heard: about one step of 16 bit. */
const SILENCE = 4e-5;

/** Whether nothing can be heard in samples. */
export function isSilent(samples: Float32Array): boolean {
  return !samples.some((x) => Math.abs(x) > SILENCE);
}

/** Samples in memory as what is read in parts. */
export function inMemory({ samples, sampleRate }: MonoAudio): SoundSource {
  return {
    sampleRate,
    frames: samples.length,
    read: (start = 0, count = Infinity) => samples.slice(start, start + count),
  };
}

/**
 * Reads a sound from its beginning to its end, however long it is.
 *
 * @param size Samples that are read at a time; the last block may have fewer.
 */
export function* blocksOf(sound: SoundSource, size: number): Generator<Float32Array<ArrayBuffer>> {
  for (let start = 0; start < sound.frames; start += size) yield sound.read(start, size);
}
