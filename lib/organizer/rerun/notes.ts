import { writeAllSync } from "../../io/bytes.ts";
import { FileSource } from "../../audio/byte_source.ts";
import { type Chunk, chunksOf } from "../../audio/riff.ts";

/** The chunks of a WAV file that make its sound. */
const SOUND = ["fmt ", "fact", "data", "ds64"];
/** What can be written to: the original may be one that can't. */
const MODE = 0o644;

/**
 * Blanks what a WAV file says of itself besides its sound: titles, comments and dates are names as well.
 * Such parts stay, as long as they are, with nothing in them; a file of another kind stays as it is.
 *
 * @param path The file, which is changed.
 */
export function blankNotes(path: string): void {
  const notes = notesIn(path);
  if (notes.length === 0) return;
  Deno.chmodSync(path, MODE);
  using file = Deno.openSync(path, { write: true });
  for (const [from, to] of notes) {
    file.seekSync(from, Deno.SeekMode.Start);
    writeAllSync(file, new Uint8Array(to - from));
  }
}

/** Where they stand. */
function notesIn(path: string): [from: number, to: number][] {
  const source = new FileSource(Deno.openSync(path));
  try {
    const chunks = [...chunksOf(source, path)];
    const at = chunks.findIndex(({ id }) => id === "data");
    // Samples of which the file does not say how many there are go up to its end.
    const goesOn = at < 0 || chunks[at].size === 0 || endOf(chunks[at]) >= source.size;
    const told = goesOn ? chunks.slice(0, Math.max(0, at)) : chunks;
    const parts = told.filter(({ id }) => !SOUND.includes(id)).map((chunk) =>
      [chunk.start, endOf(chunk)] as const
    );
    // What is no chunk, as some programs put behind.
    const rest = [goesOn ? source.size : endOf(chunks.at(-1)!), source.size] as const;
    return [...parts, rest].map(([from, to]): [number, number] => [from, Math.min(to, source.size)])
      .filter(([from, to]) => from < to);
  } finally {
    source.close();
  }
}

function endOf({ start, size }: Chunk): number {
  return start + size;
}
