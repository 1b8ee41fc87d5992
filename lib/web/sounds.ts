import { basename, extname } from "node:path";
import { openAudio } from "../audio/read_audio.ts";
import type { OpenSound } from "../audio/wav.ts";

/** What browsers play, by the ending of the name. */
const TYPES: Record<string, string> = {
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".flac": "audio/flac",
  ".ogg": "audio/ogg",
  ".oga": "audio/ogg",
  ".opus": "audio/ogg",
};
/** Codings of WAV files that browsers play: integers and floats, and that which leaves it to later. */
const INTEGERS = 1, FLOATS = 3, EXTENSIBLE = 0xfffe;

/** Bytes from the first to the last but one. */
type Range = [start: number, end: number];

/** The type that a sound is served as: its own where browsers play it, else WAV. */
export function playable(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? "audio/wav";
}

/**
 * Serves a sound to be played, whole or a range of it (RFC 9110, 14); what browsers do not play is
 * turned into a WAV file of 16 bit and one channel.
 *
 * @throws {Deno.errors.NotFound} Where it is not there any more.
 */
export async function serveAudio(path: string, request: Request): Promise<Response> {
  const type = playable(path);
  const isKnown = extname(path).toLowerCase() in TYPES &&
    (type !== "audio/wav" || isPlainWav(path));
  if (isKnown) return await serveFile(path, type, request);
  const sound = await openAudio(path);
  const size = WAV_HEAD + 2 * sound.frames;
  return respond(
    size,
    type,
    request,
    (range) => wavOf(sound, range),
    () => sound[Symbol.dispose](),
  );
}

/**
 * Serves the file as it is, to be kept.
 *
 * @throws {Deno.errors.NotFound} Where it is not there any more.
 */
export async function serveOriginal(path: string, request: Request): Promise<Response> {
  const response = await serveFile(path, "application/octet-stream", request);
  const name = encodeURIComponent(basename(path)).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  response.headers.set("content-disposition", `attachment; filename*=UTF-8''${name}`);
  return response;
}

async function serveFile(path: string, type: string, request: Request): Promise<Response> {
  const { size } = await Deno.stat(path);
  const file = await Deno.open(path);
  const read = ([start, end]: Range) => {
    file.seekSync(start, Deno.SeekMode.Start);
    return file.readable.pipeThrough(limit(end - start));
  };
  return respond(size, type, request, read, () => file.close());
}

/**
 * Answers with the bytes that are asked for.
 *
 * @param read Gives a range of them, and lets go of what they come from when it has been read.
 * @param close Lets go of it where none are read.
 */
function respond(
  size: number,
  type: string,
  request: Request,
  read: (range: Range) => ReadableStream<Uint8Array>,
  close: () => void,
): Response {
  const range = parseRange(request.headers.get("range"), size);
  const headers = new Headers({
    "content-type": type,
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
  });
  if (range === null) {
    close();
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const [start, end] = range ?? [0, size];
  headers.set("content-length", `${end - start}`);
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const isRead = request.method !== "HEAD";
  if (!isRead) close();
  return new Response(isRead ? read([start, end]) : null, {
    status: range === undefined ? 200 : 206,
    headers,
  });
}

/** The first and the last but one byte; `undefined` for all of them, `null` for none. */
export function parseRange(header: string | null, size: number): Range | undefined | null {
  const [, first, last] = header?.match(/^bytes=(\d*)-(\d*)$/) ?? [];
  if (first === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const count = Math.min(size, Number(last));
    return count === 0 ? null : [size - count, size];
  }
  const start = Number(first), end = last === "" ? size : Math.min(size, Number(last) + 1);
  return start < end ? [start, end] : null;
}

/** Lets so many bytes through. */
function limit(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(chunk, controller) {
      if (left > 0) controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) controller.terminate();
    },
  });
}

/** What a WAV file begins with, its descriptions for broadcasters included. */
const HEAD = 4096;

function isPlainWav(path: string): boolean {
  using file = Deno.openSync(path);
  const head = new Uint8Array(HEAD), view = new DataView(head.buffer);
  file.readSync(head);
  const textAt = (at: number) => String.fromCharCode(...head.subarray(at, at + 4));
  if (textAt(0) !== "RIFF") return false;
  let at = 12;
  while (at + 34 <= HEAD && textAt(at) !== "fmt ") {
    const size = view.getUint32(at + 4, true);
    at += 8 + size + size % 2;
  }
  // Where it lies further on, or nowhere, the file is turned into another.
  if (at + 34 > HEAD) return false;
  const given = view.getUint16(at + 8, true), bits = view.getUint16(at + 22, true);
  const coding = given === EXTENSIBLE ? view.getUint16(at + 32, true) : given;
  // Floats of 64 bits are played by no browser.
  return coding === INTEGERS || (coding === FLOATS && bits === 32);
}

const WAV_HEAD = 44;
/** Samples that are turned into bytes at a time. */
const AT_A_TIME = 65536;

/** A range of the WAV file that a sound is turned into; no more of the sound is read than that. */
function wavOf(sound: OpenSound, [start, end]: Range): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream({
    pull(controller) {
      if (at < WAV_HEAD) {
        controller.enqueue(wavHead(sound).subarray(at, end));
        at = Math.min(WAV_HEAD, end);
      } else {
        const first = (at - WAV_HEAD) >> 1, last = Math.ceil((end - WAV_HEAD) / 2);
        const samples = sound.read(first, Math.min(AT_A_TIME, last - first));
        const bytes = new Uint8Array(2 * samples.length), view = new DataView(bytes.buffer);
        samples.forEach((x, i) => view.setInt16(2 * i, Math.max(-1, Math.min(1, x)) * 32767, true));
        // A range may begin and end within a sample.
        const skipped = (at - WAV_HEAD) % 2;
        const part = bytes.subarray(skipped, skipped + end - at);
        controller.enqueue(part);
        at += part.length;
      }
      if (at < end) return;
      sound[Symbol.dispose]();
      controller.close();
    },
    cancel: () => sound[Symbol.dispose](),
  });
}

function wavHead({ frames, sampleRate }: OpenSound): Uint8Array {
  const bytes = new Uint8Array(WAV_HEAD), view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, "RIFF");
  view.setUint32(4, WAV_HEAD - 8 + 2 * frames, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * frames, true);
  return bytes;
}
