import type { SoundPaths } from "../challenge/model.ts";
import type { MonoAudio } from "../audio/wav.ts";
import { assertOptions } from "../io/options.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { ListenError } from "./checks.ts";
import { colorsFor } from "./class_colors.ts";
import { currentRun } from "./current_run.ts";
import { setUpMaps } from "./page/map.js";
import { silenceOthers } from "./page/players.js";
import { type PageOptions, scriptOf } from "./page_parts.ts";
import { pageSound } from "./page_sound.ts";
import { asImage } from "./picture.ts";
import { type Embeds, placeSounds, type Point } from "./place_sounds.ts";
import { readPart } from "./sounds.ts";

/** Which sounds a map shows; those of the notebook's run unless given. */
export interface MapOptions {
  /** Item → path. */
  items?: SoundPaths;
  /** Query → path. */
  queries?: SoundPaths;
}

const WIDTH = 720, HEIGHT = 520, MARGIN = 24;
/** What all sounds in the page may take, and what each takes at least and at most, in bytes. */
const PAGE_BYTES = 2_200_000, LEAST_BYTES = 1500, MOST_BYTES = 16_000;
/** Bytes of a second at the lowest rate. */
const SECOND = 8000;
/** The loudest part of a sound is looked for in so many seconds. */
const SEARCHED = 10;

/**
 * Shows where a model puts items (squares) and queries (circles), in two dimensions by UMAP (L. McInnes,
 * J. Healy, J. Melville, 2018): what lies together sounds alike to the model. Hovering plays the loudest
 * part of a sound, and so do Enter and the arrow keys; the names of classes show where theirs are.
 *
 * @param model What hears the sounds.
 * @param options Which sounds; those of the notebook's run unless given.
 * @throws {ListenError} Where there are too few sounds or too many, or the model gives no vectors.
 *
 * @example
 * ```ts ignore
 * await embeddingMap(new VocalSearch());
 * ```
 */
export async function embeddingMap(model: Embeds, options: MapOptions = {}): Promise<void> {
  assertOptions(options, {}, ListenError);
  const { items = {}, queries = {} } = { ...currentRun.sources(), ...options };
  const points = await placeSounds(model, items, queries);
  await display({
    "text/plain": `A map of ${Object.keys(items).length} items and ${
      Object.keys(queries).length
    } queries`,
    "text/html": await mapOf(points),
  });
}

/**
 * The map as a page shows it.
 *
 * @param points The sounds; `src` is where the page loads one from whose text is not to hold it.
 * @param options Where the page has the script; it is `lib/inspect/page/map.js`.
 */
export async function mapOf(
  points: (Point & { src?: string })[],
  options: PageOptions = {},
): Promise<string> {
  const classes = [...new Set(points.map((point) => point.class))].sort();
  const colors = colorsFor(classes.length);
  const colorOf = (name: string) => colors[classes.indexOf(name)];
  const bytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, PAGE_BYTES / points.length));
  const size = points.length > 300 ? 8 : 12;
  const shapes = points.map(({ kind, class: group, x, y }) =>
    shape(kind, x, y, size, colorOf(group))
  );
  const marks = await Promise.all(points.map(async ({ name, kind, class: group, path, src }, i) => {
    const sound = src === undefined ? await loudestPart(name, path, bytes) : escapeHtml(src);
    return `<g tabindex="${i === 0 ? 0 : -1}" role="button" aria-label="${
      escapeHtml(`${kind} ${name}, ${group}`)
    }" data-sound="${i}" data-class="${classes.indexOf(group)}" data-src="${sound}">${
      shapes[i]
    }</g>`;
  }));
  const label = "Map of the sounds: squares are items, circles queries";
  const box = `viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${box}`;
  // Where drawings are taken out of the page, and with them the style that hides it.
  const still = asImage(
    `${open} width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${label}">${
      shapes.join("")
    }</svg>`,
  );
  const legend = classes.map((name, i) =>
    `<span data-class="${i}"><i style="background:${colors[i]}">&nbsp;</i>${
      escapeHtml(name)
    }</span>`
  );
  return `<div class="qvim-map">${STYLE}<div class="qvim-still">${still}</div>` +
    `${open} role="group" aria-label="${label}">${marks.join("")}</svg>` +
    `<p class="qvim-here" role="status"></p>` +
    `<p>Squares are items, circles queries; what lies near sounds alike to the model (UMAP, whose ` +
    `axes have no unit).</p><p class="qvim-classes">${legend.join(" ")}</p>` +
    `<audio class="qvim-sound" preload="none" hidden></audio>${
      scriptOf(options, setUpMaps, silenceOthers)
    }</div>`;
}

function shape(kind: string, x: number, y: number, size: number, color: string): string {
  const [left, top] = [
    MARGIN + x * (WIDTH - 2 * MARGIN),
    MARGIN + y * (HEIGHT - 2 * MARGIN),
  ];
  return kind === "item"
    ? `<rect x="${(left - size / 2).toFixed(1)}" y="${
      (top - size / 2).toFixed(1)
    }" width="${size}" ` +
      `height="${size}" rx="2" fill="${color}"/>`
    : `<circle cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="${
      size / 2 - 1
    }" fill="${color}"/>`;
}

/** What the page's text holds of a sound. */
async function loudestPart(name: string, path: string, bytes: number): Promise<string> {
  const { audio } = await readPart({ name, path }, SEARCHED);
  return pageSound(loudest(audio, bytes / SECOND), bytes);
}

/** The part with the most power, for those who hear no more of a sound than that. */
function loudest({ samples, sampleRate }: MonoAudio, seconds: number): MonoAudio {
  const count = Math.floor(seconds * sampleRate);
  if (samples.length <= count) return { samples, sampleRate };
  let power = 0, most = -1, at = 0;
  for (let i = 0; i < samples.length; i++) {
    power += samples[i] ** 2 - (i >= count ? samples[i - count] ** 2 : 0);
    if (i >= count - 1 && power > most) {
      most = power;
      at = i - count + 1;
    }
  }
  return { samples: samples.subarray(at, at + count), sampleRate };
}

const STYLE = `<style>
.qvim-map { font: 13px/1.6 system-ui, sans-serif; max-width: ${WIDTH}px; }
.qvim-map .qvim-still { display: none; }
.qvim-map svg { width: 100%; border: 1px solid #8886; border-radius: 6px; }
.qvim-map g { cursor: pointer; stroke: #fff; stroke-width: 1; transition: opacity .15s; }
.qvim-map g:hover, .qvim-map g:focus, .qvim-map g.on { stroke: currentColor; stroke-width: 3; outline: none; }
.qvim-map svg.some g:not(.of) { opacity: .12; }
.qvim-map p { margin: .3em 0; }
.qvim-map .qvim-classes { max-height: 9em; overflow-y: auto; }
.qvim-map .qvim-classes span { white-space: nowrap; margin-right: .8em; cursor: pointer; border-radius: .3em; }
.qvim-map i { display: inline-block; width: .8em; height: .8em; line-height: .8em; border-radius: .2em; margin-right: .35em; }
</style>`;
