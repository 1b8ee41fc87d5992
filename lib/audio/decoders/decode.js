// Decodes recordings, one after another, as `../decoder_process.ts` asks for them.
//
// What it is asked and what it answers goes over standard input and output (`Frame` there): it has no
// right to anything, neither file nor network, since files of strangers meet decoders here that were
// made from C. Each recording has a decoder of its own: nothing is left in it of the one before.

// What those say of broken files would go to standard error, which nobody reads before the end.
console.log = console.info = console.warn = console.error = () => {};

// Imported when first needed: the first recording waits for its own decoder alone.
const DECODERS = {
  "FLAC": async () => (await import("@wasm-audio-decoders/flac")).FLACDecoder,
  "Ogg FLAC": async () => (await import("@wasm-audio-decoders/flac")).FLACDecoder,
  "Ogg Vorbis": async () => (await import("@wasm-audio-decoders/ogg-vorbis")).OggVorbisDecoder,
  "Ogg Opus": async () => (await import("ogg-opus-decoder")).OggOpusDecoder,
  "MP3": async () => (await import("mpg123-decoder")).MPEGDecoder,
};
// A few bytes of FLAC can stand for hours of silence: there is an end to what is decoded, and what is
// decoded at a time is little.
const MAX_SAMPLES = 2 ** 29;
const CHUNK = 8192, LEAST_CHUNK = 512, SAMPLES_AT_A_TIME = 2 ** 21;
const FLAC_PADDING = 64;
// What is sent at a time, so that nobody has to hold more.
const PART = 2 ** 16;
// What memory may grow by before what is left of decoders is collected, which takes a while.
const GROWTH = 2 ** 26;
const WANTED = 1, SAMPLES = 2, REPORT = 3;

/** Reads so many bytes of standard input; undefined where it has ended. */
function receive(length) {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const count = Deno.stdin.readSync(bytes.subarray(done));
    if (count === null) return undefined;
    done += count;
  }
  return bytes;
}

function receiveFrame() {
  const head = receive(4);
  return head && receive(new DataView(head.buffer).getUint32(0, true));
}

function send(kind, bytes) {
  const frame = new Uint8Array(8 + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, bytes.length, true);
  frame.set(bytes, 8);
  for (let done = 0; done < frame.length;) done += Deno.stdout.writeSync(frame.subarray(done));
}

/** The next bytes of the recording, so many at most; none at its end. */
function next(count) {
  send(WANTED, new Uint8Array(Uint32Array.of(count).buffer));
  return receiveFrame() ?? Deno.exit(1);
}

