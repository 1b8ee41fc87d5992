/** What is searched with, and what is found. */
import { search as searchFor } from "./api.js";
import { player } from "./listening.js";
import { $, problem, say, state, update } from "./state.js";

/** Filters, as the interface names them, and where the page has them. */
const FILTERS = { text: "text", folder: "folder", maxSeconds: "max-seconds", channels: "channels" };

function parameters() {
  const params = new URLSearchParams({ top: "30" });
  for (const [name, id] of Object.entries(FILTERS)) {
    if ($(id).value.trim() !== "") params.set(name, $(id).value.trim());
  }
  for (const id of state.closer) params.append("closer", id);
  for (const id of state.notThis) params.append("notThis", id);
  return params;
}

let underWay = new AbortController();

/** Searches with what the state says, and shows what was found. */
export async function search() {
  const { query } = state;
  if (!query) return;
  // A later search overtakes this one.
  underWay.abort();
  underWay = new AbortController();
  problem();
  say("Searching …");
  const text = $("text").value;
  try {
    const { results } = await searchFor(query, parameters(), underWay.signal);
    Object.assign(state, { results, text, selected: -1, hasFound: true });
    const what = query.take ? query.take.name : `sounds like ${query.sound.name}`;
    say(
      results.length === 0
        ? "No sound has these words and fits these filters: take some away."
        : `${results.length} sounds for ${what}`,
    );
    update();
  } catch (error) {
    if (error.name === "AbortError") return;
    say("");
    if (error.status === 422 && query.take) dropTake(query.take);
    problem(error.message);
  }
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
  const take = { blob, name, key: URL.createObjectURL(blob), before: state.query };
  state.takes.push(take);
  useTake(take);
}

/** Takes away what was no recording, or a silent one. */
function dropTake(take) {
  state.takes.splice(state.takes.indexOf(take), 1);
  URL.revokeObjectURL(take.key);
  state.query = take.before;
  update();
}

/** Searches with a take of before. */
export function useTake(take) {
  searchWith({ take });
}

async function takeFile(file) {
  if (!file) return;
  problem();
  try {
    // Kept here: the file may be moved or changed while the page is open.
    addTake(new Blob([await file.arrayBuffer()], { type: file.type }), file.name);
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
