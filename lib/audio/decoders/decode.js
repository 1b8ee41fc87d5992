// Decodes one recording: deno run decode.js FORMAT FILE START LENGTH HEAD SAMPLES SECONDS
//
// FILE holds it from the byte START on, in LENGTH bytes; HEAD is what comes before them, in
// hexadecimal digits. The mean of the channels goes to the file SAMPLES as float32, so many SECONDS of
// it at most, and a line of JSON to standard output. A process of its own, which may read the one file and
// write the other, and nothing else: files of strangers meet decoders that were made from C.
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { OggVorbisDecoder } from "@wasm-audio-decoders/ogg-vorbis";
import { MPEGDecoder } from "mpg123-decoder";
import { OggOpusDecoder } from "ogg-opus-decoder";

const DECODERS = {
  "FLAC": FLACDecoder,
  "Ogg FLAC": FLACDecoder,
  "Ogg Vorbis": OggVorbisDecoder,
  "Ogg Opus": OggOpusDecoder,
  "MP3": MPEGDecoder,
};
// A few bytes of FLAC can stand for hours of silence: there is an end to what is decoded, and what is
// decoded at a time is little.
const MAX_SAMPLES = 2 ** 29;
const CHUNK = 8192, LEAST_CHUNK = 512, SAMPLES_AT_A_TIME = 2 ** 21;

const [format, path, start, length, head, target, seconds] = Deno.args;
let wanted = Infinity;
const file = Deno.openSync(path);
const samples = Deno.openSync(target, { write: true });
const told = { sampleRate: 0, channels: 0, length: 0, error: undefined };

function take({ channelData, samplesDecoded, sampleRate, bitDepth, errors = [] }) {
  // MP3 files often have something else before or behind them, which its decoder passes over.
  if (errors.length > 0 && (format !== "MP3" || told.length === 0)) {
    told.error ??= errors[0].message;
  }
  const channels = channelData.length;
  const count = Math.max(0, Math.min(samplesDecoded, channelData[0]?.length ?? 0));
  if (count === 0) return;
  if (told.length > 0 && (sampleRate !== told.sampleRate)) {
    told.error ??= `its rate changes from ${told.sampleRate} to ${sampleRate} Hz`;
    return;
  }
  if (format === "MP3") told.error = undefined;
  told.sampleRate = sampleRate;
  wanted = Math.ceil(Number(seconds) * sampleRate);
  told.channels = channels;
  // This decoder of FLAC takes the highest number for 1, where others take the one above it.
  const full = format.endsWith("FLAC") && bitDepth > 0 ? 1 - 2 ** (1 - bitDepth) : 1;
  const mean = new Float32Array(Math.min(count, wanted - told.length));
  for (const channel of channelData) {
    for (let i = 0; i < mean.length; i++) mean[i] += channel[i] * full / channels;
  }
  const bytes = new Uint8Array(mean.buffer);
  for (let done = 0; done < bytes.length;) done += samples.writeSync(bytes.subarray(done));
  told.length += mean.length;
  if (told.length > MAX_SAMPLES) {
    const hours = MAX_SAMPLES / sampleRate / 3600;
    told.error ??= `it is longer than ${hours.toFixed(1)} hours`;
  }
}

// What FLAC says of its own length, in 36 bits of its first block, or 0.
let promised = 0;
function readPromise(bytes) {
  if (format !== "FLAC" || bytes.length < 26) return;
  promised = (bytes[21] & 15) * 2 ** 32 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(22);
}

/** Whether there is nothing more to find out. */
const isDone = () => told.length >= wanted || (told.error !== undefined && format !== "MP3") ||
  told.length > MAX_SAMPLES;

const decoder = new DECODERS[format]();
await decoder.ready;
const chunk = new Uint8Array(CHUNK);
file.seekSync(Number(start), Deno.SeekMode.Start);
let left = Number(length), size = CHUNK;
if (head !== "") {
  const bytes = Uint8Array.from(head.match(/../g), (hex) => parseInt(hex, 16));
  readPromise(bytes);
  take(await decoder.decode(bytes));
}
while (left > 0 && !isDone()) {
  const count = file.readSync(chunk.subarray(0, Math.min(size, left)));
  if (count === null) break;
  if (left === Number(length) && head === "") readPromise(chunk.subarray(0, count));
  left -= count;
  const before = told.length;
  take(await decoder.decode(chunk.slice(0, count)));
  const each = (told.length - before) / count;
  size = Math.max(LEAST_CHUNK, Math.min(CHUNK, Math.floor(SAMPLES_AT_A_TIME / (each + 1))));
}
if (decoder.flush !== undefined && !isDone()) take(await decoder.flush());
if (told.length < Math.min(promised, wanted)) {
  told.error ??= `it holds ${told.length} of its ${promised} samples`;
}
console.log(JSON.stringify(told));
// The decoders keep nothing that has to be closed.
Deno.exit(0);
