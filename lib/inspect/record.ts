import { join } from "node:path";
import { tmpdir } from "node:os";
import { decodeWav, type MonoAudio } from "../audio/wav.ts";
import { QvimError } from "../io/errors.ts";
import { display, inNotebook } from "../ui/jupyter.ts";
import { openRecorder } from "./recorder.ts";

/** Thrown where nothing was recorded; the message says why, and what to do. */
export class RecordError extends QvimError {}

/** How a query is recorded. */
export interface RecordOptions {
  /** Seconds to wait for the recording; 120 unless given. */
  timeout?: number;
  /** Where the recording is kept, as WAV; a temporary file unless given. */
  path?: string;
}

/** What was recorded in the page. */
export interface Recording extends MonoAudio {
  /** The file that it is kept in. */
  path: string;
}

/** Whoever runs notebooks without a page says so to their kernels. */
const NO_PAGE = "QVIM_NO_PAGE";

/**
 * Shows a button that records from the microphone, and waits for the recording. The page sends it to
 * this machine alone, to a server that lives for this one recording.
 *
 * @param options How long it waits, and where the recording goes.
 * @returns The samples, without the silence around them, and their file.
 * @throws {RecordError} Where there is no page, the microphone is refused, or nothing comes in time.
 *
 * @example
 * ```ts ignore
 * const take = await record();
 * await listen(take, { model: new VocalSearch() });
 * ```
 */
export async function record(options: RecordOptions = {}): Promise<Recording> {
  const { timeout = 120, path = join(tmpdir(), `qvim-take-${crypto.randomUUID()}.wav`) } = options;
  if (!(timeout > 0 && timeout <= 3600)) {
    throw new RangeError(`Expected timeout from 0 to 3600 seconds but found ${timeout}`);
  }
  if (!inNotebook() || Deno.env.has(NO_PAGE)) {
    throw new RecordError(
      "Expected a notebook in a browser to record in but found none: give listen() the path of a " +
        "recording instead",
    );
  }
  const recorder = openRecorder(timeout);
  try {
    await display({
      "text/plain": "A button to record with: it needs a browser",
      "text/html": recorder.html,
    });
    const outcome = await recorder.finished;
    if ("error" in outcome) throw new RecordError(outcome.error);
    const audio = decodeWav(outcome.wav, "the recording");
    Deno.writeFileSync(path, outcome.wav);
    return { ...audio, path };
  } finally {
    await recorder.close();
  }
}
