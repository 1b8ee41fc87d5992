import { Buffer } from "node:buffer";

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c;
const OPEN = 0x7b, CLOSE = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;
/** By byte: whether it opens or closes something. */
const BRACKETS = new Uint8Array(256);
for (const byte of [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST]) BRACKETS[byte] = 1;

/** What a key and its value may take: the scores of a million items, and more. Endless ones are cut off. */
const MAX_BYTES = 2 ** 27;
/** What an error shows of what it found. */
const SHOWN = 60;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Splits the text of a JSON object into its keys and values without building either: it only
 * follows strings and nesting, the values are parsed by whoever takes them. The file may be longer than a
 * string can be.
 *
 * @param file Open, at its beginning, which may be a byte order mark.
 * @param fail Makes the error for what was found in place of an object.
 */
export async function* splitObject(
  file: Deno.FsFile,
  fail: (found: string) => Error,
): AsyncGenerator<[key: string, value: string]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let depth = 0, inString = false, escaped = false;
  let key: string | undefined;
  let ended = false, afterComma = false, gathered = 0;
  const take = (last: Uint8Array): string => {
    const text = decode(decoder, parts, last, fail);
    parts = [];
    gathered = 0;
    return text;
  };
  for await (const chunk of chunks(file)) {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (inString) {
        if (escaped) {
          escaped = false;
          continue;
        }
        // Most of a file are names and numbers: loops that are as short as can be pass over them.
        while (i < chunk.length && chunk[i] !== QUOTE && chunk[i] !== BACKSLASH) i++;
        if (chunk[i] === BACKSLASH) escaped = true;
        else if (chunk[i] === QUOTE) inString = false;
        continue;
      }
      if (depth > 1) {
        while (i < chunk.length && chunk[i] !== QUOTE && BRACKETS[chunk[i]] === 0) i++;
        if (i === chunk.length) break;
      }
      const byte = chunk[i];
      if (depth === 0 && byte !== OPEN && !SPACES.has(byte)) {
        throw fail(beginning(chunk.subarray(i)));
      }
      if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN) {
        if (depth === 0) {
          if (ended) throw fail("more than one");
          take(chunk.subarray(start, i));
          start = i + 1;
        }
        depth++;
      } else if (depth === 1 && byte === COLON && key === undefined) {
        key = take(chunk.subarray(start, i)).trim();
        start = i + 1;
      } else if (depth === 1 && (byte === COMMA || byte === CLOSE)) {
        const value = take(chunk.subarray(start, i)).trim();
        start = i + 1;
        if (key !== undefined) yield [key, value];
        else if (value !== "" || byte === COMMA) throw fail(JSON.stringify(value.slice(0, SHOWN)));
        else if (afterComma) throw fail("a comma before its end");
        key = undefined;
        afterComma = byte === COMMA;
        if (byte === CLOSE) {
          depth = 0;
          ended = true;
        }
      } else if (byte === OPEN_LIST && depth > 0) {
        depth++;
      } else if ((byte === CLOSE || byte === CLOSE_LIST) && depth > 1) {
        depth--;
      }
    }
    parts.push(chunk.subarray(start));
    gathered += chunk.length - start;
    if (gathered > MAX_BYTES) {
      const where = key === undefined ? "in a name" : `in the scores of ${key.slice(0, SHOWN)}`;
      throw fail(`more than ${MAX_BYTES / 2 ** 20} MiB ${where}`);
    }
  }
  const rest = take(new Uint8Array()).trim();
  if (!ended) throw fail(rest === "" && depth === 0 ? "nothing" : "a file that is cut short");
  if (rest !== "") throw fail(JSON.stringify(rest.slice(0, SHOWN)));
}

/** What bytes begin with, for a message. */
function beginning(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, SHOWN)).trim().slice(0, SHOWN));
}

function decode(
  decoder: TextDecoder,
  parts: Uint8Array[],
  last: Uint8Array,
  fail: (found: string) => Error,
): string {
  try {
    return decoder.decode(parts.length === 0 ? last : Buffer.concat([...parts, last]));
  } catch {
    throw fail("bytes that are no UTF-8");
  }
}

/** Bytes that are read at a time. */
const READ_BYTES = 2 ** 18;

/** What some programs begin UTF-8 with. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

async function* chunks(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  for (let isFirst = true;; isFirst = false) {
    const bytes = new Uint8Array(READ_BYTES);
    const count = await file.read(bytes);
    if (count === null) return;
    const isMarked = isFirst && BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
    yield bytes.subarray(isMarked ? BYTE_ORDER_MARK.length : 0, count);
  }
}
