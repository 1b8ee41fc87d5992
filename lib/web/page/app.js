/** The search page: record, search, listen, say what is nearer, take the sound away. */
import WaveSurfer from "./wavesurfer.js";
import { clock, drawWhenSeen, marked } from "./pictures.js";
import { encodeWav, Recorder } from "../../ui/recorder/recorder.js";

const $ = (id) => document.getElementById(id);
const player = $("player");

/** What is searched with now: a recording, or a sound of the library. */
let query;
const takes = [];
let recorded = 0;
let results = [];
let selected = -1;
let closer = new Set(), notThis = new Set();
let recording = null;
let searches = 0;

// ——— telling ———

function say(text) {
  $("status").textContent = text;
}

function problem(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text ?? "";
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Start it again with: deno task serve");
  }
  const answer = await response.json().catch(() => ({ error: `Status ${response.status}` }));
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

// ——— recording ———

const recorder = new Recorder({
  onLevel(level) {
    $("level").value = level;
    $("record").style.setProperty("--loud", level.toFixed(2));
  },
  onFull: () => stop(),
});

async function start() {
  if (recording) return;
  problem();
  stopPlaying();
  recording = recorder.start();
  try {
    await recording;
  } catch (error) {
    recording = null;
    problem(error.message);
    return;
  }
  $("record").setAttribute("aria-pressed", "true");
  $("record-label").textContent = "Stop";
  say("Listening …");
}

async function stop() {
  if (!recording) return;
  const begun = recording;
  recording = null;
  // Where it never began, start() has said why.
  if (!await begun.then(() => true, () => false)) return;
  const { samples, sampleRate } = await recorder.stop();
  $("record").setAttribute("aria-pressed", "false");
  $("record-label").textContent = "Record";
  if (samples.length === 0) {
    say("");
    problem(
      "Nothing was heard. Come nearer to the microphone, or choose another one, and try again.",
    );
    return;
  }
  addTake(encodeWav(samples, sampleRate), `Take ${++recorded}`);
}

let pressedAt = 0;
$("record").addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  pressedAt = performance.now();
  // Who holds it may let go of it elsewhere.
  $("record").setPointerCapture(event.pointerId);
  if (recording) {
    pressedAt = 0;
    stop();
  } else start();
});
// A short press begins and the next one ends; a long one records while it lasts.
$("record").addEventListener("pointerup", () => {
  if (pressedAt > 0 && performance.now() - pressedAt > 600) stop();
});
$("record").addEventListener("click", (event) => {
  // Of the keyboard and of assistive technology; the pointer has been served.
  if (event.detail === 0) recording ? stop() : start();
});

// ——— takes ———

let wave;

function addTake(blob, name) {
  const button = document.createElement("button");
  button.textContent = name;
  const item = document.createElement("li");
  item.append(button);
  $("history").append(item);
  const take = { blob, name, url: URL.createObjectURL(blob), item, before: query };
  takes.push(take);
  button.addEventListener("click", () => useTake(take));
  useTake(take);
}

/** Takes away what was no recording, or a silent one. */
function dropTake(take) {
  take.item.remove();
  takes.splice(takes.indexOf(take), 1);
  URL.revokeObjectURL(take.url);
  wave?.destroy();
  wave = undefined;
  $("take").hidden = true;
  query = take.before;
  markTake();
}

/** Marks in the history what is searched with. */
function markTake() {
  for (const take of takes) {
    take.item.firstChild.setAttribute("aria-pressed", String(take === query?.take));
  }
}

function useTake(take) {
  query = { take };
  closer = new Set();
  notThis = new Set();
  markTake();
  $("take").hidden = false;
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  wave?.destroy();
  wave = WaveSurfer.create({
    container: $("take-wave"),
    height: 48,
    waveColor: color("--wave"),
    progressColor: color("--wave-on"),
    barWidth: 2,
    barGap: 1,
    normalize: true,
    url: take.url,
  });
  wave.on("play", () => {
    stopPlaying();
    $("play-take").textContent = "❚❚";
  });
  wave.on("pause", () => $("play-take").textContent = "▶");
  // What this browser can't decode may be found all the same: AIFF, for one.
  wave.on("error", () => $("take").hidden = true);
  wave.setVolume(Number($("volume").value));
  search();
}

