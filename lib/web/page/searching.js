/** What is searched with, and what is found. */
import { search as searchFor } from "./api.js";
import { maxUpload, showLibrary } from "./library.js";
import { player } from "./listening.js";
import { $, counted, problem, say, state, update } from "./state.js";

/** Filters, as the interface names them, and where the page has them. */
const FILTERS = { text: "text", folder: "folder", maxSeconds: "max-seconds", channels: "channels" };

function parameters() {
  const params = new URLSearchParams({ top: "30" });
  for (const [name, id] of Object.entries(FILTERS)) {
    // A number field that holds something else says that it is empty.
    if (!$(id).checkValidity()) {
      throw new Error(`${$(id).labels[0].firstChild.data.trim()}: ${$(id).validationMessage}`);
    }
    if ($(id).value.trim() !== "") params.set(name, $(id).value.trim());
  }
  for (const id of state.closer) params.append("closer", id);
  for (const id of state.notThis) params.append("notThis", id);
  return params;
}

let underWay = new AbortController();
/** What the results are of, and what was said of them. */
let shown = {}, said = "";

/** Searches with what the state says, and shows what was found. */
export async function search() {
  const { query } = state;
  if (!query) return;
  // A later search overtakes this one.
  underWay.abort();
  underWay = new AbortController();
  problem();
  say("Searching …");
  state.isSearching = true;
  update();
  const text = $("text").value;
  try {
    const { results } = await searchFor(query, parameters(), underWay.signal);
    Object.assign(state, { results, text, selected: -1, hasFound: true, isSearching: false });
    shown = { query, closer: new Set(state.closer), notThis: new Set(state.notThis) };
    said = results.length === 0
      ? "No sound has these words and fits these filters: take some away."
      : counted(results.length, "sound") +
        (query.take ? ` for ${query.take.name}` : ` like ${query.sound.name}`);
    say(said);
    update();
    showLibrary().catch(() => {});
  } catch (error) {
    if (error.name !== "AbortError") fail(query, error);
  }
}

/** Nothing was found, for a reason: the results of something else must not stand there for it. */
function fail({ take }, { message, status }) {
  state.isSearching = false;
  if (status === 422 && take) {
    dropTake(take);
  } else {
    player.stop();
    Object.assign(state, { results: [], selected: -1 });
    shown = {};
    said = "";
  }
  sayAgain();
  update();
  problem(message);
}

/** Says what the results are of, after something else was said. */
export function sayAgain() {
  say(said);
}

/** Searches with something else: what was answered before was not about it. */
export function searchWith(query) {
  player.stop();
  Object.assign(state, { query, closer: new Set(), notThis: new Set() });
  update();
  search();
}

// ——— takes ———

/** Searches with a recording from now on. */
export function addTake(blob, name) {
  const take = { blob, name, key: URL.createObjectURL(blob) };
  state.takes.push(take);
  useTake(take);
}

/** Takes away what was no recording, or a silent one: what was searched with before is there again. */
function dropTake(take) {
  state.takes.splice(state.takes.indexOf(take), 1);
  URL.revokeObjectURL(take.key);
  Object.assign(state, { query: undefined, ...shown });
}

/** Searches with a take of before. */
export function useTake(take) {
  searchWith({ take });
}

async function takeFile(file) {
  if (!file) return;
  problem();
  if (file.size > maxUpload) {
    const most = Math.floor(maxUpload / 2 ** 20);
    return problem(
      `${file.name} is larger than the ${most} MB that are searched with: cut it shorter.`,
    );
  }
  try {
    // Kept here: the file may be moved or changed while the page is open.
    const bytes = await file.arrayBuffer();
    if (bytes.byteLength === 0) return problem(`${file.name} is empty.`);
    addTake(new Blob([bytes], { type: file.type }), file.name);
  } catch {
    problem(`${file.name} can't be read. Is it still there, and a file?`);
  }
}

// ——— words, filters and files ———

let typing;
$("filters").addEventListener("input", ({ target }) => {
  if (target.id === "volume") return player.volume = Number(target.value);
  if (target.id === "loop") return player.loop = target.checked;
  clearTimeout(typing);
  typing = setTimeout(search, 250);
});
$("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
});
$("forget").addEventListener("click", () => {
  state.closer.clear();
  state.notThis.clear();
  search();
});
$("file").addEventListener("change", ({ target }) => {
  takeFile(target.files[0]);
  // So that the same file can be chosen once more.
  target.value = "";
});
for (const type of ["dragover", "dragleave", "drop"]) {
  addEventListener(type, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    $("stage").classList.toggle("drop", type === "dragover");
    if (type === "drop") takeFile(event.dataTransfer.files[0]);
  });
}
