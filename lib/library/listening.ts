/**
 * Hears whole files for the library, in as many processes as there are cores; this module is also
 * what those processes load.
 */
import { openAudio } from "../audio/read_audio.ts";
import { isSilent } from "../audio/sound_source.ts";
import { EmbeddingPool, WorkerEndedError } from "../embedding/pool.ts";
import { QvimError } from "../io/errors.ts";
import { PackageError } from "../io/fetched_package.ts";
import { hashFile } from "../io/hash.ts";
import { type Heard, Hearing } from "./hearing.ts";
import { reasonOf } from "./lancedb.ts";
import { cutPieces, type Piece } from "./pieces.ts";

/** At a lower rate nothing is heard, and a megabyte lasts for days. */
const MIN_SAMPLE_RATE = 1000;

/** What a file holds. */
export interface HeardFile {
  /** The SHA-256 of its bytes. */
  hash: string;
  /** In seconds. */
  duration: number;
  /** In Hz. */
  rate: number;
  channels: number;
  /** The whole of a short recording, the events of a long one. */
  pieces: (Piece & Heard)[];
}

/**
 * What came of a file: what was heard, or why nothing could be. `isUnread` where that need not be the
 * file's fault: it is worth another try, though it stay as it is.
 */
export type Outcome = HeardFile | { error: string; isUnread?: boolean };

/** Whether the system refused: the right to read, the disk, the network. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error &&
    (Object.values(Deno.errors).some((kind) => error instanceof kind) || "code" in error);
}

async function hear(hearing: Hearing, path: string): Promise<Outcome> {
  try {
    const hash = await hashFile(path);
    using sound = await openAudio(path);
    const { sampleRate: rate, channels, frames } = sound;
    if (rate < MIN_SAMPLE_RATE) {
      return {
        error: `Expected a rate of ${MIN_SAMPLE_RATE} Hz or more but found ${rate} in ${path}`,
      };
    }
    const pieces: (Piece & Heard)[] = [];
    for (const piece of cutPieces(sound)) {
      const first = Math.floor(piece.start * rate), end = Math.ceil(piece.end * rate);
      const samples = sound.read(first, end - first);
      if (isSilent(samples)) continue;
      pieces.push({ ...piece, ...await hearing.item({ samples, sampleRate: rate }) });
    }
    if (pieces.length === 0) {
      return { error: `Expected a sound but found only silence in ${path}` };
    }
    return { hash, duration: frames / rate, rate, channels, pieces };
  } catch (error) {
    const failed = (why: unknown) => `Expected to hear ${path} but found: ${why}`;
    // Without its decoder it would count as broken, and not be looked at again.
    if (error instanceof PackageError) return { error: failed(error.message), isUnread: true };
    if (error instanceof QvimError) return { error: error.message };
    const isUnread = isOfSystem(error);
    return { error: failed(isUnread ? reasonOf(error) : error), isUnread };
  }
}

/** What a process builds to hear files. */
export function createModel() {
  const hearing = new Hearing();
  const embedItem = (path: string) => hear(hearing, path);
  return { embedItem, embedQuery: embedItem };
}

/** Hears files on all cores. */
export class Listeners {
  #pool: EmbeddingPool<Outcome>;
  readonly #files: number;

  /** @param files About how many there will be: a few are not worth a process each. */
  constructor(files: number) {
    this.#files = files;
    this.#pool = this.#makePool();
  }

  #makePool(): EmbeddingPool<Outcome> {
    const here = createModel();
    return new EmbeddingPool((_, path) => here.embedItem(path), this.#files, {
      module: import.meta.url,
    });
  }

  /**
   * Hears files, in no certain order. One that ends the process that hears it is told of as broken.
   *
   * @param use Takes what came of each; what it throws ends the work.
   */
  async hear(
    paths: string[],
    use: (path: string, outcome: Outcome) => Promise<void>,
  ): Promise<void> {
    const heard = new Set<string>();
    const take = async (outcome: Outcome, path: string) => {
      heard.add(path);
      await use(path, outcome);
    };
    try {
      await this.#pool.embed("item", paths, (outcome, i) => take(outcome, paths[i]));
    } catch (error) {
      if (!(error instanceof WorkerEndedError)) throw error;
      // Each of the rest by itself, so that only the one that does it is lost.
      for (const path of paths.filter((path) => !heard.has(path))) {
        await this.#restart();
        try {
          await this.#pool.embed("item", [path], (outcome) => take(outcome, path));
        } catch (why) {
          if (!(why instanceof WorkerEndedError)) throw why;
          await use(path, {
            error: `Expected to hear ${path} but the process that heard it ended`,
          });
        }
      }
      await this.#restart();
    }
  }

  async #restart(): Promise<void> {
    await this.#pool.close();
    this.#pool = this.#makePool();
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