$("play-take").addEventListener("click", () => {
  wave?.playPause();
});
$("again").addEventListener("click", () => search());

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
$("file").addEventListener("change", () => takeFile($("file").files[0]));
for (const type of ["dragover", "dragleave", "drop"]) {
  addEventListener(type, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    document.querySelector(".stage").classList.toggle("drop", type === "dragover");
    if (type === "drop") takeFile(event.dataTransfer.files[0]);
  });
}

// ——— searching ———

function parameters() {
  const params = new URLSearchParams({ top: "30" });
  for (
    const [name, id] of [["text", "text"], ["folder", "folder"], ["maxSeconds", "max-seconds"], [
      "channels",
      "channels",
    ]]
  ) {
    if ($(id).value.trim() !== "") params.set(name, $(id).value.trim());
  }
  for (const id of closer) params.append("closer", id);
  for (const id of notThis) params.append("notThis", id);
  return params;
}

async function search() {
  if (!query) return;
  const number = ++searches;
  problem();
  say("Searching …");
  const params = parameters();
  const begun = performance.now();
  try {
    const answer = query.take
      ? await ask(`/api/search?${params}`, { method: "POST", body: query.take.blob })
      : await ask(`/api/sounds/${encodeURIComponent(query.id)}/similar?${params}`);
    // A later search has overtaken this one.
    if (number !== searches) return;
    show(answer.results, performance.now() - begun);
  } catch (error) {
    if (number !== searches) return;
    say("");
    if (error.status === 422 && query.take) dropTake(query.take);
    problem(error.message);
  }
}

let typing;
$("filters").addEventListener("input", (event) => {
  if (["volume", "loop"].includes(event.target.id)) return;
  clearTimeout(typing);
  typing = setTimeout(search, 250);
});
$("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

$("forget").addEventListener("click", () => {
  closer.clear();
  notThis.clear();
  search();
});

// ——— results ———

function show(found, milliseconds) {
  $("welcome").hidden = true;
  results = found;
  selected = -1;
  const what = query.take ? query.take.name : `sounds like ${query.name}`;
  say(
    found.length === 0
      ? "No sound has these words and fits these filters: take some away."
      : `${found.length} sounds for ${what}, in ${Math.round(milliseconds)} ms`,
  );
  document.body.classList.add("found");
  $("results").replaceChildren(...found.map(row));
  const answers = [[closer, "closer"], [notThis, "not this"]]
    .filter(([{ size }]) => size > 0).map(([{ size }, name]) => `${size} ${name}`).join(", ");
  $("forget").hidden = answers === "";
  $("forget").textContent = `Forget ${answers}`;
}

function row(sound, index) {
  const item = $("row").content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`.${name}`);
  const seconds = sound.end - sound.start;
  const moment = sound.start > 0 || sound.end < sound.duration - 0.05
    ? `at ${clock(sound.start)} of ${clock(sound.duration)}`
    : "";
  part("name").replaceChildren(...marked(sound.name, $("text").value));
  part("name").setAttribute("aria-label", `${sound.name}, ${seconds.toFixed(1)} seconds: play`);
  part("where").textContent = [sound.folder, moment].filter(Boolean).join(" · ");
  part("length").textContent = `${seconds.toFixed(1)} s`;
  part("score").textContent = sound.score?.toFixed(2) ?? "";
  part("play").setAttribute("aria-label", `Play ${sound.name}`);
  part("play").addEventListener("click", () => toggle(index));
  part("name").addEventListener("click", () => toggle(index));
  part("more").addEventListener("click", () => moreLike(sound));
  part("closer").setAttribute("aria-pressed", String(closer.has(sound.id)));
  part("closer").addEventListener("click", () => {
    closer.has(sound.id) ? closer.delete(sound.id) : closer.add(sound.id);
    search();
  });
  part("not").addEventListener("click", () => {
    notThis.add(sound.id);
    search();
  });
  part("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(sound.path).then(
      () => say(`Copied ${sound.path}`),
      () => say(sound.path),
    );
  });
  item.addEventListener("dragstart", (event) => {
    const url = new URL(audioOf(sound), location.href).href;
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("DownloadURL", `${sound.type}:${sound.name}:${url}`);
    event.dataTransfer.setData("text/uri-list", url);
    event.dataTransfer.setData("text/plain", sound.path);
  });
  drawWhenSeen(part("peaks"), () => ask(`/api/sounds/${encodeURIComponent(sound.id)}/peaks`));
  return item;
}

