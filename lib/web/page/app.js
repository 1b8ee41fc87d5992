/** The search page: record, search, listen, say what is nearer, take the sound away. */
import { render } from "./vendor/lit-html/lit-html.js";
import { ask, audioOf, fileOf, search as searchFor } from "./api.js";
import { Player } from "./player.js";
import { resultList, stage } from "./views.js";
import { drawLevels } from "./waveform.js";
import { encodeWav, Recorder } from "../../ui/recorder/recorder.js";

const $ = (id) => document.getElementById(id);

const state = {
  /** `off`, `starting` or `on`. */
  recording: "off",
  /** How long it has been on. */
  seconds: 0,
  takes: [],
  /** What is searched with: `{ take }`, or a `{ sound }` of the library. */
  query: undefined,
  results: [],
  hasFound: false,
  /** The place of the result that keys go to. */
  selected: -1,
  closer: new Set(),
  notThis: new Set(),
  /** The words that the results were asked for with. */
  text: "",
  /** The key of what plays, and how far it has come. */
  playing: undefined,
  progress: 0,
};

let isDue = false;

/** Shows the state as it is after all that happens now. */
function update() {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    state.playing = player.now?.key;
    state.progress = player.progress;
    render(stage(state, on), $("stage"));
    render(resultList(state, on), $("results"));
    const answers = [[state.closer, "closer"], [state.notThis, "not this"]]
      .filter(([{ size }]) => size > 0).map(([{ size }, name]) => `${size} ${name}`).join(", ");
    $("forget").hidden = answers === "";
    $("forget").textContent = `Forget ${answers}`;
    $("welcome").hidden = state.hasFound;
    document.body.classList.toggle("found", state.hasFound);
  });
}

function say(text) {
  $("status").textContent = text;
}

function problem(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text ?? "";
}

const player = new Player($("player"), {
  onChange: update,
  onFailure({ url, name }) {
    ask(url, { headers: { range: "bytes=0-0" } }).then(
      () => problem(`This browser does not play ${name}.`),
      ({ message, status }) => problem(status ? message : `This browser does not play ${name}.`),
    );
  },
});

// ——— recording ———

/** How often the level is drawn, in milliseconds. */
const LEVEL_INTERVAL = 33;
let levels = [], loudest = 0, begun = 0, started;

const recorder = new Recorder({
  onLevel(level) {
    loudest = Math.max(loudest, level);
    const now = performance.now();
    if (state.recording !== "on" || now - begun < levels.length * LEVEL_INTERVAL) return;
    levels.push(loudest);
    $("level").value = loudest;
    $("record").style.setProperty("--loud", loudest.toFixed(2));
    drawLevels($("levels"), levels);
    loudest = 0;
    state.seconds = (now - begun) / 1000;
    update();
  },
  onFull: () => stop(),
});

async function start() {
  if (state.recording !== "off") return;
  state.recording = "starting";
  problem();
  player.stop();
  started = recorder.start();
  try {
    await started;
  } catch (error) {
    state.recording = "off";
    problem(error.message);
    return;
  }
  if (state.recording !== "starting") return;
  Object.assign(state, { recording: "on", seconds: 0 });
  levels = [];
  begun = performance.now();
  say("Listening …");
  update();
}

async function stop() {
  if (state.recording === "off") return;
  state.recording = "off";
  // Where it never began, start() has said why.
  if (!await started.then(() => true, () => false)) return;
  const { samples, sampleRate } = await recorder.stop();
  $("record").style.setProperty("--loud", "0");
  update();
  if (samples.length === 0) {
    say("");
    problem(
      "Nothing was heard. Come nearer to the microphone, or choose another one, and try again.",
    );
    return;
  }
  addTake(encodeWav(samples, sampleRate), `Take ${++recorded}`);
}

// ——— takes ———

let recorded = 0;

function addTake(blob, name) {
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

function useTake(take) {
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

// ——— searching ———

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

async function search() {
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
function searchWith(query) {
  player.stop();
  Object.assign(state, { query, closer: new Set(), notThis: new Set() });
  update();
  search();
}

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

// ——— what can be done with results ———

const playable = (sound) => ({ ...sound, key: sound.id, url: audioOf(sound) });

let pressedAt = 0;
const on = {
  press(event) {
    if (event.button !== 0) return;
    pressedAt = event.timeStamp;
    // Who holds it may let go of it elsewhere.
    event.currentTarget.setPointerCapture(event.pointerId);
    if (state.recording === "off") return void start();
    pressedAt = 0;
    stop();
  },
  // A short press begins and the next one ends; a long one records while it lasts.
  release({ timeStamp }) {
    if (pressedAt > 0 && timeStamp - pressedAt > 600) stop();
  },
  // Of the keyboard and of assistive technology; the pointer has been served.
  clickRecord(event) {
    if (event.detail === 0) toggleRecording();
  },
  chooseFile: () => $("file").click(),
  useTake,
  playTake(take, from) {
    if (from === undefined && player.now?.key === take.key) return player.stop();
    problem();
    player.play({ key: take.key, url: take.key, name: take.name, start: 0, end: Infinity }, from);
  },
  toggle(index) {
    if (player.now?.key === state.results[index].id) player.stop();
    else on.playFrom(index, 0);
  },
  playFrom(index, from) {
    state.selected = index;
    problem();
    player.play(playable(state.results[index]), from);
  },
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
  copy({ path }) {
    navigator.clipboard.writeText(path).then(() => say(`Copied ${path}`), () => say(path));
  },
  drag({ dataTransfer }, sound) {
    const url = new URL(fileOf(sound), location.href).href;
    dataTransfer.effectAllowed = "copy";
    dataTransfer.setData("DownloadURL", `application/octet-stream:${sound.name}:${url}`);
    dataTransfer.setData("text/uri-list", url);
    dataTransfer.setData("text/plain", sound.path);
  },
};

function toggleRecording() {
  state.recording === "off" ? start() : stop();
}

// ——— keys ———

/** Moves to the result before or after, and plays it. */
function audition(step) {
  const next = Math.max(0, Math.min(state.results.length - 1, state.selected + step));
  const item = $("results").children[next];
  item.querySelector(".name").focus();
  item.scrollIntoView({ block: "nearest" });
  player.stop();
  on.playFrom(next, 0);
}

addEventListener("keydown", (event) => {
  const { key, target } = event, { results, selected } = state;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches("input, textarea, select, summary")) return;
  if (key === "ArrowDown" && results.length > 0) audition(1);
  else if (key === "ArrowUp" && results.length > 0) audition(-1);
  else if ((key === " " || key === "Enter") && target.matches(".name")) {
    on.toggle([...$("results").children].indexOf(target.closest("li")));
  } else if (key === " " && results[selected] && !target.matches("button")) on.toggle(selected);
  else if (key === "m" && results[selected]) on.more(results[selected]);
  else if (key === "r" && !event.repeat) toggleRecording();
  else return;
  event.preventDefault();
});

$("filters-more").open = innerWidth > 640;
player.volume = Number($("volume").value);
update();
ask("/api/library").then(
  ({ sounds }) => {
    $("library").textContent = `${sounds.toLocaleString()} sounds`;
    if (sounds === 0) problem("The library is empty. Take sounds in with: deno task index FOLDER");
  },
  ({ message }) => problem(message),
);
