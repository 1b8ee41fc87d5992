import { QvimError } from "../io/errors.ts";
import wavefile from "wavefile";
import { readAtSync } from "../io/bytes.ts";
import { type Allocate, borrow, fresh, giveBack } from "./buffers.ts";

/** A decoded recording, mixed down to one channel. */
export interface MonoAudio {
  /** Samples in −1 … 1 [shape=(n,)]. */
  samples: Float32Array<ArrayBuffer>;
  /** Sample rate in Hz. */
  sampleRate: number;
}

/** Thrown where a file is not a WAV file that can be decoded; the message names the file. */
export class WavError extends QvimError {}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_ALAW = 6;
const FORMAT_MULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;

/** Nothing records at a higher rate; a header that says so is broken. */
const MAX_SAMPLE_RATE = 1_000_000;

/** A data size that streaming writers leave when they could not go back to fill it in. */
const UNKNOWN_SIZE = 0xffffffff;

/** Reads a WAV file and mixes it down; see {@linkcode decodeWav}. */
export function readWav(path: string, allocate?: Allocate): MonoAudio {
  using file = Deno.openSync(path);
  const { isFile, size } = file.statSync();
  if (!isFile) return decodeWav(Deno.readFileSync(path), path, allocate);
  const buffer = borrow(Math.ceil(size / Float32Array.BYTES_PER_ELEMENT));
  const bytes = new FileBytes(buffer.buffer, 0, size);
  const audio = decodeWav(bytes.subarray(0, readAtSync(file, 0, bytes)), path, allocate);
  giveBack(buffer);
  return audio;
}

/** The bytes of a file. The parser takes the samples out with `slice`, which here copies nothing. */
class FileBytes extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

/**
 * Decodes a WAV file to one channel, scaled as libsndfile scales: integers by their full scale
 * (8 bit is unsigned around 128), floats as they are, channels mixed by their mean.
 *
 * Integers of 8, 16, 24 and 32 bit, floats of 32 and 64 bit, A-law and µ-law are read, also where
 * WAVE_FORMAT_EXTENSIBLE wraps them.
 *
 * @param bytes The whole file.
 * @param name What errors call it, usually its path.
 * @param allocate Makes the array for the samples; a fresh one unless given.
 * @throws {WavError} Where the container, the codec or the length is not what it should be.
 */
