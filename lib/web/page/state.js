/** What the page shows, and how its parts tell that something has changed. */

/** An element by its id. */
export const $ = (id) => document.getElementById(id);

export const state = {
  /** `off`, `starting` or `on`. */
  recording: "off",
  /** How long it has been on. */
  seconds: 0,
  takes: [],
  /** What is searched with: `{ take }`, or a `{ sound }` of the library. */
  query: undefined,
  results: [],
  hasFound: false,
  /** Whether the results are of what was searched before. */
  isSearching: false,
  /** The place of the result that keys go to. */
  selected: -1,
  closer: new Set(),
  notThis: new Set(),
  /** The id of the result whose path was copied just now. */
  copied: undefined,
  /** The words that the results were asked for with. */
  text: "",
  /** The key of what plays, and how far it has come. */
  playing: undefined,
  progress: 0,
};

let isDue = false;
let draw = () => {};

/** @param show Shows the state. */
export function drawWith(show) {
  draw = show;
}

/** Shows the state as it is after all that happens now. */
export function update() {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    draw();
  });
}

/** As `1 sound` or `1,200 sounds`. */
export function counted(count, what) {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** Says how it goes. */
export function say(text) {
  $("status").textContent = text;
}

/** Says what is wrong and what to do; nothing is, where there is no text. */
export function problem(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text ?? "";
}
