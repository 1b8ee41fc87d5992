/** The search page: record, search, listen, say what is nearer, take the sound away. */
import { render } from "./vendor/lit-html/lit-html.js";
import { fileOf } from "./api.js";
import { showLibrary } from "./library.js";
import { player, playFrom, playTake, toggle } from "./listening.js";
import { clickRecord, press, release, toggleRecording } from "./recording.js";
import { search, searchWith, useTake } from "./searching.js";
import { $, drawWith, problem, say, state, update } from "./state.js";
import { resultList, stage } from "./views.js";

/** How long a button says that it has copied, in milliseconds. */
const COPIED_MS = 2000;
let copying;

/** What can be done with the take and with results. */
const on = {
  ...{ press, release, clickRecord, useTake, playTake, playFrom, toggle },
  chooseFile: () => $("file").click(),
  more(sound) {
    searchWith({ sound });
    scrollTo({ top: 0, behavior: "smooth" });
  },
  closer({ id }) {
    state.closer.has(id) ? state.closer.delete(id) : state.closer.add(id);
    search();
  },
  not({ id }) {
    state.notThis.add(id);
    search();
  },
  async copy({ id, path }) {
    try {
      // A page that comes over http from another machine has no clipboard.
      await navigator.clipboard.writeText(path);
    } catch {
      return problem(`This browser lets the page copy nothing. The path is ${path}`);
    }
    problem();
    say(`Copied ${path}`);
    state.copied = id;
    update();
    clearTimeout(copying);
    copying = setTimeout(() => {
      state.copied = undefined;
      update();
    }, COPIED_MS);
  },
  drag({ dataTransfer }, sound) {
    const url = new URL(fileOf(sound), location.href).href;
    dataTransfer.effectAllowed = "copy";
    // Its parts are told apart by colons.
    const name = sound.name.replaceAll(":", "_");
    dataTransfer.setData("DownloadURL", `application/octet-stream:${name}:${url}`);
    dataTransfer.setData("text/uri-list", url);
    dataTransfer.setData("text/plain", sound.path);
  },
};

drawWith(() => {
  state.playing = player.now?.key;
  state.progress = player.progress;
  render(stage(state, on), $("stage"));
  render(resultList(state, on), $("results"));
  const answers = [[state.closer, "closer"], [state.notThis, "not this"]]
    .filter(([{ size }]) => size > 0).map(([{ size }, name]) => `${size} ${name}`).join(", ");
  $("forget").hidden = answers === "";
  $("forget").textContent = `Forget ${answers}`;
  $("results").setAttribute("aria-busy", state.isSearching);
  $("welcome").hidden = state.hasFound;
  document.body.classList.toggle("found", state.hasFound);
});

// ——— keys ———

/** Moves to the result before or after, and plays it. */
function audition(step) {
  const next = Math.max(0, Math.min(state.results.length - 1, state.selected + step));
  const item = $("results").children[next];
  item.querySelector(".name").focus();
  item.scrollIntoView({ block: "nearest" });
  player.stop();
  playFrom(next, 0);
}

addEventListener("keydown", (event) => {
  const { target } = event, { results, selected } = state;
  // With caps lock on letters are capitals.
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches("input, textarea, select, summary")) return;
  if (key === "ArrowDown" && results.length > 0) audition(1);
  else if (key === "ArrowUp" && results.length > 0) audition(-1);
  else if ((key === " " || key === "Enter") && target.matches(".name")) {
    toggle([...$("results").children].indexOf(target.closest("li")));
  } else if (key === " " && results[selected] && !target.matches("button")) toggle(selected);
  else if (key === "m" && results[selected]) on.more(results[selected]);
  else if (key === "r" && !event.repeat) toggleRecording();
  else return;
  event.preventDefault();
});

// Where there is room they stand open, and there is nothing to open them with: see filters.css.
const hasRoom = matchMedia("(min-width: 40.01rem)");
const openFilters = () => hasRoom.matches && ($("filters-more").open = true);
hasRoom.addEventListener("change", openFilters);
openFilters();
player.volume = Number($("volume").value);
update();
showLibrary().then(problem, ({ message }) => problem(message));
