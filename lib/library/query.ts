/** What is looked for, and what of it is wrong. */
import { resolve, sep } from "node:path";
import { MAX_CHANNELS } from "../audio/pcm.ts";
import { openAudio } from "../audio/read_audio.ts";
import type { MonoAudio } from "../audio/wav.ts";
import {
  assertOptions,
  inspectShort,
  type Kind,
  number,
  TEXT,
  TEXTS,
  wholeNumber,
} from "../io/options.ts";
import { foldText } from "./files.ts";
import { LibraryError } from "./lancedb.ts";
import { all, holds, isBelow, quote } from "./sql.ts";

/** What is looked for besides the sound. */
export interface SearchOptions {
  /** How many results; 20 unless given. */
  top?: number;
  /** Words, or beginnings of words, that name and folders must all have. */
  text?: string;
  /** The longest sound, in seconds. */
  maxSeconds?: number;
  /** The shortest sound, in seconds. */
  minSeconds?: number;
  /** A folder that the sounds lie below: its path, or its name. */
  folder?: string;
  /** How many channels. */
  channels?: number;
  /** Sounds, by their ids, that are nearer to what is meant. */
  closer?: string[];
  /** Sounds that are not what is meant; they are not shown again. */
  notThis?: string[];
  /** How many of the nearest the whole model scores; 300, or as many as are wanted, unless given. */
  candidates?: number;
}

/** What options have to be. */
const KINDS: Record<keyof SearchOptions, Kind> = {
  ...{ top: wholeNumber(1), candidates: wholeNumber(1), channels: wholeNumber(1, MAX_CHANNELS) },
  ...{ text: TEXT, folder: TEXT, maxSeconds: number(0), minSeconds: number(0) },
  ...{ closer: TEXTS, notThis: TEXTS },
};

/** @throws {LibraryError} Where one of them is something else. */
export function assertSearchOptions(options: SearchOptions): void {
  assertOptions(options, KINDS, LibraryError);
  const wrong = wrongText(options.text);
  if (wrong !== undefined) throw new LibraryError(wrong);
}

/** How much of a recording is listened to, in seconds: a few bytes can stand for hours. */
const LONGEST = 120;

/**
 * Reads what is searched with: of a long recording the beginning.
 *
 * @returns What errors call what was read, beside it.
 * @throws {LibraryError} Where there is no file.
 */
export async function readRecording(path: string): Promise<{ audio: MonoAudio; name: string }> {
  try {
    // A little more shows that there is more.
    using sound = await openAudio(path, LONGEST + 1);
    const { sampleRate, frames } = sound, most = LONGEST * sampleRate;
    const name = frames > most ? `the first ${LONGEST} s of ${path}` : path;
    return { audio: { samples: sound.read(0, most), sampleRate }, name };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new LibraryError(`Expected a recording at ${path} but found no file`);
  }
}

/** @throws {LibraryError} Where these are no samples with their rate, or one of them is no number. */
export function assertRecording(audio: unknown): asserts audio is MonoAudio {
  const { samples, sampleRate } = (audio ?? {}) as Partial<MonoAudio>;
  if (!(samples instanceof Float32Array && wholeNumber(1).holds(sampleRate))) {
    throw new LibraryError(
      "Expected the path of a recording or { samples, sampleRate } but found " +
        inspectShort(audio),
    );
  }
  const wrong = samples.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) {
    throw new LibraryError(
      `Expected samples to be finite numbers but found ${samples[wrong]} at sample ${wrong}`,
    );
  }
}

/** What sounds must be, as a predicate; undefined where all will do. */
export function predicateOf(options: SearchOptions): string | undefined {
  const { text, maxSeconds, minSeconds, folder, channels } = options;
  const length = "(`end` - `start`)";
  return all([
    ...wordsIn(text ?? "").map((word) => holds("words", ` ${word}`)),
    // Lengths are those of whole samples: 3 s is found where 3 s are asked for.
    maxSeconds === undefined ? undefined : `${length} <= ${maxSeconds + 1e-3}`,
    minSeconds === undefined ? undefined : `${length} >= ${minSeconds - 1e-3}`,
    channels === undefined ? undefined : `channels = ${channels}`,
    folder === undefined ? undefined : belowFolder(folder),
  ]);
}

/** Words that are looked for: over thousands, LanceDB ends the program. */
const MOST_WORDS = 100;

/** What is wrong with a text that is looked for: without a word in it, it would find everything. */
export function wrongText(text = ""): string | undefined {
  const { length } = wordsIn(text);
  if (length > MOST_WORDS) {
    return `Expected at most ${MOST_WORDS} words to look for but found ${
      length.toLocaleString("en-US")
    }`;
  }
  if (text.trim() === "" || length > 0) return undefined;
  return `Expected words of letters or digits to look for but found ${JSON.stringify(text)}`;
}

/** The words of a text, as they are looked for: a plural finds the singular as well. */
export function wordsIn(text: string): string[] {
  return foldText(text).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")
    .map((word) => word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word);
}

function belowFolder(folder: string): string {
  const path = resolve(folder);
  const name = folder.replace(/^[\\/]+|[\\/]+$/g, "");
  const named = `contains(path, ${quote(`${sep}${name}${sep}`)})`;
  return `(${isBelow(path)} OR ${named})`;
}
