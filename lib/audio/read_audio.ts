import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type FetchedPackages, loadPackages } from "../io/fetched_package.ts";
import { type Allocate, fresh } from "./buffers.ts";
import { AudioError, type MonoAudio, type OpenSound, openSound } from "./wav.ts";

/** The compressed formats that are read. */
type Compressed = "FLAC" | "Ogg FLAC" | "Ogg Vorbis" | "Ogg Opus" | "MP3";

const PACKAGES: FetchedPackages = {
  name: "decoders",
  title: "the decoders for compressed sounds (20 MB)",
  manifest: fileURLToPath(new URL("./decoders/", import.meta.url)),
};

/** What is told by a name though it is not read: its beginning, from a place on. */
const UNREAD: [at: number, bytes: string, name: string][] = [
  [4, "ftyp", "an MPEG-4 file (M4A, AAC, MP4)"],
  [0, "\x1aE\xdf\xa3", "a Matroska or WebM file"],
  [0, "0&\xb2u", "a Windows Media file"],
  [0, "#!AMR", "an AMR file"],
  [0, "MThd", "a MIDI file"],
  [0, "wvpk", "a WavPack file"],
  [0, "MAC ", "a Monkey's Audio file"],
  [0, "PK\x03\x04", "a ZIP file"],
  [0, "NIST", "a NIST SPHERE file"],
];

/** Bytes of the beginning that formats are told by. */
const HEAD_BYTES = 4096;
/** Compressed files are decoded whole; larger ones are not sounds of a library. */
const MAX_COMPRESSED = 2 ** 28;

/**
 * Reads a recording and mixes it down to one channel, by its content, whatever its name: WAV in all
 * its kinds, AIFF, AU, CAF; FLAC, Ogg Vorbis, Opus and MP3, whose decoders are fetched when they are
 * first needed.
 *
 * @param path The file.
 * @param allocate Makes the array for the samples; a fresh one unless given.
 * @returns The samples, in −1 … 1 but where floats or decoders overshoot, and their rate.
 * @throws {AudioError} Where it can't be read: the message says what it is, and how to convert it.
 *
 * @example
 * ```ts
 * import { listItems, readAudio } from "qvim";
 *
 * // A FLAC or an MP3 just as well.
 * const { samples, sampleRate } = await readAudio(listItems("data/qvim-mini")[0].path);
 * console.log(`${(samples.length / sampleRate).toFixed(2)} s`);
 * ```
 */
export async function readAudio(path: string, allocate: Allocate = fresh): Promise<MonoAudio> {
  return await Promise.resolve(path).then((path) => readAudioSync(path, allocate));
}

/** As {@linkcode readAudio}, at once. */
export function readAudioSync(path: string, allocate: Allocate = fresh): MonoAudio {
  using sound = openAudio(path);
  return { samples: sound.read(0, Infinity, allocate), sampleRate: sound.sampleRate };
}

/**
 * Opens a recording of any format that {@linkcode readAudio} reads, so that no more of it need be read
 * than what is listened to.
 *
 * @returns What is compressed is decoded first, by another process that is waited for.
 * @throws {AudioError} As {@linkcode readAudio}.
 */
export function openAudio(path: string): OpenSound {
  const sound = openSound(path);
  if (sound.isPlain) return sound;
  sound[Symbol.dispose]();
  return decode(path);
}

/**
 * As {@linkcode readAudio}, for recordings of strangers: what takes longer to decode is given up, and
 * this process goes on meanwhile.
 *
 * @param milliseconds How long decoding may take.
 * @throws {AudioError} Where it can't be read, or takes too long.
 */
export async function readAudioWithin(path: string, milliseconds: number): Promise<MonoAudio> {
  const sound = openSound(path);
  if (sound.isPlain) {
    using plain = sound;
    return { samples: plain.read(0, Infinity, fresh), sampleRate: plain.sampleRate };
  }
  sound[Symbol.dispose]();
  const { format, folder } = prepareDecoding(path);
  const child = decoder(folder, format, path).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const output = await child.output();
  clearTimeout(timer);
  if (output.signal === "SIGKILL") {
    throw new AudioError(
      `Expected ${format} that is decoded within ${
        milliseconds / 1000
      } s but found more in ${path}`,
    );
  }
  using decoded = readDecoded(output, format, path);
  return { samples: decoded.read(0, Infinity, fresh), sampleRate: decoded.sampleRate };
}