async function decode({ format, head, seconds, samples }, told) {
  let wanted = Infinity, gain = 1;
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
    wanted = Math.min(Math.ceil((seconds ?? Infinity) * sampleRate), samples ?? Infinity);
    told.channels = channels;
    // This decoder of FLAC takes the highest number for 1, where others take the one above it.
    const full = format.endsWith("FLAC") && bitDepth > 0 ? 1 - 2 ** (1 - bitDepth) : gain;
    const length = Math.min(count, wanted - told.length);
    for (let start = 0; start < length; start += PART) {
      const mean = new Float32Array(Math.min(PART, length - start));
      for (const channel of channelData) {
        for (let i = 0; i < mean.length; i++) mean[i] += channel[start + i] * full / channels;
      }
      send(SAMPLES, new Uint8Array(mean.buffer));
    }
    told.length += length;
    if (told.length > MAX_SAMPLES) {
      const hours = MAX_SAMPLES / sampleRate / 3600;
      told.error ??= `it is longer than ${hours.toFixed(1)} hours`;
    }
  }
  /** Whether there is nothing more to find out. */
  const isDone = () =>
    told.length >= wanted || (told.error !== undefined && format !== "MP3") ||
    told.length > MAX_SAMPLES;

  const Decoder = await DECODERS[format]().catch((error) => {
    told.isMissing = true;
    throw error;
  });
  const decoder = new Decoder();
  await decoder.ready;
  // Until it has seen the head, the decoder of Vorbis takes what its memory held for the number of
  // channels, and makes so many of them, millions, with every few bytes.
  const channels = decoder._decoder?._channels;
  if (channels?.buf !== undefined) channels.buf[0] = 0;
  let promised, size = LEAST_CHUNK, bytes = head === "" ? undefined : Uint8Array.fromHex(head);
  while (!isDone()) {
    bytes ??= next(size);
    if (bytes.length === 0) break;
    if (promised === undefined) {
      promised = promiseOf(format, bytes);
      gain = gainOf(format, bytes);
      if (!hasItsChannels(format, bytes)) {
        throw new Error("its head names channels that it has not");
      }
    }
    const before = told.length;
    take(await decoder.decode(bytes));
    const each = (told.length - before) / bytes.length;
    size = Math.max(LEAST_CHUNK, Math.min(CHUNK, Math.floor(SAMPLES_AT_A_TIME / (each + 1))));
    bytes = undefined;
  }
  // A last frame of silence of one channel is so short that this parser of FLAC looks for more of it,
  // and then takes it for a part of the frame before. Zeros change no frame's checksum.
  if (format === "FLAC" && !isDone()) take(await decoder.decode(new Uint8Array(FLAC_PADDING)));
  if (decoder.flush !== undefined && !isDone()) take(await decoder.flush());
  if (told.length < Math.min(promised ?? 0, wanted)) {
    told.error ??= `it holds ${told.length} of its ${promised} samples`;
  }
}

/** Where a text stands in the first bytes of a recording: Ogg puts something before it. */
function placeOf(text, bytes) {
  return new TextDecoder("latin1").decode(bytes).indexOf(text);
}

/** What FLAC says of its own length, in 36 bits of its first block, or 0. */
function promiseOf(format, bytes) {
  const at = format.endsWith("FLAC") ? placeOf("fLaC", bytes) + 21 : 0;
  if (at < 21 || at + 5 > bytes.length) return 0;
  return (bytes[at] & 15) * 2 ** 32 +
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 1);
}

/** What a player of Opus multiplies with, as its head says in 256ths of a decibel; the decoder does not. */
function gainOf(format, bytes) {
  const at = format === "Ogg Opus" ? placeOf("OpusHead", bytes) + 16 : 0;
  if (at < 16 || at + 2 > bytes.length) return 1;
  const decibels = new DataView(bytes.buffer, bytes.byteOffset).getInt16(at, true) / 256;
  return 10 ** (decibels / 20);
}

/** Whether the channels of Opus are streams that it has (RFC 7845, section 5.1.1): others would be silent. */
function hasItsChannels(format, bytes) {
  const at = format === "Ogg Opus" ? placeOf("OpusHead", bytes) : -1;
  const channels = bytes[at + 9], family = bytes[at + 18], streams = bytes[at + 19];
  if (at < 0 || family === 0) return true;
  const coupled = bytes[at + 20], map = bytes.subarray(at + 21, at + 21 + channels);
  return streams > 0 && coupled <= streams && map.length === channels &&
    map.every((stream) => stream === 255 || stream < streams + coupled);
}

let collected = Deno.memoryUsage().rss;
while (true) {
  const request = receiveFrame();
  if (request === undefined) Deno.exit(0);
  const told = { sampleRate: 0, channels: 0, length: 0, memory: 0 };
  try {
    await decode(JSON.parse(new TextDecoder().decode(request)), told);
  } catch (error) {
    told.error = String(error?.message ?? error);
  }
  told.memory = Deno.memoryUsage().rss;
  // What decoders leave behind is not counted by the collector, who would let it grow.
  if (told.memory > collected + GROWTH) {
    globalThis.gc();
    collected = told.memory = Deno.memoryUsage().rss;
  }
  send(REPORT, new TextEncoder().encode(JSON.stringify(told)));
}
