import { isSilent } from "../audio/sound_source.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { normalize } from "../embedding/cosine.ts";
import { assertKind, TEXT } from "../io/options.ts";
import { cleanTake } from "../models/vocal_search/take.ts";
import { adviceFor, nothingIn } from "./advice.ts";
import { isOfLance, reaching } from "./conflicts.ts";
import { type Heard, Hearing, modelVersion } from "./hearing.ts";
import { LibraryError, RecordingError } from "./lancedb.ts";
import {
  assertRecording,
  assertSearchOptions,
  predicateOf,
  readRecording,
  type SearchOptions,
} from "./query.ts";
import type { SoundInfo } from "./rows.ts";
import { all, quote } from "./sql.ts";
import { Store } from "./store.ts";

/** Sounds that the second pass scores; in libraries up to this size it scores all. */
export const CANDIDATES = 300;
/** About so many sounds of a larger library stand for all of it where scores are scaled. */
const REFERENCE = 256;
/** How often is looked whether others have written, in milliseconds. */
const REFRESH = 1000;

/** What the answers to "closer" and "not this" count, against the imitation's 1 (Rocchio, 1971). */
const CLOSER_WEIGHT = 0.75;
const NOT_THIS_WEIGHT = 0.25;

/** A sound that was found. */
export interface SearchResult
  extends Pick<SoundInfo, "id" | "path" | "start" | "end" | "duration" | "rate" | "channels"> {
  /** Higher for more alike; in deviations of the library's scores for this query. */
  score: number;
}

/** What the second pass scores. */
type Candidate = Omit<SearchResult, "score"> & Heard;

const SHOWN = ["id", "path", "start", "end", "duration", "rate", "channels"] as const;

/**
 * A library of sounds that imitations are looked up in.
 *
 * @example
 * ```ts ignore
 * const library = await SoundLibrary.open("output/library");
 * const results = await library.search("creak.wav", { text: "door" });
 * ```
 */
export class SoundLibrary {
  readonly #place: string;
  #store: Store;
  readonly #hearing = new Hearing();
  #looked = -Infinity;
  #version?: number;
  #count = 0;
  #outdated = 0;
  #reference: Heard[] = [];

  private constructor(place: string, store: Store) {
    this.#place = place;
    this.#store = store;
  }

  /**
   * Opens a library that `deno task index` has made.
   *
   * @param place A folder, or a place on object storage such as `s3://bucket/library`.
   * @throws {LibraryError} Where there is none.
   */
  static async open(place: string): Promise<SoundLibrary> {
    assertKind("the library's place", place, TEXT, LibraryError);
    const library = new SoundLibrary(place, await Store.open(place));
    await library.refresh();
    return library;
  }

