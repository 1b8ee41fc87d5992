/** Samples as containers hold them, read to one channel. */
import { QvimError } from "../io/errors.ts";
import { plain } from "../io/plain.ts";
import { type Allocate, fresh } from "./buffers.ts";
import { BLOCK_CODINGS, type BlockCoding } from "./block_codings.ts";
import type { ByteSource } from "./byte_source.ts";
import { READERS } from "./sample_readers.ts";

/** Thrown where a file is not a sound that can be decoded; the message names the file. */
export class AudioError extends QvimError {}

/**
 * How a file that is not read becomes one that is, for messages. It is there to be pasted into a shell,
 * and strangers name files: what a shell would do something with is not in it, or quoted.
 */
export function conversion(name: string): string {
  // What begins with a dash would be an option.
  const path = name.startsWith("-") ? `./${name}` : name;
  const isWindows = Deno.build.os === "windows";
  if (plain(path) !== path || (isWindows && /["$`%!^]/.test(path))) {
    return "convert it: ffmpeg -i FILE FILE.wav";
  }
  const quote = (text: string) =>
    isWindows ? `"${text}"` : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return `convert it: ffmpeg -i ${quote(path)} ${quote(`${path}.wav`)}`;
}

/** How samples are written. */
export type Coding = "int" | "unsigned" | "float" | "alaw" | "mulaw" | BlockCoding;

/** Where the samples lie in a file, and how they are written. */
export interface PcmSound {
  /** What the container is called, for messages. */
  container: string;
  /** Samples a second. */
  sampleRate: number;
  channels: number;
  coding: Coding;
  /** Bytes of a sample of one channel; 0 for codings of blocks. */
  sampleBytes: number;
  littleEndian: boolean;
  /** Bytes of a block, and frames in one, for codings of blocks. */
  blockBytes?: number;
  blockFrames?: number;
  /** Where the samples begin, and how many bytes of them there are. */
  start: number;
  length: number;
}

/** Where a container holds what a decoder reads that is no part of this package. */
export interface CompressedPart {
  format: "MP3" | "FLAC";
  /** Where it begins, and how many bytes of it there are. */
  start: number;
  length: number;
  /** What its decoder wants to see before it. */
  head?: Uint8Array;
}

/** Nothing records at a higher rate; a header that says so is broken. */
const MAX_SAMPLE_RATE = 1_000_000;
/** Nothing records more at once. */
export const MAX_CHANNELS = 1024;
/** The longest block of a coding of blocks: theirs have a few hundred bytes for each channel. */
const MAX_BLOCK_BYTES = 2 ** 20;
/** Bytes that are read at a time. */
const READ_BYTES = 2 ** 20;

/**
 * Makes sure that a sound can be read.
 *
 * @param name What errors call it, usually its path.
 * @throws {AudioError} Where a number makes no sense, or there are no samples.
 */
export function checkSound(sound: PcmSound, name: string): void {
  const { channels, sampleRate, coding, sampleBytes } = sound;
  if (!(channels >= 1 && channels <= MAX_CHANNELS)) {
    const expected = channels < 1 ? "1 or more channels" : `at most ${MAX_CHANNELS} channels`;
    throw new AudioError(`Expected ${expected} but found ${channels} in ${name}`);
  }
  if (!(sampleRate >= 1 && sampleRate <= MAX_SAMPLE_RATE && Number.isInteger(sampleRate))) {
    throw new AudioError(
      `Expected a sample rate from 1 to ${MAX_SAMPLE_RATE} Hz but found ${sampleRate} in ${name}`,
    );
  }
  if (!isBlockCoding(coding) && !READERS.has(`${coding}:${sampleBytes}`)) {
    throw new AudioError(
      `Expected samples of 8 to 64 bit but found ${8 * sampleBytes} bit (${coding}) in ${name}`,
    );
  }
  if (isBlockCoding(coding) && channels > BLOCK_CODINGS[coding].maxChannels) {
    throw new AudioError(`Expected 1 channel of GSM but found ${channels} in ${name}`);
  }
  if (!(frameCount(sound) > 0)) {
    throw new AudioError(`Expected 1 or more samples but found none in ${name}`);
  }
}

/** How many samples each channel has. */
export function frameCount(sound: PcmSound): number {
  const { channels, sampleBytes, blockBytes, blockFrames, length } = sound;
  if (!isBlockCoding(sound.coding)) return Math.floor(length / (channels * sampleBytes));
  const whole = Math.floor(length / blockBytes!);
  const rest = BLOCK_CODINGS[sound.coding].frames(length - whole * blockBytes!, channels);
  return whole * blockFrames! + Math.min(rest, blockFrames!);
}

/**
 * Reads samples, the channels mixed by their mean.
 *
 * @param start The first sample that is wanted.
 * @param count How many are wanted at most.
 * @param allocate Makes the array for the samples; a fresh one unless given.
 * @returns Samples, integers scaled by their full scale, floats as they are [shape=(n,)].
 * @throws {AudioError} Where a sample is no finite number of single precision.
 */
export function readSamples(
  source: ByteSource,
  sound: PcmSound,
  name: string,
  start = 0,
  count = Infinity,
  allocate: Allocate = fresh,
): Float32Array<ArrayBuffer> {
  const frames = Math.max(0, Math.min(count, frameCount(sound) - start));
  const out = allocate(frames);
  if (isBlockCoding(sound.coding)) readBlocks(source, sound, start, out);
  else readPlain(source, sound, start, out);
  if (sound.coding === "float") checkFinite(out, start, name);
  return out;
}

/** Whether samples lie in blocks. */
export function isBlockCoding(coding: Coding): coding is BlockCoding {
  return coding in BLOCK_CODINGS;
}

/**
 * How long a coding's blocks are, and how much they hold; nothing where samples lie one by one.
 *
 * @param written What the file says of their length.
 * @throws {AudioError} Where they hold nothing.
 */
export function blocksOf(
  coding: Coding,
  written: number,
  channels: number,
  name: string,
): Partial<PcmSound> {
  if (!isBlockCoding(coding)) return {};
  const reader = BLOCK_CODINGS[coding];
  const blockBytes = reader.bytes?.(channels) ?? written;
  const blockFrames = reader.frames(blockBytes, channels);
  if (blockFrames < 2 || blockBytes > MAX_BLOCK_BYTES) {
    throw new AudioError(
      `Expected blocks that hold samples of ${channels} channels but found blocks of ` +
        `${blockBytes} bytes in ${name}`,
    );
  }
  return { sampleBytes: 0, blockBytes, blockFrames };
}

function readPlain(source: ByteSource, sound: PcmSound, start: number, out: Float32Array): void {
  const { channels, sampleBytes, coding, littleEndian } = sound;
  const read = READERS.get(`${coding}:${sampleBytes}`)!;
  const frameBytes = channels * sampleBytes;
  const step = Math.max(1, Math.floor(READ_BYTES / frameBytes));
  for (let done = 0; done < out.length; done += step) {
    const part = out.subarray(done, done + step);
    const bytes = source.read(sound.start + (start + done) * frameBytes, part.length * frameBytes);
    // A file that shrinks while it is read ends in silence.
    const there = part.subarray(0, Math.floor(bytes.length / frameBytes));
    part.fill(0, there.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    read(view, there, channels, littleEndian);
  }
}

function readBlocks(source: ByteSource, sound: PcmSound, start: number, out: Float32Array): void {
  const { channels, blockBytes, blockFrames, length } = sound;
  const reader = BLOCK_CODINGS[sound.coding as BlockCoding];
  const decode = reader.start();
  const block = new Float32Array(blockFrames!);
  let index = reader.isChained ? 0 : Math.floor(start / blockFrames!);
  for (let done = index * blockFrames! - start; done < out.length; index++) {
    const at = index * blockBytes!;
    const bytes = source.read(sound.start + at, Math.min(blockBytes!, length - at));
    block.fill(0);
    decode(bytes, channels, block);
    const skip = Math.max(0, -done);
    if (skip < block.length) {
      out.set(block.subarray(skip, skip + out.length - Math.max(0, done)), Math.max(0, done));
    }
    done += block.length;
  }
}

function checkFinite(samples: Float32Array, start: number, name: string): void {
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] - samples[i] !== 0) {
      throw new AudioError(
        `Expected samples to be finite numbers of single precision but found ${samples[i]} at ` +
          `sample ${start + i} in ${name}`,
      );
    }
  }
}
