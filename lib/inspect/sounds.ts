import { openAudio } from "../audio/read_audio.ts";
import type { MonoAudio, OpenSound } from "../audio/wav.ts";
import { ListenError } from "./checks.ts";

/** What of a recording is opened to see that it can be, in seconds. */
export const FIRST_SECONDS = 1;

/**
 * Opens a recording that somebody has named.
 *
 * @param name What the person calls it; its path unless given.
 * @param seconds How much of it is wanted at most.
 * @throws {ListenError} Where there is no such file.
 * @throws {AudioError} Where it is no recording.
 */
export async function openRecording(
  path: string,
  name?: string,
  seconds?: number,
): Promise<OpenSound> {
  const what = `${name ?? "a recording"} at ${path}`;
  try {
    if (Deno.statSync(path).isDirectory) {
      throw new ListenError(`Expected ${what} but found a folder`);
    }
    return await openAudio(path, seconds);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const why = name === undefined ? "found no file" : "it is not there any more";
      throw new ListenError(`Expected ${what} but ${why}`);
    }
    throw error;
  }
}

/** A sound, or a part of one. */
export interface SoundPart {
  /** What the person calls it. */
  name: string;
  /** Where its file lies. */
  path: string;
  /** Where the part of it that counts begins, in seconds; the whole unless given. */
  start?: number;
  /** Where that part ends. */
  end?: number;
}

/**
 * Reads no more of a sound than is to be heard of it.
 *
 * @param part Where it lies, and the part that counts.
 * @param most How many seconds of that are wanted.
 * @returns The samples, and how many seconds the part, or the whole, would have had.
 * @throws {ListenError} Where its file is gone.
 */
export async function readPart(
  { name, path, start = 0, end = Infinity }: SoundPart,
  most: number,
): Promise<{ audio: MonoAudio; length: number }> {
  using sound = await openRecording(path, name);
  const { sampleRate, frames } = sound;
  // The whole where the file is shorter by now than what was found in it.
  const first = start * sampleRate < frames ? Math.floor(start * sampleRate) : 0;
  const count = Math.max(1, Math.min(frames, Math.ceil(end * sampleRate)) - first);
  const samples = sound.read(first, Math.min(count, Math.ceil(most * sampleRate)));
  return { audio: { samples, sampleRate }, length: count / sampleRate };
}
