import { fileURLToPath } from "node:url";
import type { SoundPaths } from "../challenge/model.ts";
import { seededRandom } from "../challenge/statistics.ts";
import { type FetchedPackages, loadPackages } from "../io/fetched_package.ts";
import { display, escapeHtml } from "../ui/jupyter.ts";
import { ListenError } from "./checks.ts";
import { currentRun } from "./current_run.ts";
import { pageSound, readPart } from "./players.ts";

/** What hears sounds as vectors: any `EmbeddingModel`, and `VocalSearch`. */
export interface Embeds {
  /** Hears an item: a vector, or an object (or a list of them) that holds one as `embedding`. */
  embedItem(path: string): unknown;
  /** As {@linkcode Embeds.embedItem}, of a query. */
  embedQuery(path: string): unknown;
}

/** Which sounds a map shows; those of the notebook's run unless given. */
export interface MapOptions {
  /** Item → path. */
  items?: SoundPaths;
  /** Query → path. */
  queries?: SoundPaths;
}

/** A sound in the map. */
interface Point {
  name: string;
  kind: "item" | "query";
  /** The folder that it lies in. */
  class: string;
  path: string;
  x: number;
  y: number;
}

const UMAP: FetchedPackages = {
  name: "umap",
  title: "the package that draws maps (2 MB)",
  manifest: fileURLToPath(new URL("./umap/", import.meta.url)),
};

/** The part of umap-js that is used here. */
interface UmapPackage {
  UMAP: new (options: { nNeighbors: number; minDist: number; random: () => number }) => {
    fit(data: number[][]): number[][];
  };
}

/** With fewer sounds there are no neighbours to speak of. */
const LEAST = 4, MOST = 2000;
const NEIGHBORS = 12;
const WIDTH = 720, HEIGHT = 520, MARGIN = 24;
/** What all sounds in the page may take, in seconds: 12,000 bytes each. */
const PAGE_SECONDS = 120, LONGEST = 2;
const SEED = 1;

/**
 * Shows where a model puts items (squares) and queries (circles), in two dimensions by UMAP (L. McInnes,
 * J. Healy, J. Melville, 2018): what lies together sounds alike to the model. Hovering plays a sound,
 * and so does Enter where the keyboard is on it.
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
  const { items = {}, queries = {} } = { ...currentRun.sources(), ...options };
  const points = await placeSounds(model, items, queries);
  await display({
    "text/plain": `A map of ${Object.keys(items).length} items and ${
      Object.keys(queries).length
    } queries`,
    "text/html": mapOf(points),
  });
}

/** Hears all sounds and places them, the same ones always in the same places. */
export async function placeSounds(
  model: Embeds,
  items: SoundPaths,
  queries: SoundPaths,
): Promise<Point[]> {
  const sounds = [
    ...Object.entries(items).map(([name, path]) => ({ name, path, kind: "item" as const })),
    ...Object.entries(queries).map(([name, path]) => ({ name, path, kind: "query" as const })),
  ];
  if (sounds.length < LEAST || sounds.length > MOST) {
    throw new ListenError(
      `Expected from ${LEAST} to ${MOST} sounds to draw a map of but found ${sounds.length}`,
    );
  }
  const vectors: number[][] = [];
  for (const { name, path, kind } of sounds) {
    const heard = await (kind === "item" ? model.embedItem(path) : model.embedQuery(path));
    vectors.push(vectorOf(heard, name));
  }
  const { UMAP: Umap } = loadPackages(UMAP, ({ require }) => require("umap-js") as UmapPackage);
  const umap = new Umap({
    nNeighbors: Math.min(NEIGHBORS, sounds.length - 1),
    minDist: 0.2,
    random: seededRandom(SEED),
  });
  const places = umap.fit(vectors);
  const [x, y] = [0, 1].map((axis) => scale(places.map((place) => place[axis])));
  return sounds.map((sound, i) => ({
    ...sound,
    class: sound.path.split(/[\\/]/).at(-2) ?? "",
    x: MARGIN + x[i] * (WIDTH - 2 * MARGIN),
    y: MARGIN + y[i] * (HEIGHT - 2 * MARGIN),
  }));
}

/** Brings values into 0 … 1. */
function scale(values: number[]): number[] {
  const least = values.reduce((a, b) => Math.min(a, b)),
    most = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => most > least ? (value - least) / (most - least) : 0.5);
}

