import { assertKind, assertOptions, number, TEXT, TEXTS } from "../io/options.ts";
import { plain } from "../io/plain.ts";
import { placeAt } from "../ui/place_at.ts";
import { escapeHtml } from "../ui/jupyter.ts";
import { ListenError } from "./checks.ts";
import { setUpPlayers, silenceOthers } from "./page/players.js";
import { darkStyle, type PageOptions, scriptOf } from "./page_parts.ts";
import { pageSound } from "./page_sound.ts";
import { asImage } from "./picture.ts";
import { readPart, type SoundPart } from "./sounds.ts";
import { drawSpectrogram, timeAxis } from "./spectrogram.ts";

/** No more of a sound goes into the page: ten rows of five of them stay below 5 MB. */
const PAGE_SECONDS = 5;
/** No more of a sound that the page loads is drawn. */
const DRAWN_SECONDS = 60;
const WIDTH = 420, HEIGHT = 110;

/** A sound as {@linkcode soundTable} shows it. */
export interface ShownSound extends SoundPart {
  /** What it is: the imitation, the right item, an answer. */
  role: string;
  /** What it is of, where that is known. */
  class?: string;
  /** Its place among the answers. */
  rank?: number;
  /** Higher is more alike. */
  score?: number;
  /** Marked as the one that was meant. */
  isRight?: boolean;
  /**
   * Where the page loads the whole recording from; without it the first seconds of the sound stand in
   * the page's text, for which a content security policy has to allow `media-src data:`.
   */
  src?: string;
}

/**
 * Tables of sounds as a page shows them, with players and spectrograms on one time axis. One sound
 * plays at a time, also of those that the page shows elsewhere; the arrow keys go on, space plays; a
 * line goes through the picture of the one that plays, and a click there plays from that place.
 *
 * @param tables What {@linkcode soundTable} gives.
 * @param options Where the page has the script; it is `lib/inspect/page/players.js`. Its style stands in
 * the text: `style-src 'unsafe-inline'`; pictures need `img-src data:`.
 *
 * @returns HTML that needs nothing else.
 *
 * @example Two answers, with sounds and script from the page's own server.
 * ```ts
 * import { playersPage, soundTable } from "qvim";
 *
 * const path = "data/qvim-mini/Items/siren/siren_1.wav";
 * const table = await soundTable("Which is more alike?", [
 *   { role: "imitation", name: "in the page's text", path },
 *   { role: "answer", name: "loaded when it is played", path, src: "/sounds/1.wav" },
 * ]);
 * const html = playersPage([table], { script: "/players.js" });
 * if (html.split("<audio ").length !== 3) throw new Error("not two players");
 * ```
 */
export function playersPage(tables: string[], options: PageOptions = {}): string {
  assertKind("tables", tables, TEXTS, ListenError);
  assertOptions(options, { script: TEXT }, ListenError);
  const script = scriptOf(options, setUpPlayers, silenceOthers);
  return `<div class="qvim-listen">${STYLE}${tables.join("")}${script}</div>`;
}

/** What a sound has to be, where it is given. */
const KINDS = {
  ...{ class: TEXT, src: TEXT, rank: number(), score: number() },
  ...{ start: number(0), end: number(0) },
};

/**
 * A table of sounds, for {@linkcode playersPage}; by itself it plays as well.
 *
 * @param title What stands above it.
 * @param sounds Its rows.
 * @throws {ListenError} Where a file is gone.
 *
 * @example
 * ```ts
 * import { soundTable } from "qvim";
 *
 * const path = "data/qvim-mini/Items/siren/siren_1.wav";
 * const html = await soundTable("Sirens", [{ role: "right item", name: "siren_1.wav", path }]);
 * if (!html.includes("data:audio/wav")) throw new Error("no sound");
 * ```
 */
