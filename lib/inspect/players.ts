import { openAudio } from "../audio/read_audio.ts";
import { resample } from "../audio/resample.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { escapeHtml } from "../ui/jupyter.ts";
import { ListenError } from "./checks.ts";
import { asImage } from "./picture.ts";
import { drawSpectrogram } from "./spectrogram.ts";

/** What goes into the page: one channel, µ-law, no longer than this. */
const PAGE_SECONDS = 5, PAGE_BYTES = 44_000;
/** Long sounds lose their top: ten rows of five sounds with their pictures stay below 5 MB. */
const PAGE_RATES = [12_000, 9600, 8000];

/** A sound in a table. */
export interface Shown {
  /** What it is: the imitation, the right item, an answer. */
  role: string;
  name: string;
  path: string;
  /** What it is of, where that is known. */
  class?: string;
  rank?: number;
  score?: number;
  isRight?: boolean;
  /** The part that was found, in seconds; the whole unless given. */
  start?: number;
  end?: number;
}

/**
 * Tables of sounds as a page shows them, with players and spectrograms on one time axis. One sound
 * plays at a time; the arrow keys go on, space plays.
 *
 * @param tables Titles with their sounds.
 * @throws {ListenError} Where a file is gone.
 */
export function playersOf(tables: [title: string, sounds: Shown[]][]): string {
  const html = tables.map(([title, sounds]) => tableHtml(title, sounds));
  return `<div class="qvim-listen">${STYLE}${html.join("")}${SCRIPT}</div>`;
}

function tableHtml(title: string, sounds: Shown[]): string {
  const heard = sounds.map((sound) => ({ ...sound, ...readPart(sound, PAGE_SECONDS) }));
  const seconds = Math.max(...heard.map(({ audio }) => audio.samples.length / audio.sampleRate));
  const cells = heard.map(({ role, name, class: group, rank, score, isRight, audio, length }) => {
    const mark = isRight ? " ✓" : "";
    const place = rank === undefined ? "" : `rank ${rank}, score ${score!.toPrecision(4)}`;
    const cut = length > PAGE_SECONDS
      ? `the first ${PAGE_SECONDS} s of ${length.toFixed(1)} s`
      : "";
    const about = [name, place, group ?? "", cut].filter((text) => text !== "");
    return `<tr${isRight ? ' class="right"' : ""}><th scope="row">${escapeHtml(role)}${mark}` +
      `${about.map((text) => `<br><span>${escapeHtml(text)}</span>`).join("")}</th><td>` +
      `${
        asImage(drawSpectrogram(audio, { title: name, width: 420, height: 110, seconds }))
      }</td><td>` +
      `<audio controls preload="none" aria-label="${escapeHtml(`${role}: ${name}`)}" ` +
      `src="${pageSound(audio)}"></audio></td></tr>`;
  });
  return `<table class="qvim-sounds"><caption>${escapeHtml(title)}</caption><tbody>${
    cells.join("")
  }</tbody></table>`;
}

/**
 * Reads no more of a sound than is to be heard of it.
 *
 * @param sound Where it lies, and the part that was found.
 * @param most How many seconds of that are wanted.
 * @returns The samples, and how many seconds the part, or the whole, would have had.
 * @throws {ListenError} Where its file is gone.
 */
export function readPart(
  { name, path, start = 0, end = Infinity }: Pick<Shown, "name" | "path" | "start" | "end">,
  most: number,
): { audio: MonoAudio; length: number } {
  try {
    using sound = openAudio(path);
    const { sampleRate, frames } = sound;
    // The whole where the file is shorter by now than what was found in it.
    const first = start * sampleRate < frames ? Math.floor(start * sampleRate) : 0;
    const count = Math.min(frames, Math.ceil(end * sampleRate)) - first;
    const samples = sound.read(first, Math.min(count, Math.ceil(most * sampleRate)));
    return { audio: { samples, sampleRate }, length: count / sampleRate };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ListenError(`Expected ${name} at ${path} but it is not there any more`);
  }
}

/** A sound as the address of an audio element: nothing else is needed, a server neither. */
export function pageSound(audio: MonoAudio): string {
  return `data:audio/wav;base64,${toMulaw(audio).toBase64()}`;
}

/** A WAV file for the page: µ-law (ITU-T G.711), which all browsers play. */
function toMulaw(
  { samples, sampleRate }: { samples: Float32Array; sampleRate: number },
): Uint8Array {
  const seconds = samples.length / sampleRate;
  const rate = PAGE_RATES.find((rate) => rate * seconds <= PAGE_BYTES) ?? PAGE_RATES.at(-1)!;
  const heard = resample(samples, sampleRate, rate);
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
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
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
.qvim-listen .qvim-sounds tbody th, .qvim-listen .qvim-sounds tbody td { text-align: left; padding: .2em .7em .2em 0; vertical-align: middle; background: none; }
.qvim-listen .qvim-sounds tbody th { font-weight: 600; width: 13em; min-width: 11em; max-width: 13em; }
.qvim-listen .qvim-sounds th span { font-weight: 400; overflow-wrap: anywhere; }
.qvim-listen .qvim-sounds tbody .right th { border-left: 4px solid #2f8f4e; padding-left: .5em; }
.qvim-listen audio { width: 15em; height: 2.4em; }
</style>`;

/** One at a time, and the keys; without it the players work by themselves. */
const SCRIPT = `<script>
for (const root of document.querySelectorAll(".qvim-listen:not([data-ready])")) {
  root.dataset.ready = "";
  const players = [...root.querySelectorAll("audio")];
  const silence = (player) => {
    for (const other of document.querySelectorAll(".qvim-listen audio, .qvim-map audio")) {
      if (other !== player) other.pause();
    }
  };
  for (const player of players) {
    player.tabIndex = 0;
    // It may come late: another may play by then.
    player.addEventListener("play", () => player.paused || silence(player));
  }
  // Before the players' own keys, which change the volume.
  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const i = players.indexOf(event.target);
    if (step === undefined || i < 0 || players[i + step] === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = players[i + step];
    silence(next);
    next.focus();
    next.currentTime = 0;
    next.play();
  }, true);
}
</script>`;