  /** Loads what the first search would have to wait for. */
  async warmUp(): Promise<void> {
    if (this.#count === 0) return;
    const samples = Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 5));
    await this.search({ samples, sampleRate: 16000 });
  }

  /** How many sounds there are to be found; pieces of long recordings count each. */
  get size(): number {
    return this.#count;
  }

  /** How many sounds are not found, since an older model heard them: `indexSounds` hears them again. */
  get outdated(): number {
    return this.#outdated;
  }

  /** What a person should know of it and do about it: that it is empty, or heard by an older model. */
  get advice(): string | undefined {
    return adviceFor(this.#place, this.#count, this.#outdated);
  }

  /** Sees what others have written meanwhile, as each search does. */
  async refresh(): Promise<void> {
    await this.#reading(() => this.#refresh());
  }

  /**
   * Finds the sounds that an imitation is most like, best first.
   *
   * @param query The path of a recording, of which the first two minutes are read, or the recording
   * itself.
   * @throws {RecordingError} Where the recording is silent.
   * @throws {LibraryError} Where the library has no sounds.
   */
  async search(
    query: string | MonoAudio,
    options: SearchOptions = {},
  ): Promise<SearchResult[]> {
    assertSearchOptions(options);
    const { audio, name } = typeof query === "string"
      ? await readRecording(query)
      : { audio: query, name: "the recording" };
    assertRecording(audio);
    // The click of a button alone is no imitation either.
    if (isSilent(cleanTake(audio.samples, audio.sampleRate))) {
      throw new RecordingError(
        `Expected an imitation but found only silence in ${name}: record it again, nearer to the ` +
          "microphone",
      );
    }
    const heard = await this.#hearing.query(audio);
    return await this.#reading(() => this.#find(heard, options));
  }

  /**
   * Finds the sounds that are most like one of the library, best first; it is not among them.
   *
   * @param id Of the sound, as a search has given it.
   */
  async moreLike(id: string, options: SearchOptions = {}): Promise<SearchResult[]> {
    assertKind("the sound's id", id, TEXT, LibraryError);
    assertSearchOptions(options);
    return await this.#reading(async () => {
      const [sound] = await this.#readIds([id]);
      if (sound === undefined) throw noSound(id);
      const notThis = [...options.notThis ?? [], id];
      return await this.#find(asQuery(sound), { ...options, notThis }, [id]);
    });
  }

  /** What is known of a sound; undefined where it is not in the library. */
  async describe(id: string): Promise<Omit<SearchResult, "score"> | undefined> {
    assertKind("the sound's id", id, TEXT, LibraryError);
    return await this.#reading(async () => {
      for await (const info of this.#store.list(SHOWN, `id = ${quote(id)}`)) return info;
      return undefined;
    });
  }

  /**
   * Reads from the tables. Where that fails, somebody may have taken the library away and made it anew
   * since: they are opened again.
   */
  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isOfLance(error)) throw error;
      // The old one stays open: other searches may still read from it.
      this.#store = await Store.open(this.#place);
      this.#version = undefined;
      this.#looked = -Infinity;
      return await reaching(this.#place, work);
    }
  }

  /**
   * Searches, and moves the query towards what was called closer and away from what was not meant.
   *
   * @param ignored Sounds in `notThis` that only are not shown.
   */
  async #find(
    query: Heard,
    options: SearchOptions,
    ignored: string[] = [],
  ): Promise<SearchResult[]> {
    await this.#refresh();
    if (this.#count === 0) {
      throw new LibraryError(nothingIn(this.#place, this.#outdated));
    }
    const closer = await this.#readIds(options.closer ?? []);
    const notThis = await this.#readIds(
      (options.notThis ?? []).filter((id) => !ignored.includes(id)),
    );
    const queries = [
      { heard: query, weight: 1 },
      ...closer.map((sound) => ({ heard: asQuery(sound), weight: CLOSER_WEIGHT / closer.length })),
      ...notThis.map((sound) => ({
        heard: asQuery(sound),
        weight: -NOT_THIS_WEIGHT / notThis.length,
      })),
    ];
    const where = all([this.#outdated > 0 ? isCurrent() : undefined, predicateOf(options)]);
    const hidden = new Set(options.notThis);
    const scored = options.candidates ?? CANDIDATES;
    // Who asks for more results than that gets them.
    const limit = options.candidates ?? Math.max(scored, (options.top ?? 0) + hidden.size);
    const candidates = await this.#candidates(queries, limit, where);
    // The scale of the scores is the same, however many are shown.
    const isAll = where === undefined && this.#count <= scored;
    const rows = await this.#hearing.score(
      queries.map(({ heard }) => heard),
      candidates,
      isAll ? undefined : this.#reference,
    );
    const scores = new Float64Array(candidates.length);
    rows.forEach((row, q) => row.forEach((score, i) => scores[i] += queries[q].weight * score));
    return candidates
      .map((sound, i) => ({ sound, score: scores[i] }))
      .filter(({ sound }) => !hidden.has(sound.id))
      .sort((a, b) => b.score - a.score || byPlace(a.sound, b.sound))
      .slice(0, options.top ?? 20)
      .map(({ sound, score }) => ({ ...pick(sound), score }));
  }

  /** What the second pass scores: those whose vectors are nearest to the moved query's. */
  async #candidates(
    queries: { heard: Heard; weight: number }[],
    limit: number,
    where: string | undefined,
  ): Promise<Candidate[]> {
    const moved = new Float32Array(this.#store.shape.vector);
    for (const { heard, weight } of queries) {
      const vector = heard.vectors[0];
      for (let i = 0; i < moved.length; i++) moved[i] += weight * vector[i];
    }
    const rows = this.#count <= limit
      ? await this.#store.readRows(await this.#store.someRows(limit, where), SHOWN)
      : await this.#store.nearestRows(normalize(moved), limit, SHOWN, where);
    // Two indexers that heard one file at the same time, and were killed, leave it twice.
    return [...new Map(rows.map((row) => [row.id, row])).values()];
  }

  async #readIds(ids: string[]): Promise<(SoundInfo & Heard)[]> {
    if (ids.length === 0) return [];
    return await this.#store.read(`id IN (${ids.map(quote).join(", ")})`);
  }

  /** Sees what others have written since it looked last. */
  async #refresh(): Promise<void> {
    if (performance.now() - this.#looked < REFRESH) return;
    await this.#store.refresh();
    this.#looked = performance.now();
    const version = await this.#store.version();
    if (version === this.#version) return;
    const current = isCurrent();
    this.#count = await this.#store.count(current);
    this.#outdated = await this.#store.count() - this.#count;
    const limit = this.#count <= CANDIDATES ? CANDIDATES : REFERENCE;
    this.#reference = await this.#store.readRows(
      await this.#store.sample(limit, this.#outdated > 0 ? current : undefined),
      [],
    );
    this.#version = version;
  }

  /** Gives back what it holds. */
  close(): void {
    this.#store.close();
  }
}

/** What scores the same stands in the order of paths, and of time within a recording. */
function byPlace(a: Candidate, b: Candidate): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.start - b.start;
}

/** A sound of the library as a query: its whole. */
function asQuery({ vectors, features }: Heard): Heard {
  return { vectors: [vectors[0]], features: [features[0]] };
}

/** That a sound was heard by the present model. */
function isCurrent(): string {
  return `model = ${quote(modelVersion())}`;
}

function pick(sound: Candidate): Omit<SearchResult, "score"> {
  return Object.fromEntries(SHOWN.map((name) => [name, sound[name]])) as Omit<
    SearchResult,
    "score"
  >;
}

function noSound(id: string): LibraryError {
  return new LibraryError(`Expected a sound of the library but found none with the id ${id}`);
}
