/** What the page shows, as lit-html templates of its state. */
import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { peaksOf } from "./api.js";
import { peaksOfBlob } from "./waveform.js";

const icon = (path) =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${path} />`}</svg>`;
const ICONS = {
  microphone:
    "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 0 0-7 0v5A3.5 3.5 0 0 0 12 15Zm6-3.5a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.9V22h2v-2.6a8 8 0 0 0 7-7.9Z",
  stop: "M7 7h10v10H7z",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M7 6h3.6v12H7zm6.4 0H17v12h-3.6z",
  similar:
    "M3 9.5c2-3 4-3 6 0s4 3 6 0 4-3 6 0v3c-2-3-4-3-6 0s-4 3-6 0-4-3-6 0zm0 6c2-3 4-3 6 0s4 3 6 0 4-3 6 0v3c-2-3-4-3-6 0s-4 3-6 0-4-3-6 0z",
  closer: "M9.2 16.6 4.6 12l-1.7 1.7 6.3 6.3L21.5 7.7 19.8 6z",
  not:
    "m6.4 4.7 5.6 5.6 5.6-5.6 1.7 1.7-5.6 5.6 5.6 5.6-1.7 1.7-5.6-5.6-5.6 5.6-1.7-1.7 5.6-5.6-5.6-5.6z",
  copy:
    "M8 3h11a2 2 0 0 1 2 2v11h-2V5H8zM5 7h9a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9c0-1.1.9-2 2-2zm0 2v10h9V9z",
};

const playIcon = (isPlaying) => icon(isPlaying ? ICONS.pause : ICONS.play);

/** The button, and the take beside it. */
export function stage({ recording, seconds, takes, query, playing, progress, hasFound }, on) {
  const isOn = recording === "on", take = query?.take ?? takes.at(-1);
  return html`
    <button id="record" class="record" aria-pressed=${isOn} aria-describedby="hint"
      @pointerdown=${on.press} @pointerup=${on.release} @click=${on.clickRecord}>
      ${icon(isOn ? ICONS.stop : ICONS.microphone)}
      <span>${isOn ? "Stop" : "Record"}</span>
    </button>
    <div class="beside">
      <p id="hint" class="muted" ?hidden=${isOn || hasFound}>
        Press and imitate the sound, or hold while you do.
        <span class="keys"><kbd>R</kbd> records. Or drop a recording here, or
          ${chooseFile(on, "choose one")}.</span>
        <span class="touch">Or ${chooseFile(on, "open a recording")}.</span>
      </p>
      <div class="take live" ?hidden=${!isOn}>
        <meter id="level" min="0" max="1" value="0" aria-label="Level"></meter>
        <canvas id="levels" aria-hidden="true"></canvas>
        <span class="length">${seconds.toFixed(1)} s</span>
      </div>
      ${isOn || !take ? nothing : html`
        <div class="take">
          <button id="play-take" class="round" aria-label=${playing === take.key
            ? "Pause the take"
            : "Play the take"}
            @click=${() => on.playTake(take)}>${playIcon(playing === take.key)}</button>
          <sound-wave class="wave" aria-hidden="true" @wave-click=${(event) =>
            on.playTake(take, event.detail)}
            .source=${{ key: take.key, load: () => peaksOfBlob(take.blob) }}
            .progress=${playing === take.key ? progress : 0}></sound-wave>
          <button id="again" class="quiet" @click=${() => on.useTake(take)}>Search again</button>
        </div>
      `}
      <div class="history-line" ?hidden=${takes.length === 0}>
        <ol id="history" class="history" aria-label="Takes">
          ${repeat(takes, ({ key }) => key, (each) =>
            html`
              <li>
                <button aria-pressed=${each === query?.take} @click=${() => on.useTake(each)}>${each
                  .name}</button>
              </li>
            `)}
        </ol>
        <span class="muted" ?hidden=${!hasFound}>${chooseFile(on, "Open a recording")}</span>
      </div>
    </div>
  `;
}

const chooseFile = (on, text) =>
  html`<button class="link" @click=${on.chooseFile}>${text}</button>`;

