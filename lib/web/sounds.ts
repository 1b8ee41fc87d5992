import { extname } from "node:path";
import { openAudio } from "../audio/read_audio.ts";

/** What browsers play, by the ending of the name. */
const TYPES: Record<string, string> = {
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".flac": "audio/flac",
  ".ogg": "audio/ogg",
  ".oga": "audio/ogg",
  ".opus": "audio/ogg",
};
/** Codings of WAV files that browsers play: integers and floats. */
const WAV_CODINGS = new Set([1, 3, 0xfffe]);

/** The type that a sound is served as: its own where browsers play it, else WAV. */
export function playable(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? "audio/wav";
}

/**
 * Serves a sound file, whole or a range of it (RFC 9110, 14); what browsers do not play is turned into
 * a WAV file of 16 bit.
 *
 * @throws {Deno.errors.NotFound} Where it is not there any more.
 */
export async function serveFile(path: string, request: Request): Promise<Response> {
  const type = playable(path);
  const isKnown = extname(path).toLowerCase() in TYPES &&
    (type !== "audio/wav" || isPlainWav(path));
  const headers = { "content-type": type, "accept-ranges": "bytes", "cache-control": "no-cache" };
  if (!isKnown) return respond(toWav(path), { ...headers, "content-type": "audio/wav" }, request);
  const { size } = await Deno.stat(path);
  const range = parseRange(request.headers.get("range"), size);
  if (range === null) return unsatisfiable(size);
  const [start, end] = range ?? [0, size];
  const file = await Deno.open(path);
  await file.seek(start, Deno.SeekMode.Start);
  const body = file.readable.pipeThrough(limit(end - start));
  return new Response(request.method === "HEAD" ? null : body, {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      "content-length": `${end - start}`,
      ...(range && { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    },
  });
}

function respond(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  request: Request,
): Response {
  const range = parseRange(request.headers.get("range"), bytes.length);
  if (range === null) return unsatisfiable(bytes.length);
  if (range === undefined) return new Response(bytes, { headers });
  const [start, end] = range;
  return new Response(bytes.subarray(start, end), {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
  });
}

function unsatisfiable(size: number): Response {
  return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
}

/** The first and the last but one byte; `undefined` for all of them, `null` for none. */
export function parseRange(
  header: string | null,
  size: number,
): [start: number, end: number] | undefined | null {
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

function isPlainWav(path: string): boolean {
  using file = Deno.openSync(path);
  const head = new Uint8Array(64);
  file.readSync(head);
  const text = String.fromCharCode(...head);
  const at = text.indexOf("fmt ");
  return text.startsWith("RIFF") && at > 0 && at < 50 &&
    WAV_CODINGS.has(head[at + 8] | head[at + 9] << 8);
}

const WAV_HEAD = 44;

function toWav(path: string): Uint8Array<ArrayBuffer> {
  using sound = openAudio(path);
  const samples = sound.read();
  const bytes = new Uint8Array(WAV_HEAD + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) =>
    [...value].forEach((character, i) => bytes[at + i] = character.charCodeAt(0));
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sound.sampleRate, true);
  view.setUint32(28, 2 * sound.sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) =>
    view.setInt16(WAV_HEAD + 2 * i, Math.max(-1, Math.min(1, x)) * 32767, true)
  );
  return bytes;
}
