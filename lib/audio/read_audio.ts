import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type FetchedPackages, loadPackages } from "../io/fetched_package.ts";
import { type Allocate, fresh } from "./buffers.ts";
import { FileSource } from "./byte_source.ts";
import { type Compressed, findCompressed } from "./compressed_format.ts";
import type { CompressedPart } from "./pcm.ts";
import { AudioError, type MonoAudio, type OpenSound, openSound, soundFrom } from "./wav.ts";

const PACKAGES: FetchedPackages = {
  name: "decoders",
  title: "the decoders for compressed sounds (20 MB)",
  manifest: fileURLToPath(new URL("./decoders/", import.meta.url)),
};

/** Larger compressed files are not sounds of a library; the beginning of one can be heard. */
const MAX_COMPRESSED = 2 ** 28;

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
 * @param seconds How much of it is wanted at most: what is compressed is not decoded any further.
 * @returns What is compressed is decoded first, by another process that is waited for.
 * @throws {AudioError} As {@linkcode readAudio}.
 */
export function openAudio(path: string, seconds = Infinity): OpenSound {
  const sound = openSound(path);
  if (sound.isPlain) return sound;
  sound[Symbol.dispose]();
  using decoding = new Decoding(path, sound.compressed, seconds);
  return decoding.open(decoding.command.outputSync());
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
  using decoding = new Decoding(path, sound.compressed);
  const child = decoding.command.spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const output = await child.output();
  clearTimeout(timer);
  if (output.signal === "SIGKILL") {
    throw new AudioError(
      `Expected ${decoding.format} that is decoded within ${
        milliseconds / 1000
      } s but found more in ${path}`,
    );
  }
  using decoded = decoding.open(output);
  return { samples: decoded.read(0, Infinity, fresh), sampleRate: decoded.sampleRate };
}

/** What the decoding process says of the samples. */
interface DecoderReport {
  sampleRate: number;
  channels: number;
  length: number;
  error?: string;
}

/**
 * A compressed recording, decoded by another process into a file: a long one takes room on the disk,
 * and not in memory.
 */
class Decoding implements Disposable {
  readonly format: Compressed;
  readonly command: Deno.Command;
  readonly #path: string;
  #samples?: string;

  /**
   * @param part Where in the file it lies, where it is not all of it.
   * @param seconds How much is wanted at most.
   * @throws {AudioError} Where there is no decoder for it.
   */
  constructor(path: string, part?: CompressedPart, seconds = Infinity) {
    const { size } = Deno.statSync(path);
    const found = part ?? findCompressed(path, size);
    const { format, start, length, head = new Uint8Array() } = found;
    this.#path = path;
    this.format = format;
    if (seconds === Infinity && length > MAX_COMPRESSED) {
      throw new AudioError(
        `Expected ${format} of at most ${MAX_COMPRESSED / 2 ** 20} MB but found ` +
          `${Math.round(size / 2 ** 20)} MB in ${path}: cut it, or convert it to WAV`,
      );
    }
    const folder = loadPackages(PACKAGES, ({ folder }) => {
      Deno.statSync(join(folder, "node_modules", "mpg123-decoder"));
      return folder;
    });
    const file = resolve(path);
    this.#samples = Deno.makeTempFileSync({ prefix: "qvim-samples-" });
    const paths = (...names: string[]) => names.map((it) => it.replaceAll(",", ",,")).join(",");
    this.command = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--cached-only", "--frozen"],
        `--allow-read=${paths(folder, file)}`,
        `--allow-write=${paths(this.#samples)}`,
        ...["decode.js", format, file, `${start}`, `${length}`, head.toHex()],
        ...[this.#samples, `${seconds}`],
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /**
   * Opens what the process has decoded.
   *
   * @throws {AudioError} Where it could not.
   */
  open({ success, stdout, stderr }: Deno.CommandOutput): OpenSound {
    const { format } = this, path = this.#path;
    const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "";
    if (!success || !line.startsWith("{")) {
      const why = new TextDecoder().decode(stderr).trim().split("\n")[0];
      throw new AudioError(`Expected ${format} but found a broken file in ${path}: ${why}`);
    }
    const { error, length, sampleRate }: DecoderReport = JSON.parse(line);
    if (error !== undefined) {
      throw new AudioError(`Expected ${format} but found a broken file in ${path}: ${error}`);
    }
    if (length === 0) {
      throw new AudioError(`Expected 1 or more samples of ${format} but found none in ${path}`);
    }
    const name = this.#samples!;
    const source = new FileSource(Deno.openSync(name));
    this.#samples = undefined;
    // Where it can be, the name goes at once: nothing then leaves the file behind.
    const isGone = Deno.build.os !== "windows";
    if (isGone) Deno.removeSync(name);
    const close = () => {
      source.close();
      if (!isGone) Deno.removeSync(name);
    };
    const written = { coding: "float", sampleBytes: 4, littleEndian: true, channels: 1 } as const;
    const place = { start: 0, length: 4 * length };
    const sound = { container: format, sampleRate, ...written, ...place };
    return soundFrom(source, sound, { magic: "", name: path, close });
  }

  [Symbol.dispose](): void {
    if (this.#samples !== undefined) Deno.removeSync(this.#samples);
  }
}