export function decodeWav(
  bytes: Uint8Array,
  name: string,
  allocate: Allocate = fresh,
): MonoAudio {
  const wav = parseContainer(bytes, name);
  const { numChannels, sampleRate, bitsPerSample } = wav.fmt;
  if (numChannels === 0) throw new WavError(`Expected 1 or more channels but found 0 in ${name}`);
  if (sampleRate === 0 || sampleRate > MAX_SAMPLE_RATE) {
    throw new WavError(
      `Expected a sample rate from 1 to ${MAX_SAMPLE_RATE} Hz but found ${sampleRate} in ${name}`,
    );
  }
  const format = codecOf(wav);
  const read = READERS.get(`${format}:${bitsPerSample}`);
  if (read === undefined) {
    throw new WavError(
      `Expected PCM, float, A-law or µ-law samples but found format ${format} of ` +
        `${bitsPerSample} bit in ${name}`,
    );
  }
  const data = wav.data.samples;
  const frameBytes = numChannels * bitsPerSample / 8;
  const frames = Math.floor(data.length / frameBytes);
  if (frames === 0) throw new WavError(`Expected 1 or more samples but found none in ${name}`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const samples = allocate(frames);
  read(view, samples, numChannels, wav.container !== "RIFX");
  return { samples, sampleRate };
}

// deno-lint-ignore no-explicit-any -- the package types fmt and data as plain objects
type ParsedWave = any;

function parseContainer(bytes: Uint8Array, name: string): ParsedWave {
  if (bytes.length === 0) {
    throw new WavError(`Expected a RIFF/WAVE file but found 0 bytes in ${name}`);
  }
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (!["RIFF", "RIFX", "RF64"].includes(magic)) {
    throw new WavError(
      `Expected a RIFF/WAVE file but found ${JSON.stringify(magic)} in ${name}`,
    );
  }
  const wav: ParsedWave = new wavefile.WaveFile();
  try {
    wav.fromBuffer(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new WavError(`Expected a whole RIFF/WAVE file but found a broken one in ${name}: ${why}`);
  }
  const { chunkSize, samples } = wav.data;
  if (samples.length < chunkSize && chunkSize !== UNKNOWN_SIZE) {
    throw new WavError(
      `Expected ${chunkSize} bytes of samples but found ${samples.length} in ${name}: ` +
        `the file is cut short`,
    );
  }
  return wav;
}

/** The codec's number, looked up in the sub-format where the file is WAVE_FORMAT_EXTENSIBLE. */
function codecOf(wav: ParsedWave): number {
  const { audioFormat, subformat } = wav.fmt;
  return audioFormat === FORMAT_EXTENSIBLE && subformat.length > 0
    ? subformat[0] & 0xffff
    : audioFormat;
}

type Reader = (
  view: DataView,
  out: Float32Array,
  channels: number,
  littleEndian: boolean,
) => void;

/** Makes a reader that averages the channels of each frame. */
function reader(
  bytesPerSample: number,
  scale: number,
  at: (view: DataView, offset: number, littleEndian: boolean) => number,
): Reader {
  return (view, out, channels, littleEndian) => {
    const factor = scale / channels;
    let offset = 0;
    for (let i = 0; i < out.length; i++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        sum += at(view, offset, littleEndian);
        offset += bytesPerSample;
      }
      out[i] = sum * factor;
    }
  };
}

/** 16-bit files are nearly all there is: read through a typed array where the bytes allow it. */
const read16 = reader(2, 1 / 32768, (view, offset, le) => view.getInt16(offset, le));
const read16Mono: Reader = (view, out, channels, littleEndian) => {
  if (channels !== 1 || !littleEndian || view.byteOffset % 2 !== 0) {
    return read16(view, out, channels, littleEndian);
  }
  const samples = new Int16Array(view.buffer, view.byteOffset, out.length);
  for (let i = 0; i < samples.length; i++) out[i] = samples[i] / 32768;
};

function int24(view: DataView, offset: number, littleEndian: boolean): number {
  return littleEndian
    ? view.getUint16(offset, true) | (view.getInt8(offset + 2) << 16)
    : view.getUint16(offset + 1, false) | (view.getInt8(offset) << 16);
}

/** One A-law byte as a 16-bit sample (ITU-T G.711). */
function alaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** One µ-law byte as a 16-bit sample (ITU-T G.711). */
function mulaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -magnitude : magnitude;
}

const READERS = new Map<string, Reader>([
  [`${FORMAT_PCM}:8`, reader(1, 1 / 128, (view, offset) => view.getUint8(offset) - 128)],
  [`${FORMAT_PCM}:16`, read16Mono],
  [`${FORMAT_PCM}:24`, reader(3, 1 / 8388608, int24)],
  [`${FORMAT_PCM}:32`, reader(4, 1 / 2147483648, (view, offset, le) => view.getInt32(offset, le))],
  [`${FORMAT_FLOAT}:32`, reader(4, 1, (view, offset, le) => view.getFloat32(offset, le))],
  [`${FORMAT_FLOAT}:64`, reader(8, 1, (view, offset, le) => view.getFloat64(offset, le))],
  [`${FORMAT_ALAW}:8`, reader(1, 1 / 32768, (view, offset) => alaw(view.getUint8(offset)))],
  [`${FORMAT_MULAW}:8`, reader(1, 1 / 32768, (view, offset) => mulaw(view.getUint8(offset)))],
]);
