import { writeAllSync } from "../io/bytes.ts";
import { nameFile } from "../io/errors.ts";
import { temporaryFile } from "../io/temporary.ts";
import { type Allocate, fresh } from "./buffers.ts";
import { type ByteSource, bytesSource, FileSource } from "./byte_source.ts";
import { findCompressed, OGG_MARKS } from "./compressed_format.ts";
import { decodeApart } from "./decode_apart.ts";
import { oggLinks, pageReader } from "./ogg_links.ts";
import { AudioError, checkSound, type PcmSound } from "./pcm.ts";
import { type MonoAudio, type OpenSound, openSound, soundFrom } from "./wav.ts";

/** Larger compressed files are not sounds of a library; the beginning of one can be heard. */
const MAX_COMPRESSED = 2 ** 28;
/** Recordings that one Ogg file may hold behind each other, and seconds of them that are read. */
const MOST_PARTS = 1000, MOST_SECONDS = 3 * 60 * 60;
/** Decoded samples are held in memory up to so many bytes; more take room on the disk. */
const MOST_HELD = 2 ** 23;

/**
 * Reads a recording and mixes it down to one channel, by its content, whatever its name: WAV in all
 * its kinds, AIFF, AU, CAF, GSM; FLAC, Ogg Vorbis, Opus and MP3, whose decoders are fetched when they are
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
  using sound = await openAudio(path);
  return { samples: sound.read(0, Infinity, allocate), sampleRate: sound.sampleRate };
}

/**
 * Opens a recording of any format that {@linkcode readAudio} reads, so that no more of it need be read
 * than what is listened to.
 *
 * @param seconds How much of it is wanted at most: what is compressed is not decoded any further.
 * @param milliseconds How long decoding may take; without an end unless given, as long as it goes on.
 * @returns What is compressed is decoded first, by another process.
 * @throws {AudioError} As {@linkcode readAudio}, and where decoding takes too long.
 */
export async function openAudio(
  path: string,
  seconds = Infinity,
  milliseconds = Infinity,
): Promise<OpenSound> {
  const sound = openSound(path);
  if (sound.isPlain) return sound;
  using _ = sound;
  const { source } = sound, part = sound.compressed ?? findCompressed(source, path);
  if (seconds === Infinity && part.length > MAX_COMPRESSED) {
    throw new AudioError(
      `Expected ${part.format} of at most ${MAX_COMPRESSED / 2 ** 20} MB but found ` +
        `${Math.round(source.size / 2 ** 20)} MB in ${path}: cut it, or convert it to WAV`,
    );
  }
  return await decode(source, path, part, seconds, milliseconds);
}

async function decode(
  source: ByteSource,
  path: string,
  { format, start, length, head = new Uint8Array() }: ReturnType<typeof findCompressed>,
  seconds: number,
  milliseconds: number,
): Promise<OpenSound> {
  const store = new SampleStore();
  try {
    const parts = partsOf(source, path, { format, start, length });
    const tooMany = (found: string) =>
      new AudioError(
        `Expected at most ${MOST_PARTS} recordings and ${MOST_SECONDS / 3600} hours of ${format} ` +
          `behind each other but found ${found} in ${path}`,
      );
    if (parts.length > MOST_PARTS) throw tooMany("more recordings");
    let sampleRate = 0, frames = 0, spent = 0;
    for (const part of parts) {
      const heard = frames === 0 ? 0 : frames / sampleRate;
      if (heard >= seconds) break;
      if (heard > MOST_SECONDS) throw tooMany("more hours");
      const begun = performance.now();
      const decoded = await decodeApart({
        ...{ format, name: path, head },
        ...{ seconds: seconds - heard, samples: part.samples },
        milliseconds: milliseconds - spent,
        next: part.next,
        take: (samples) => store.add(samples),
      });
      spent += performance.now() - begun;
      if (decoded.length === 0) continue;
      if (frames > 0 && decoded.sampleRate !== sampleRate) {
        throw new AudioError(
          `Expected ${format} of one rate but found ${sampleRate} and ${decoded.sampleRate} Hz in ` +
            `${path}, in recordings that lie behind each other`,
        );
      }
      sampleRate = decoded.sampleRate;
      frames += decoded.length;
    }
    if (frames === 0) {
      throw new AudioError(`Expected 1 or more samples of ${format} but found none in ${path}`);
    }
    return store.open({ container: format, sampleRate }, path);
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/** What a decoder is given of a recording: its bytes, so many at most, and how many samples it has. */
interface Part {
  next(count: number): Uint8Array;
  samples: number | undefined;
}

/** The recordings that lie behind each other in a part of a file. */
function partsOf(
  source: ByteSource,
  path: string,
  { format, start, length }: ReturnType<typeof findCompressed>,
): Part[] {
  if (format === "FLAC" || format === "MP3") {
    let at = start;
    const next = (count: number) => {
      const bytes = source.read(at, Math.min(count, start + length - at));
      at += bytes.length;
      return bytes;
    };
    return [{ next, samples: undefined }];
  }
  const fail = (found: string) =>
    new AudioError(`Expected ${format} but found ${found} in ${path}`);
  return oggLinks(source, start, length, OGG_MARKS[format], MOST_PARTS + 1)
    .map((link) => ({ next: pageReader(source, link, fail), samples: link.samples }));
}

/** Samples of one channel as float32, on their way from a decoder to who listens. */
class SampleStore implements Disposable {
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  /** What there is too much of to be held. */
  #file?: { open: Deno.FsFile; name: string; isGone: boolean };

  add(samples: Uint8Array<ArrayBuffer>): void {
    this.#length += samples.length;
    if (this.#file === undefined && this.#length > MOST_HELD) {
      const name = temporaryFile("qvim-samples-");
      const open = Deno.openSync(name, { read: true, write: true });
      // Where it can be, the name goes at once: nothing then leaves the file behind.
      const isGone = Deno.build.os !== "windows";
      if (isGone) Deno.removeSync(name);
      this.#file = { open, name, isGone };
      this.#write(this.#parts);
      this.#parts = [];
    }
    if (this.#file === undefined) this.#parts.push(samples);
    else this.#write([samples]);
  }

  #write(parts: Uint8Array[]): void {
    const { open, name } = this.#file!;
    try {
      for (const part of parts) writeAllSync(open, part);
    } catch (error) {
      // The system does not say which disk is full.
      throw nameFile(error, name);
    }
  }

  /** What was added, as a sound whose end is the store's. */
  open(about: Pick<PcmSound, "container" | "sampleRate">, path: string): OpenSound {
    const source = this.#file === undefined
      ? bytesSource(joined(this.#parts, this.#length))
      : new FileSource(this.#file.open);
    const written = { coding: "float", sampleBytes: 4, littleEndian: true, channels: 1 } as const;
    const sound = { ...about, ...written, start: 0, length: this.#length };
    checkSound(sound, path);
    const close = () => {
      if (source instanceof FileSource) source.close();
      this.#remove();
    };
    return soundFrom(source, sound, { beginning: "", name: path, close });
  }

  [Symbol.dispose](): void {
    this.#file?.open.close();
    this.#remove();
  }

  #remove(): void {
    if (this.#file?.isGone === false) Deno.removeSync(this.#file.name);
  }
}

function joined(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let done = 0;
  for (const part of parts) {
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}
