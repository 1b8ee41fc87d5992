import { dirname, join, resolve } from "node:path";
import { decodeWav, type MonoAudio } from "../audio/wav.ts";
import { QvimError } from "../io/errors.ts";
import { replaceFileSync } from "../io/replace_file.ts";
import { assertOptions, TEXT } from "../io/options.ts";
import { temporaryFolder } from "../io/temporary.ts";
import { inNotebook, UpdatableDisplay } from "../ui/jupyter.ts";
import { openRecorder } from "./recorder.ts";

/** Thrown where nothing was recorded; the message says why, and what to do. */
export class RecordError extends QvimError {}

/** How a query is recorded. */
export interface RecordOptions {
  /** Seconds to wait for the recording; 120 unless given. */
  timeout?: number;
  /** Where the recording is kept, as WAV; a file in a temporary folder of this user's unless given. */
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
  assertOptions(options, { path: TEXT }, RecordError);
  const { timeout = 120, path } = options;
  if (typeof timeout !== "number" || !(timeout > 0 && timeout <= 3600)) {
    throw new RangeError(
      `Expected timeout from 0 to 3600 seconds but found ${Deno.inspect(timeout)}`,
    );
  }
  if (path !== undefined) checkPlace(path);
  if (!inNotebook() || Deno.env.has(NO_PAGE)) {
    throw new RecordError(
      "Expected a notebook in a browser to record in but found none: give listen() the path of a " +
        "recording and a model instead",
    );
  }
  const recorder = openRecorder(timeout);
  const shown = new UpdatableDisplay();
  let outcome = "Nothing was recorded";
  try {
    await shown.show({
      "text/plain": "A button to record with: it needs a browser",
      "text/html": recorder.html,
    });
    const take = await recorder.finished;
    if ("error" in take) throw new RecordError(take.error);
    const audio = decodeWav(take.wav, "the recording");
    const file = path ?? join(temporaryFolder("qvim-take-"), "recording.wav");
    replaceFileSync(file, (partial) => Deno.writeFileSync(partial, take.wav));
    outcome = `Recorded ${(audio.samples.length / audio.sampleRate).toFixed(1)} s`;
    return { ...audio, path: file };
  } finally {
    // A notebook is kept: its button would ask a server that has gone.
    await shown.show({ "text/plain": outcome, "text/html": `<p>${outcome}.</p>` });
    await recorder.close();
  }
}

/** Says before anybody speaks that a recording can't be kept. */
function checkPlace(path: string): void {
  const folder = dirname(resolve(path));
  let isFolder = false;
  try {
    isFolder = Deno.statSync(folder).isDirectory;
  } catch {
    // It is not there, or nobody may look.
  }
  if (!isFolder) {
    throw new RecordError(`Expected a folder to keep the recording in but found none at ${folder}`);
  }
}
