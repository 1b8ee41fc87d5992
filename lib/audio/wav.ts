import { BEGINNING, foundAt, otherThanFile } from "../io/beginning.ts";
import { latin1, readRestSync } from "../io/bytes.ts";
import { type ByteSource, bytesSource, FileSource } from "./byte_source.ts";
import { type Allocate, fresh } from "./buffers.ts";
import { parseOther } from "./other_containers.ts";
import {
  AudioError,
  checkSound,
  type CompressedPart,
  frameCount,
  type PcmSound,
  readSamples,
} from "./pcm.ts";
import { isRiff, parseRiff } from "./riff.ts";

export { AudioError };

/** A decoded recording, mixed down to one channel. */
export interface MonoAudio {
  /** Samples in −1 … 1 [shape=(n,)]. */
  samples: Float32Array<ArrayBuffer>;
  /** Sample rate in Hz. */
  sampleRate: number;
}

/** Thrown where a file is not a WAV file that can be decoded; the message names the file. */
export class WavError extends AudioError {}

/**
 * Reads a WAV file and mixes it down; see {@linkcode decodeWav}. What else is a sound,
 * {@linkcode readAudio} reads.
 *
 * @param path The file.
 * @param allocate Makes the array for the samples; a fresh one unless given.
 * @throws {WavError} Where it is no WAV file, or a broken one.
 *
 * @example
 * ```ts
 * import { listItems, readWav } from "qvim";
 *
 * const { samples, sampleRate } = readWav(listItems("data/qvim-mini")[0].path);
 * console.log(`${(samples.length / sampleRate).toFixed(2)} s`);
 * ```
 */
export function readWav(path: string, allocate: Allocate = fresh): MonoAudio {
  return asWavError(() => {
    using file = openSound(path);
    if (!file.isWav) throw notWav(file.beginning, path);
    if (file.compressed !== undefined) throw notPlain(file.compressed, path);
    return { samples: file.read(0, Infinity, allocate), sampleRate: file.sampleRate };
  });
}

/**
 * Decodes a WAV file to one channel, scaled as libsndfile scales: integers by their full scale
 * (8 bit is unsigned around 128), floats as they are, channels mixed by their mean.
 *
 * RIFF, RIFX, RF64, BW64 and Wave64 with integers of 8 to 32 bit, floats of 32 and 64 bit, A-law,
 * µ-law, IMA and Microsoft ADPCM are read, also where WAVE_FORMAT_EXTENSIBLE wraps them.
 *
 * @param bytes The whole file.
 * @param name What errors call it, usually its path.
 * @param allocate Makes the array for the samples; a fresh one unless given.
 * @throws {WavError} Where the container, the codec or the length is not what it should be, or a
 * sample is no finite number.
 *
 * @example
 * ```ts
 * import { decodeWav } from "qvim";
 *
 * // One sample of 8 bit, which is unsigned around 128: half of the full scale.
 * const header = new TextEncoder().encode("RIFF\u0026\0\0\0WAVEfmt \x10\0\0\0");
 * const format = [1, 0, 1, 0, 64, 31, 0, 0, 64, 31, 0, 0, 1, 0, 8, 0];
 * const data = [...new TextEncoder().encode("data"), 1, 0, 0, 0, 192, 0];
 * const { samples, sampleRate } = decodeWav(Uint8Array.of(...header, ...format, ...data), "a.wav");
 * if (samples[0] !== 0.5 || sampleRate !== 8000) throw new Error(`${samples[0]} at ${sampleRate}`);
 * ```
 */
export function decodeWav(
  bytes: Uint8Array,
  name: string,
  allocate: Allocate = fresh,
): MonoAudio {
  return asWavError(() => {
    const source = bytesSource(bytes);
    const beginning = beginningOf(source), magic = magicOf(beginning);
    if (!isRiff(magic)) throw notWav(beginning, name);
    const sound = parseSound(source, magic, name)!;
    if (isCompressed(sound)) throw notPlain(sound, name);
    const samples = readSamples(source, sound, name, 0, Infinity, allocate);
    return { samples, sampleRate: sound.sampleRate };
  });
}