function decode(path: string): OpenSound {
  const { format, folder } = prepareDecoding(path);
  return readDecoded(decoder(folder, format, path).outputSync(), format, path);
}

/** What a compressed file is, and where its decoder lies. */
function prepareDecoding(path: string): { format: Compressed; folder: string } {
  const { size } = Deno.statSync(path);
  const head = readHead(path);
  const format = compressedFormat(head);
  if (format === undefined) throw unreadable(head, path);
  if (size > MAX_COMPRESSED) {
    throw new AudioError(
      `Expected ${format} of at most ${MAX_COMPRESSED / 2 ** 20} MB but found ` +
        `${Math.round(size / 2 ** 20)} MB in ${path}: cut it, or convert it to WAV`,
    );
  }
  const folder = loadPackages(PACKAGES, ({ folder }) => {
    Deno.statSync(join(folder, "node_modules", "mpg123-decoder"));
    return folder;
  });
  return { format, folder };
}

/** What the decoding process says before the samples. */
interface DecoderHead {
  sampleRate: number;
  channels: number;
  length: number;
  error?: string;
}

function decoder(folder: string, format: Compressed, path: string): Deno.Command {
  const file = resolve(path);
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--cached-only", "--frozen"],
      ...[
        `--allow-read=${[folder, file].map((it) => it.replaceAll(",", ",,")).join(",")}`,
        "decode.js",
        format,
        file,
      ],
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function readDecoded(
  { success, stdout, stderr }: Deno.CommandOutput,
  format: Compressed,
  path: string,
): OpenSound {
  const end = stdout.indexOf(10);
  if (!success || end < 0) {
    const why = new TextDecoder().decode(stderr).trim().split("\n")[0];
    throw new AudioError(`Expected ${format} but found a broken file in ${path}: ${why}`);
  }
  const told: DecoderHead = JSON.parse(new TextDecoder().decode(stdout.subarray(0, end)));
  const samples = new Float32Array(stdout.slice(end + 1).buffer, 0, told.length);
  // MP3 files often have something else before or behind them, which its decoder passes over.
  if (told.error !== undefined && (format !== "MP3" || samples.length === 0)) {
    throw new AudioError(`Expected ${format} but found a broken file in ${path}: ${told.error}`);
  }
  if (samples.length === 0) {
    throw new AudioError(`Expected 1 or more samples of ${format} but found none in ${path}`);
  }
  return inMemory(samples, told.sampleRate, told.channels);
}

function readHead(path: string): string {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(HEAD_BYTES);
  return latin1(bytes.subarray(0, file.readSync(bytes) ?? 0));
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function compressedFormat(head: string): Compressed | undefined {
  if (head.startsWith("fLaC")) return "FLAC";
  if (head.startsWith("OggS")) {
    if (head.includes("OpusHead")) return "Ogg Opus";
    if (head.includes("\x01vorbis")) return "Ogg Vorbis";
    return head.includes("\x7fFLAC") ? "Ogg FLAC" : undefined;
  }
  // A frame of MPEG audio begins with eleven ones, then its version and layer, none of them "reserved".
  const [first, second = 0] = [head.charCodeAt(0), head.charCodeAt(1)];
  const isFrame = first === 0xff && (second & 0xe0) === 0xe0 && (second & 0x18) !== 0x08 &&
    (second & 0x06) !== 0;
  return head.startsWith("ID3") || isFrame ? "MP3" : undefined;
}

function unreadable(head: string, path: string): AudioError {
  const known = UNREAD.find(([at, bytes]) => head.startsWith(bytes, at))?.[2];
  const found = known ?? (head === "" ? "an empty file" : JSON.stringify(head.slice(0, 4)));
  const advice = known === undefined ? "" : `; convert it: ffmpeg -i ${path} ${path}.wav`;
  return new AudioError(
    `Expected a recording (WAV, FLAC, Ogg, Opus, MP3, AIFF, AU, CAF) but found ${found} in ` +
      `${path}${advice}`,
  );
}

function inMemory(samples: Float32Array, sampleRate: number, channels: number): OpenSound {
  return {
    magic: "",
    isWav: false,
    isPlain: true,
    sampleRate,
    channels,
    frames: samples.length,
    read(start = 0, count = Infinity, allocate = fresh) {
      const part = samples.subarray(start, Math.min(samples.length, start + count));
      const out = allocate(part.length);
      out.set(part);
      return out;
    },
    [Symbol.dispose]: () => {},
  };
}
