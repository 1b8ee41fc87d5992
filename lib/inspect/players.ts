import { escapeHtml } from "../ui/jupyter.ts";
import { darkStyle, SILENCE_OTHERS } from "./page_parts.ts";
import { pageSound } from "./page_sound.ts";
import { asImage } from "./picture.ts";
import { readPart, type SoundPart } from "./sounds.ts";
import { drawSpectrogram, timeAxis } from "./spectrogram.ts";

/** No more of a sound goes into the page: ten rows of five of them stay below 5 MB. */
const PAGE_SECONDS = 5;
const WIDTH = 420, HEIGHT = 110;

/** A sound in a table. */
export interface Shown extends SoundPart {
  /** What it is: the imitation, the right item, an answer. */
  role: string;
  /** What it is of, where that is known. */
  class?: string;
  rank?: number;
  score?: number;
  isRight?: boolean;
}

/**
 * Tables of sounds as a page shows them, with players and spectrograms on one time axis. One sound
 * plays at a time, also of those that the page shows elsewhere; the arrow keys go on, space plays; a
 * line goes through the picture of the one that plays, and a click there plays from that place.
 *
 * @param tables What {@linkcode soundTable} gives.
 *
 * @example
 * ```ts ignore
 * const html = playersPage([soundTable("Found", [{ role: "answer 1", name: "a.wav", path: "a.wav" }])]);
 * ```
 */
export function playersPage(tables: string[]): string {
  return `<div class="qvim-listen">${STYLE}${tables.join("")}${SCRIPT}</div>`;
}

/**
 * A table of sounds, for {@linkcode playersPage}; by itself it plays as well.
 *
 * @param title What stands above it.
 * @param sounds Its rows.
 * @throws {ListenError} Where a file is gone.
 */
export function soundTable(title: string, sounds: Shown[]): string {
  const heard = sounds.map((sound) => ({ ...sound, ...readPart(sound, PAGE_SECONDS) }));
  const seconds = Math.max(...heard.map(({ audio }) => audio.samples.length / audio.sampleRate));
  const { from, to } = timeAxis(WIDTH);
  const cells = heard.map(({ role, name, class: group, rank, score, isRight, audio, length }) => {
    const mark = isRight ? " ✓" : "";
    const place = rank === undefined ? "" : `rank ${rank}, score ${score!.toPrecision(4)}`;
    const time = length > PAGE_SECONDS
      ? `the first ${PAGE_SECONDS} s of ${length.toFixed(1)} s`
      : `${Number(length.toPrecision(3))} s`;
    const about = [name, place, group === undefined ? time : `${group}, ${time}`]
      .filter((text) => text !== "");
    const picture = drawSpectrogram(audio, { title: name, width: WIDTH, height: HEIGHT, seconds });
    return `<tr${isRight ? ' class="right"' : ""}><th scope="row">${escapeHtml(role)}${mark}` +
      `${about.map((text) => `<br><span>${escapeHtml(text)}</span>`).join("")}</th><td>` +
      `<div class="qvim-picture" data-from="${from.toFixed(2)}" data-to="${to.toFixed(2)}" ` +
      `data-seconds="${seconds}" data-length="${audio.samples.length / audio.sampleRate}">` +
      `${asImage(picture)}</div></td><td>` +
      `<audio controls controlslist="nodownload noplaybackrate" class="qvim-sound" ` +
      `preload="metadata" aria-label="${escapeHtml(`${role}: ${name}`)}" ` +
      `src="${pageSound(audio)}"></audio></td></tr>`;
  });
  return `<table class="qvim-sounds"><caption>${escapeHtml(title)}</caption><tbody>${
    cells.join("")
  }</tbody></table>`;
}

const STYLE = `<style>
.qvim-listen { overflow-x: auto; }
.qvim-listen table { border-collapse: collapse; margin: .6em 0 1.2em; font: 13px/1.4 system-ui, sans-serif; }
.qvim-listen caption { text-align: left; font-weight: 600; padding: .2em 0; }
.qvim-listen .qvim-sounds tbody tr:nth-child(n) { background: none; }
.qvim-listen .qvim-sounds tbody th, .qvim-listen .qvim-sounds tbody td { text-align: left; padding: .2em .7em .2em 0; vertical-align: middle; background: none; }
.qvim-listen .qvim-sounds tbody th { font-weight: 600; width: 13em; min-width: 11em; max-width: 13em; padding-left: .6em; }
.qvim-listen .qvim-sounds th span { font-weight: 400; overflow-wrap: anywhere; }
.qvim-listen .qvim-sounds tbody .right th { box-shadow: inset 4px 0 #2f8f4e; }
.qvim-listen audio { width: 15em; height: 2.4em; }
${darkStyle(".qvim-listen")}
.qvim-picture { position: relative; display: inline-block; line-height: 0; cursor: pointer; }
.qvim-picture i { position: absolute; top: 5.5%; bottom: 27%; width: 2px; margin-left: -1px; background: #fff; box-shadow: 0 0 4px #000; pointer-events: none; display: none; }
.qvim-picture.on i { display: block; }
</style>`;

/** One at a time, and the keys; without it the players work by themselves. */
const SCRIPT = `<script>
for (const root of document.querySelectorAll(".qvim-listen:not([data-ready])")) {
  root.dataset.ready = "";
  const players = [...root.querySelectorAll("audio")];
  ${SILENCE_OTHERS}
  const playFrom = (player, time) => {
    silenceOthers(player);
    player.currentTime = time;
    // Pages may not play before they were clicked on.
    player.play().catch(() => {});
  };
  for (const player of players) {
    player.tabIndex = 0;
    // It may come late: another may play by then.
    player.addEventListener("play", () => player.paused || silenceOthers(player));
    const picture = player.closest("tr").querySelector(".qvim-picture");
    const [from, to, seconds, length] = ["from", "to", "seconds", "length"].map((name) =>
      Number(picture.dataset[name]));
    const line = document.createElement("i");
    picture.append(line);
    const move = () => {
      line.style.left = from + (to - from) * Math.min(player.currentTime, length) / seconds + "%";
      picture.classList.toggle("on", player.currentTime > 0 && !player.ended);
      if (!player.paused) requestAnimationFrame(move);
    };
    for (const event of ["play", "pause", "seeked", "ended"]) player.addEventListener(event, move);
    picture.addEventListener("click", ({ clientX }) => {
      const { left, width } = picture.getBoundingClientRect();
      const time = ((clientX - left) / width * 100 - from) / (to - from) * seconds;
      playFrom(player, time > 0 && time < length ? time : 0);
      player.focus({ preventScroll: true });
    });
  }
  // Before the players' own keys, which change the volume.
  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const i = players.indexOf(event.target);
    if (step === undefined || i < 0 || players[i + step] === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    players[i + step].focus();
    playFrom(players[i + step], 0);
  }, true);
}
</script>`;
