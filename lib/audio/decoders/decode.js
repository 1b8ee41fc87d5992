// Decodes one file: deno run decode.js FORMAT FILE. A line of JSON goes to standard output, then the
// mean of the channels as float32. A process of its own, which may read that one file and nothing
// else: files of strangers meet decoders that were made from C.
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
// Seconds of sound that a file may hold: a few bytes of FLAC can stand for hours of silence.
const MAX_SECONDS = 4 * 3600;

const [format, file] = Deno.args;
const decoder = new DECODERS[format]();
await decoder.ready;
const bytes = Deno.readFileSync(file);
const decoded = decoder.decodeFile ? await decoder.decodeFile(bytes) : decoder.decode(bytes);
const { channelData, samplesDecoded, sampleRate, errors = [] } = decoded;
const error = samplesDecoded > MAX_SECONDS * sampleRate
  ? `it is longer than ${MAX_SECONDS / 3600} hours`
  : errors[0]?.message;
const channels = channelData.length;
const samples = new Float32Array(channels > 0 ? channelData[0].length : 0);
for (const channel of channelData) {
  for (let i = 0; i < samples.length; i++) samples[i] += channel[i] / channels;
}
const head = JSON.stringify({ sampleRate, channels, length: samples.length, error });
const out = Deno.stdout.writable.getWriter();
await out.write(new TextEncoder().encode(`${head}\n`));
await out.write(new Uint8Array(samples.buffer));
await out.close();