function moreLike(sound) {
  query = { id: sound.id, name: sound.name };
  markTake();
  closer = new Set();
  notThis = new Set();
  search();
  scrollTo({ top: 0, behavior: "smooth" });
}

// ——— listening: one at a time ———

const audioOf = (sound) => `/api/sounds/${encodeURIComponent(sound.id)}/audio`;
let playing = -1;

function stopPlaying() {
  player.pause();
  mark(-1);
}

function mark(index) {
  playing = index;
  [...$("results").children].forEach((item, i) => {
    item.classList.toggle("on", i === playing || i === selected);
    item.querySelector(".play").textContent = i === playing ? "❚❚" : "▶";
  });
}

function toggle(index) {
  selected = index;
  if (playing === index) return stopPlaying();
  const sound = results[index];
  wave?.pause();
  problem();
  player.src = audioOf(sound);
  player.volume = Number($("volume").value);
  player.onloadedmetadata = () => player.currentTime = sound.start;
  player.play().catch((error) => {
    if (error.name === "AbortError") return;
    ask(audioOf(sound), { headers: { range: "bytes=0-0" } }).then(
      () => problem(`This browser does not play ${sound.name}.`),
      ({ message }) => problem(message),
    );
    mark(-1);
  });
  mark(index);
}

player.addEventListener("timeupdate", () => {
  const sound = results[playing];
  if (!sound || player.currentTime < sound.end - 0.02 || sound.end >= sound.duration - 0.05) return;
  if ($("loop").checked) player.currentTime = sound.start;
  else stopPlaying();
});
player.addEventListener("ended", () => {
  if (!$("loop").checked || !results[playing]) return mark(-1);
  player.currentTime = results[playing].start;
  player.play();
});
$("volume").addEventListener("input", () => {
  player.volume = Number($("volume").value);
  wave?.setVolume(player.volume);
});

// ——— keys ———

addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  const key = event.key;
  if (key === "ArrowDown" || key === "ArrowUp") {
    if (results.length === 0) return;
    const next = selected + (key === "ArrowDown" ? 1 : -1);
    selected = Math.max(0, Math.min(results.length - 1, next));
    const item = $("results").children[selected];
    item.querySelector(".name").focus();
    item.scrollIntoView({ block: "nearest" });
    playing = -1;
    toggle(selected);
  } else if (key === " " && selected >= 0 && !event.target.matches("button")) {
    toggle(selected);
  } else if (key === "Enter" && event.target.matches(".name")) {
    toggle([...$("results").children].indexOf(event.target.closest("li")));
  } else if (key === "m" && results[selected]) moreLike(results[selected]);
  else if (key === "r") recording ? stop() : start();
  else return;
  event.preventDefault();
});

$("filters-more").open = innerWidth > 640;
ask("/api/library").then(
  ({ sounds }) => {
    $("library").textContent = `${sounds.toLocaleString()} sounds`;
    if (sounds === 0) problem("The library is empty. Take sounds in with: deno task index FOLDER");
  },
  ({ message }) => problem(message),
);
