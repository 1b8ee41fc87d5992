import { QvimError } from "../io/errors.ts";
import { readAudio } from "../audio/read_audio.ts";
import { resample } from "../audio/resample.ts";
import type { Evaluation, QueryResult } from "../challenge/evaluation.ts";
import { type QueryScores, readSimilarities } from "../challenge/similarities.ts";
import type { SoundPaths } from "../challenge/model.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { currentRun } from "./current_run.ts";
import { drawSpectrogram } from "./spectrogram.ts";

/** Thrown where there is nothing to listen to; the message says what to do. */
export class ListenError extends QvimError {}

/** Where sounds and scores come from; those of the notebook's run unless given. */
export interface ListenOptions {
  /** How many answers are shown for each query; 3 unless given. */
  top?: number;
  /** The file of the scores. */
  scores?: string;
  /** Item → path. */
  items?: SoundPaths;
  /** Query → path. */
  queries?: SoundPaths;
  /** Query → its right item; that of the run's evaluation unless given. */
  rightItems?: Record<string, string>;
}

/** A sound in a row. */
interface Shown {
  /** What it is: the imitation, the right item, an answer. */
  role: string;
  name: string;
  path: string;
  rank?: number;
  score?: number;
  isRight?: boolean;
}

/** Rows are pictures and sounds; more of them are no use. */
const MOST_ROWS = 50, MOST_TOP = 10;
/** What goes into the page: one channel, µ-law, no longer than this. */
const PAGE_RATE = 12_000, PAGE_SECONDS = 6;

/**
 * Shows a query with its right item and the top answers: players, spectrograms on one time axis, rank
 * and score. One sound plays at a time; the arrow keys go on, space plays.
 *
 * @param query The query's id, its file's name.
 * @param options Where sounds and scores come from.
 * @throws {ListenError} Where there is no such query, or no scores.
 *
 * @example
 * ```ts ignore
 * await listen("siren_1.wav");
 * ```
 */
export async function listen(query: string, options: ListenOptions = {}): Promise<void> {
  await showRows([query], options);
}

/**
 * Shows the queries whose right item came last.
 *
 * @param evaluation The figures of a run.
 * @param count How many; 5 unless given.
 * @param options Where sounds and scores come from.
 * @throws {ListenError} As {@linkcode listen}.
 *
 * @example
 * ```ts ignore
 * await showWorst(currentRun.evaluation(), 3);
 * ```
 */
export async function showWorst(
  evaluation: Evaluation,
  count = 5,
  options: ListenOptions = {},
): Promise<void> {
  await showRanked(evaluation, count, (a, b) => b.rank - a.rank, options);
}

/**
 * Shows the queries whose right item came first; see {@linkcode showWorst}.
 *
 * @param evaluation The figures of a run.
 * @param count How many; 5 unless given.
 * @param options Where sounds and scores come from.
 *
 * @example
 * ```ts ignore
 * await showBest(currentRun.evaluation(), 3);
 * ```
 */
export async function showBest(
  evaluation: Evaluation,
  count = 5,
  options: ListenOptions = {},
): Promise<void> {
  await showRanked(evaluation, count, (a, b) => a.rank - b.rank, options);
}

async function showRanked(
  evaluation: Evaluation,
  count: number,
  order: (a: QueryResult, b: QueryResult) => number,
  options: ListenOptions,
): Promise<void> {
  if (!Number.isInteger(count) || count < 1 || count > MOST_ROWS) {
    throw new ListenError(`Expected from 1 to ${MOST_ROWS} rows but found ${count}`);
  }
  if (!Array.isArray(evaluation?.results) || evaluation.results.length === 0) {
    throw new ListenError("Expected an evaluation with queries in it but found none");
  }
  const chosen = evaluation.results.toSorted(order).slice(0, count);
  const rightItems = Object.fromEntries(chosen.map(({ query, item }) => [query, item]));
  await showRows(chosen.map(({ query }) => query), { rightItems, ...options });
}

async function showRows(queries: string[], options: ListenOptions): Promise<void> {
  const { top = 3 } = options;
  if (!Number.isInteger(top) || top < 1 || top > MOST_TOP) {
    throw new ListenError(
      `Expected top to be a whole number from 1 to ${MOST_TOP} but found ${top}`,
    );
  }
  const sources = { ...currentRun.sources(), ...options };
  if (sources.scores === undefined || !sources.items || !sources.queries) {
    throw new ListenError("Expected scores to show but found none: run the cell that saves them");
  }
  const unknown = queries.find((query) => !Object.hasOwn(sources.queries!, query));
  if (unknown !== undefined) {
    throw new ListenError(`Expected a query of the data set but found ${JSON.stringify(unknown)}`);
  }
  const rows = await readRows(sources.scores, queries);
  const html: string[] = [], text: string[] = [];
  for (const query of queries) {
    const scores = rows.get(query);
    if (scores === undefined) {
      throw new ListenError(`Expected scores for ${query} in ${sources.scores} but found none`);
    }
    const right = sources.rightItems?.[query];
    const sounds = choose(query, scores, right, top, sources.queries, sources.items);
    html.push(await rowHtml(query, sounds));
    text.push(
      `${query}: ${
        sounds.slice(1).map(({ name, rank, isRight }) => `${rank}. ${name}${isRight ? " ✓" : ""}`)
          .join(", ")
      }`,
    );
  }
  await display({
    "text/plain": text.join("\n"),
    "text/html": `<div class="qvim-listen">${STYLE}${html.join("")}${SCRIPT}</div>`,
  });
}

