import { join } from "node:path";
import { openAudio } from "../audio/read_audio.ts";
import { conversion } from "../audio/pcm.ts";
import { AudioError, decodeWav, type MonoAudio } from "../audio/wav.ts";
import { temporaryFolder } from "../io/temporary.ts";

/** Longer recordings are no imitations. */
const MAX_SECONDS = 60;
/** How long that may be decoded, in milliseconds: it takes a small part of it. */
const DECODING = 5000;

/**
 * Decodes what was recorded in the page, or dropped on it.
 *
 * @throws {AudioError} Where it is no recording, or a long one.
 */
export async function decodeUpload(bytes: Uint8Array<ArrayBuffer>): Promise<MonoAudio> {
  const name = "the recording";
  const audio = await decode(bytes, name);
  if (audio.samples.length > MAX_SECONDS * audio.sampleRate) {
    throw new AudioError(`Expected an imitation of at most ${MAX_SECONDS} s but found more`);
  }
  return audio;
}

async function decode(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<MonoAudio> {
  try {
    const isWav = String.fromCharCode(...bytes.subarray(0, 4)) === "RIFF";
    return isWav ? decodeWav(bytes, name) : await decodeFile(bytes, name);
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    // What it is called on the machine that it comes from is not known here.
    throw new AudioError(error.message.replace(conversion(name), "convert it to WAV"));
  }
}

/** Other formats are read from files. */
async function decodeFile(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<MonoAudio> {
  const folder = temporaryFolder("qvim-upload-");
  const path = join(folder, "recording");
  try {
    Deno.writeFileSync(path, bytes);
    // A few bytes can stand for hours of silence.
    using sound = await openAudio(path, MAX_SECONDS + 1, DECODING);
    return { samples: sound.read(), sampleRate: sound.sampleRate };
  } catch (error) {
    if (error instanceof AudioError) throw new AudioError(error.message.replaceAll(path, name));
    throw error;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