export async function soundTable(title: string, sounds: ShownSound[]): Promise<string> {
  assertKind("title", title, TEXT, ListenError);
  assertKind("sounds", sounds, { words: "a list of sounds", holds: Array.isArray }, ListenError);
  for (const sound of sounds) {
    assertOptions(sound, KINDS, ListenError);
    for (const name of ["role", "name", "path"] as const) {
      assertKind(name, sound[name], TEXT, ListenError);
    }
  }
  const most = ({ src }: ShownSound) => src === undefined ? PAGE_SECONDS : DRAWN_SECONDS;
  const heard: (ShownSound & Awaited<ReturnType<typeof readPart>>)[] = [];
  for (const sound of sounds) heard.push({ ...sound, ...await readPart(sound, most(sound)) });
  const seconds = Math.max(...heard.map(({ audio }) => audio.samples.length / audio.sampleRate));
  const { from, to } = timeAxis(WIDTH);
  const cells = heard.map((sound) => {
    const name = plain(sound.name);
    const { role, class: group, rank, score, isRight, audio, length, src } = sound;
    const mark = isRight ? " ✓" : "";
    const place = [
      rank === undefined ? [] : `rank ${rank}`,
      score === undefined ? [] : `score ${score.toPrecision(4)}`,
    ].flat().join(", ");
    const at = placeAt(sound.start).trimStart(), part = at === "" ? "" : `${at}, `;
    const time = src === undefined && length > PAGE_SECONDS
      ? `${part}the first ${PAGE_SECONDS} s of ${length.toFixed(1)} s`
      : `${part}${Number(length.toPrecision(3))} s`;
    const about = [name, place, group === undefined ? time : `${apart(group)}, ${time}`]
      .filter((text) => text !== "");
    const picture = drawSpectrogram(audio, { title: name, width: WIDTH, height: HEIGHT, seconds });
    return `<tr${isRight ? ' class="right"' : ""}><th scope="row">${escapeHtml(role)}${mark}` +
      `${about.map((text) => `<br><span>${escapeHtml(text)}</span>`).join("")}</th><td>` +
      `<div class="qvim-picture" data-from="${from.toFixed(2)}" data-to="${to.toFixed(2)}" ` +
      `data-seconds="${seconds}" data-length="${audio.samples.length / audio.sampleRate}" ` +
      `data-start="${src === undefined ? 0 : sound.start ?? 0}">` +
      `${asImage(picture)}</div></td><td>` +
      `<audio controls controlslist="nodownload noplaybackrate" class="qvim-sound" ` +
      `preload="metadata" aria-label="${escapeHtml(`${role}: ${name}`)}" ` +
      `src="${src === undefined ? pageSound(audio) : escapeHtml(partOf(src, sound))}"></audio>` +
      `</td></tr>`;
  });
  return `<table class="qvim-sounds"><caption>${escapeHtml(title)}</caption><tbody>${
    cells.join("")
  }</tbody></table>`;
}

/** What is written from right to left, kept from what stands behind it (Unicode's isolates). */
function apart(text: string): string {
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(text)
    ? `\u2068${text}\u2069`
    : text;
}

/** The address of a part of a recording (W3C Media Fragments, 4.2.1). */
function partOf(src: string, { start, end }: ShownSound): string {
  if (start === undefined && end === undefined) return src;
  return `${src}#t=${start ?? 0}${end === undefined ? "" : `,${end}`}`;
}

const STYLE = `<style>
.qvim-listen table { border-collapse: collapse; margin: .6em 0 1.2em; font: 13px/1.4 system-ui, sans-serif; width: auto; }
.qvim-listen caption { text-align: left; font-weight: 600; padding: .2em 0; }
.qvim-listen .qvim-sounds :is(caption, tbody, th, td), .qvim-listen .qvim-sounds { display: block; max-width: 100%; box-sizing: border-box; }
.qvim-listen .qvim-sounds tbody tr:nth-child(n) { display: flex; flex-wrap: wrap; align-items: center; padding: 0 0 0 .6em; background: none; }
.qvim-listen .qvim-sounds tbody th, .qvim-listen .qvim-sounds tbody td { text-align: left; padding: .2em .7em .2em 0; background: none; }
.qvim-listen .qvim-sounds tbody th { font-weight: 600; width: 12.4em; }
.qvim-listen .qvim-sounds th span { font-weight: 400; overflow-wrap: anywhere; }
.qvim-listen .qvim-sounds tbody .right { box-shadow: inset 4px 0 #2f8f4e; }
.qvim-listen .qvim-sounds tbody td:nth-child(2) { width: calc(${WIDTH}px + .7em); }
.qvim-listen audio { width: 15em; height: 2.4em; }
${darkStyle(".qvim-listen")}
.qvim-picture { position: relative; line-height: 0; cursor: pointer; }
.qvim-picture img { max-width: 100%; height: auto; }
.qvim-picture i { position: absolute; top: 5.5%; bottom: 27%; width: 2px; margin-left: -1px; background: #fff; box-shadow: 0 0 4px #000; pointer-events: none; display: none; }
.qvim-picture.on i { display: block; }
</style>`;