async function readRows(path: string, wanted: string[]): Promise<Map<string, QueryScores>> {
  const rows = new Map<string, QueryScores>();
  for await (const [query, row] of readSimilarities(path)) {
    if (wanted.includes(query)) rows.set(query, row);
    if (rows.size === new Set(wanted).size) break;
  }
  return rows;
}

function choose(
  query: string,
  scores: QueryScores,
  right: string | undefined,
  top: number,
  queries: SoundPaths,
  items: SoundPaths,
): Shown[] {
  const ranked = Object.entries(scores).filter(([item]) => Object.hasOwn(items, item))
    .sort(([, a], [, b]) => b - a);
  const answers = ranked.slice(0, top).map(([name, score], i): Shown => ({
    ...{ role: `answer ${i + 1}`, name, path: items[name], rank: i + 1, score },
    isRight: name === right,
  }));
  const shown: Shown[] = [{ role: "imitation", name: query, path: queries[query] }];
  const place = ranked.findIndex(([item]) => item === right);
  if (right !== undefined && place >= top) {
    const [name, score] = ranked[place];
    const path = items[name];
    shown.push({ role: "right item", name, path, rank: place + 1, score, isRight: true });
  }
  return [...shown, ...answers];
}

async function rowHtml(query: string, sounds: Shown[]): Promise<string> {
  const heard = await Promise.all(sounds.map(async (sound) => {
    try {
      return { ...sound, audio: await readAudio(sound.path) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new ListenError(
          `Expected ${sound.name} at ${sound.path} but it is not there any more`,
        );
      }
      throw error;
    }
  }));
  const seconds = Math.min(
    PAGE_SECONDS,
    Math.max(...heard.map(({ audio }) => audio.samples.length / audio.sampleRate)),
  );
  const cells = heard.map(({ role, name, rank, score, isRight, audio }) => {
    const samples = audio.samples.subarray(0, Math.ceil(seconds * audio.sampleRate));
    const part = { samples, sampleRate: audio.sampleRate };
    const mark = isRight ? " ✓" : "";
    const place = rank === undefined ? "" : `rank ${rank}, score ${score!.toPrecision(4)}`;
    return `<tr${isRight ? ' class="right"' : ""}><th scope="row">${escapeHtml(role)}${mark}` +
      `<br><span>${escapeHtml(name)}</span><br><span>${place}</span></th><td>` +
      `${drawSpectrogram(part, { title: name, width: 420, height: 110, seconds })}</td><td>` +
      `<audio controls preload="none" aria-label="${escapeHtml(`${role}: ${name}`)}" ` +
      `src="data:audio/wav;base64,${toMulaw(part).toBase64()}"></audio></td></tr>`;
  });
  return `<table><caption>${escapeHtml(query)}</caption><tbody>${cells.join("")}</tbody></table>`;
}

/** A WAV file for the page: µ-law (ITU-T G.711), which all browsers play, at 12 kHz. */
function toMulaw(
  { samples, sampleRate }: { samples: Float32Array; sampleRate: number },
): Uint8Array {
  const heard = resample(samples, sampleRate, PAGE_RATE);
  const peak = heard.reduce((peak, x) => Math.max(peak, Math.abs(x)), 1e-4);
  const head = 58;
  const bytes = new Uint8Array(head + heard.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 18, true);
  view.setUint16(20, 7, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, PAGE_RATE, true);
  view.setUint32(28, PAGE_RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(38, "fact");
  view.setUint32(42, 4, true);
  view.setUint32(46, heard.length, true);
  text(50, "data");
  view.setUint32(54, heard.length, true);
  // Soft sounds are brought up: they are to be heard, not measured.
  heard.forEach((x, i) => bytes[head + i] = mulaw(Math.round(x / peak * 30_000)));
  return bytes;
}

const BIAS = 0x84, CLIP = 32_635;

function mulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const value = Math.min(CLIP, Math.abs(sample)) + BIAS;
  const exponent = Math.max(0, Math.floor(Math.log2(value)) - 7);
  return ~(sign | exponent << 4 | (value >> (exponent + 3) & 15)) & 0xff;
}

const STYLE = `<style>
.qvim-listen table { border-collapse: collapse; margin: .6em 0 1.2em; font: 13px/1.4 system-ui, sans-serif; }
.qvim-listen caption { text-align: left; font-weight: 600; padding: .2em 0; }
.qvim-listen th, .qvim-listen td { text-align: left; padding: .2em .7em .2em 0; vertical-align: middle; background: none; }
.qvim-listen th { font-weight: 600; min-width: 9em; }
.qvim-listen th span { font-weight: 400; overflow-wrap: anywhere; }
.qvim-listen .right th { border-left: 4px solid #2f8f4e; padding-left: .5em; }
.qvim-listen audio { width: 15em; height: 2.4em; }
</style>`;

/** One at a time, and the keys; without it the players work by themselves. */
const SCRIPT = `<script>
for (const root of document.querySelectorAll(".qvim-listen:not([data-ready])")) {
  root.dataset.ready = "";
  const players = [...root.querySelectorAll("audio")];
  players.forEach((player, i) => {
    player.tabIndex = 0;
    player.addEventListener("play", () => {
      for (const other of document.querySelectorAll(".qvim-listen audio")) {
        if (other !== player) other.pause();
      }
    });
  });
  // Before the players' own keys, which change the volume.
  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const i = players.indexOf(event.target);
    if (step === undefined || i < 0 || players[i + step] === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    players[i + step].focus();
    players[i + step].currentTime = 0;
    players[i + step].play();
  }, true);
}
</script>`;
