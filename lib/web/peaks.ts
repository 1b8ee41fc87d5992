import { openAudio } from "../audio/read_audio.ts";
import { Turns } from "./requests.ts";

/** Bars of a waveform. */
const PEAKS = 240;
const MOST_KEPT = 2000;
/** How long a compressed sound may be decoded for its waveform, in milliseconds. */
const DECODING = 20_000;
/** A page of results asks for all of them; each may need a decoder, a process of its own. */
const AT_A_TIME = 2, MOST_WAITING = 200;

/** A sound, or a piece of it in seconds. */
interface Moment {
  id: string;
  path: string;
  start: number;
  end: number;
}

/** What waveforms are drawn from; the last ones are kept. */
export class Peaks {
  readonly #kept = new Map<string, number[]>();
  readonly #turns = new Turns(AT_A_TIME, MOST_WAITING);

  /**
   * The largest values of parts of equal length, from 0 to 1 [shape=(240,)].
   *
   * @throws {Deno.errors.NotFound} Where the file is not there any more.
   */
  async of(moment: Moment): Promise<number[]> {
    const known = this.#kept.get(moment.id);
    if (known !== undefined) return known;
    const peaks = await this.#turns.take(async () => peaksOf(await samplesOf(moment)));
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(moment.id, peaks);
    return peaks;
  }
}

/** What is compressed is decoded beside the server, which goes on meanwhile. */
async function samplesOf({ path, start, end }: Moment): Promise<Float32Array> {
  using sound = await openAudio(path, end, DECODING);
  const rate = sound.sampleRate;
  return sound.read(Math.floor(start * rate), Math.ceil((end - start) * rate));
}

function peaksOf(samples: Float32Array): number[] {
  return Array.from({ length: PEAKS }, (_, i) => {
    const first = Math.floor(i * samples.length / PEAKS);
    const last = Math.max(first + 1, Math.floor((i + 1) * samples.length / PEAKS));
    let peak = 0;
    for (let k = first; k < last; k++) peak = Math.max(peak, Math.abs(samples[k] ?? 0));
    return Math.round(peak * 1000) / 1000;
  });
}