/** A file of plain samples that is open, to be read in parts; to be closed with `using`. */
export interface OpenSound extends Disposable {
  /** Its first bytes, a letter each. */
  beginning: string;
  /** Whether it is one of WAV's containers. */
  isWav: boolean;
  /** Whether it holds samples that are read without a further decoder; else the rest is 0. */
  isPlain: boolean;
  /** What a container of plain samples has in their place. */
  compressed?: CompressedPart;
  /** What it is read from: a pipe can't be opened twice. */
  source: ByteSource;
  /** Samples a second. */
  sampleRate: number;
  /** How many channels are mixed into one. */
  channels: number;
  /** How many samples there are. */
  frames: number;
  /** Reads samples from one on, as many as there are or are wanted. */
  read(start?: number, count?: number, allocate?: Allocate): Float32Array<ArrayBuffer>;
}

/**
 * Opens a sound file, so that no more of it need be read than what is listened to.
 *
 * @param path The file.
 * @throws {AudioError} Where it holds plain samples and is broken.
 */
export function openSound(path: string): OpenSound {
  const source = sourceOf(path);
  const close = () => source instanceof FileSource && source.close();
  try {
    const beginning = beginningOf(source), magic = magicOf(beginning);
    const found = parseSound(source, magic, path);
    const isPlain = found !== undefined && !isCompressed(found);
    const compressed = isCompressed(found) ? found : undefined;
    if (isPlain) return soundFrom(source, found, { beginning, name: path, close });
    const none = { isPlain, compressed, sampleRate: 0, channels: 0, frames: 0 };
    const read = () => new Float32Array();
    return { beginning, isWav: isRiff(magic), ...none, source, read, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Samples that lie in a source, as a sound that is open.
 *
 * @param about The first bytes, what errors call it, and what closes it.
 */
export function soundFrom(
  source: ByteSource,
  sound: PcmSound,
  { beginning, name, close }: { beginning: string; name: string; close: () => void },
): OpenSound {
  return {
    beginning,
    isWav: isRiff(magicOf(beginning)),
    isPlain: true,
    source,
    sampleRate: sound.sampleRate,
    channels: sound.channels,
    frames: frameCount(sound),
    read: (start, count, allocate) => readSamples(source, sound, name, start, count, allocate),
    [Symbol.dispose]: close,
  };
}

/** A pipe has no size and no places: it is read whole, and can be opened but once. */
function sourceOf(path: string): ByteSource {
  const info = Deno.statSync(path), found = otherThanFile(info);
  if (found === undefined) return new FileSource(Deno.openSync(path));
  if (!info.isFifo || liesInFolder(path)) {
    throw new AudioError(`Expected a recording but found ${found} at ${path}`);
  }
  using file = Deno.openSync(path);
  return bytesSource(readRestSync(file));
}

/** Whether a pipe has a name: to open it would wait for who writes into it. Standard input has none. */
function liesInFolder(path: string): boolean {
  try {
    Deno.realPathSync(path);
    return true;
  } catch {
    return false;
  }
}

function beginningOf(source: ByteSource): string {
  return latin1(source.read(0, BEGINNING));
}

/** What containers are told by. */
function magicOf(beginning: string): string {
  return beginning.slice(0, 4);
}

/** Finds the samples; `undefined` where the file is of none of the containers. */
function parseSound(
  source: ByteSource,
  magic: string,
  name: string,
): PcmSound | CompressedPart | undefined {
  const sound = isRiff(magic) ? parseRiff(source, magic, name) : parseOther(source, magic, name);
  if (sound !== undefined && !isCompressed(sound)) checkSound(sound, name);
  return sound;
}

function isCompressed(sound: PcmSound | CompressedPart | undefined): sound is CompressedPart {
  return sound !== undefined && "format" in sound;
}

function notPlain({ format }: CompressedPart, name: string): WavError {
  return new WavError(
    `Expected plain samples but found ${format} in ${name}: readAudio() decodes it`,
  );
}

function notWav(beginning: string, name: string): WavError {
  return new WavError(`Expected a RIFF/WAVE file but found ${foundAt(beginning)} in ${name}`);
}

function asWavError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AudioError) || error instanceof WavError) throw error;
    throw new WavError(error.message);
  }
}