/** What was found. */
export function resultList(state, on) {
  return repeat(state.results, ({ id }) => id, (sound, index) => result(sound, index, state, on));
}

function result(sound, index, state, on) {
  const { id, name } = sound, { text, selected, playing, progress, closer, copied } = state;
  const seconds = sound.end - sound.start, isPlaying = playing === id;
  // What rounds to nothing is no less than nothing.
  const score = sound.score?.toFixed(2).replace("-0.00", "0.00") ?? "";
  const share = Math.max(0, Math.min(1, sound.score / Math.max(state.results[0].score, 0.01))) || 0;
  const isPiece = sound.start > 0 || sound.end < sound.duration - 0.05;
  return html`
    <li class="result ${isPlaying || selected === index ? "on" : ""}" draggable="true"
      @dragstart=${(event) => on.drag(event, sound)}>
      <button class="round play" tabindex="-1" aria-label="${isPlaying ? "Pause" : "Play"} ${name}"
        @click=${() => on.toggle(index)}>${playIcon(isPlaying)}</button>
      <sound-wave class="peaks" aria-hidden="true" @wave-click=${(event) =>
        on.playFrom(index, event.detail)}
        .source=${{ key: id, load: () => peaksOf(sound) }} .progress=${isPlaying
          ? progress
          : 0}></sound-wave>
      <div class="what">
        <a class="name" tabindex="0" role="button" aria-label="${name}, ${seconds.toFixed(
          1,
        )} seconds: play"
          @click=${() => on.toggle(index)}>${marked(name, text)}</a>
        <span class="where muted" title=${sound.path}><bdi>${marked(
          sound.folder,
          text,
        )}</bdi>${isPiece
          ? ` · at ${clock(sound.start)} of ${clock(sound.duration)}`
          : nothing}</span>
      </div>
      <span class="length">${seconds.toFixed(1)} s</span>
      <span class="score" title="How alike: deviations above the library's mean">${score}<span
        class="bar" style="--share: ${share}"></span></span>
      <span class="actions">
        <button class="quiet more" @click=${() => on.more(sound)}>${icon(
          ICONS.similar,
        )} More like this</button>
        <button class="quiet closer" title="Closer: nearer to what is meant" aria-label="Closer"
          aria-pressed=${closer.has(id)} @click=${() => on.closer(sound)}>${icon(
            ICONS.closer,
          )}</button>
        <button class="quiet not" title="Not this: away from it" aria-label="Not this"
          @click=${() => on.not(sound)}>${icon(ICONS.not)}</button>
        <button class="quiet copy ${copied === id
          ? "copied"
          : ""}" title="Copy path" aria-label="Copy path"
          @click=${() => on.copy(sound)}>${icon(ICONS.copy)}</button>
      </span>
    </li>
  `;
}

/** Seconds as minutes and seconds. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Text in lower case and without accents, as the library compares it. */
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** A name with the words in it marked that were asked for, as the library finds them: by their beginnings. */
export function marked(name, text) {
  const words = fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean)
    .map((word) => word.length > 3 && word.endsWith("s") ? word.slice(0, -1) : word);
  // For each character of the folded name, where it is in the name; and where a word begins.
  const places = [], isBeginning = [];
  let folded = "", at = 0, before = " ";
  for (const character of name) {
    const begins = !/[\p{L}\p{N}\p{M}]/u.test(before) || /\p{Ll}\p{Lu}/u.test(before + character);
    const units = fold(character);
    for (let i = 0; i < units.length; i++) {
      places.push(at);
      isBeginning.push(begins && i === 0);
    }
    folded += units;
    at += character.length;
    before = character;
  }
  places.push(name.length);
  const parts = [];
  let done = 0;
  for (let i = 0; i < folded.length; i++) {
    const word = isBeginning[i] && words.find((word) => folded.startsWith(word, i));
    if (!word) continue;
    const [from, to] = [places[i], places[i + word.length]];
    parts.push(name.slice(done, from), html`<mark>${name.slice(from, to)}</mark>`);
    done = to;
    i += word.length - 1;
  }
  return [...parts, name.slice(done)];
}