/** The direction of what a model heard: cosines compare directions. */
function vectorOf(heard: unknown, name: string): number[] {
  const first = Array.isArray(heard) && typeof heard[0] === "object" ? heard[0] : heard;
  const inner = (first as { embedding?: unknown } | null)?.embedding ?? first;
  const vector = Array.from((inner ?? []) as ArrayLike<number>);
  if (vector.length === 0 || !vector.every(Number.isFinite)) {
    throw new ListenError(
      `Expected the model to give a vector of finite numbers for ${name} but found ${
        Deno.inspect(inner, { depth: 0 })
      }`,
    );
  }
  const norm = Math.hypot(...vector.slice(0, 10_000)) || 1;
  return vector.map((x) => x / norm);
}

/** Colours that can be told apart, on light and on dark ground. */
const COLORS = [
  ...["#3572b0", "#d2691e", "#2f8f4e", "#b0307a", "#8a6d00", "#6a51a3", "#0f8b8d", "#c0392b"],
];

function mapOf(points: Point[]): string {
  const classes = [...new Set(points.map((point) => point.class))].sort();
  const colorOf = (name: string) => COLORS[classes.indexOf(name) % COLORS.length];
  const seconds = Math.min(LONGEST, PAGE_SECONDS / points.length);
  const marks: string[] = [], sounds: string[] = [];
  for (const [i, { name, kind, class: group, path, x, y }] of points.entries()) {
    const { audio } = readPart({ name, path }, seconds);
    sounds.push(`<audio preload="none" src="${pageSound(audio)}"></audio>`);
    const shape = kind === "item"
      ? `<rect x="${(x - 6).toFixed(1)}" y="${(y - 6).toFixed(1)}" width="12" height="12" rx="2"/>`
      : `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5"/>`;
    const label = escapeHtml(`${kind} ${name}, ${group}`);
    marks.push(
      `<g tabindex="0" role="button" aria-label="${label}" data-sound="${i}" fill="${
        colorOf(group)
      }">${shape}</g>`,
    );
  }
  const legend = classes.map((name) =>
    `<span><i style="background:${colorOf(name)}"></i>${escapeHtml(name)}</span>`
  );
  return `<div class="qvim-map">${STYLE}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ` +
    `${HEIGHT}" role="group" aria-label="Map of the sounds: squares are items, circles queries">` +
    `${marks.join("")}</svg><p>Squares are items, circles queries. ${legend.join(" ")}</p>` +
    `<div hidden>${sounds.join("")}</div>${SCRIPT}</div>`;
}

const STYLE = `<style>
.qvim-map { font: 13px/1.6 system-ui, sans-serif; max-width: ${WIDTH}px; }
.qvim-map svg { width: 100%; border: 1px solid #8886; border-radius: 6px; }
.qvim-map g { cursor: pointer; stroke: #fff; stroke-width: 1; }
.qvim-map g:hover, .qvim-map g:focus, .qvim-map g.on { stroke: currentColor; stroke-width: 3; outline: none; }
.qvim-map span { white-space: nowrap; margin-right: .8em; }
.qvim-map i { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin-right: .35em; }
</style>`;

/** Without it the map is a picture with the names of its points. */
const SCRIPT = `<script>
for (const root of document.querySelectorAll(".qvim-map:not([data-ready])")) {
  root.dataset.ready = "";
  const players = [...root.querySelectorAll("audio")];
  const play = (mark) => {
    for (const other of document.querySelectorAll(".qvim-map audio, .qvim-listen audio")) other.pause();
    for (const other of root.querySelectorAll(".on")) other.classList.remove("on");
    const player = players[mark.dataset.sound];
    mark.classList.add("on");
    player.currentTime = 0;
    // Pages may not play before they were clicked on.
    player.play().catch(() => {});
  };
  for (const mark of root.querySelectorAll("[data-sound]")) {
    // Not in the page's text: what takes the drawing out would leave the names of all sounds behind.
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = mark.getAttribute("aria-label");
    mark.prepend(title);
    mark.addEventListener("mouseenter", () => play(mark));
    mark.addEventListener("click", () => play(mark));
    mark.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      play(mark);
    });
  }
}
</script>`;
