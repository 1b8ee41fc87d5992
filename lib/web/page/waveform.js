/**
 * `<sound-wave>`: a waveform that shows how far its sound has come and can be clicked. What it is drawn
 * from is asked for when it comes into sight.
 */
import WaveSurfer from "./vendor/wavesurfer.js";

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.draw();
});
const waves = new Set();

const colors = () => {
  const style = getComputedStyle(document.documentElement);
  return {
    waveColor: style.getPropertyValue("--wave").trim(),
    progressColor: style.getPropertyValue("--wave-on").trim(),
  };
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const wave of waves) wave.setOptions(colors());
});

/** More than any page has room for bars. */
const LEAST_PEAKS = 1024;

/** Peaks enough for each bar to have one: wavesurfer leaves out a bar that has none, wherever it stands. */
function enough(peaks) {
  const times = Math.ceil(LEAST_PEAKS / peaks.length);
  return peaks.flatMap((peak) => new Array(times).fill(peak));
}

class SoundWave extends HTMLElement {
  #wave;
  #load;
  #key;

  /** `{ key, load }`: what is drawn, and a function that gives its peaks, 0 to 1. */
  set source({ key, load }) {
    if (key === this.#key) return;
    this.#key = key;
    this.#load = load;
    this.#clear();
    seen.unobserve(this);
    if (this.isConnected) seen.observe(this);
  }

  /** How far it has come, from 0 to 1. */
  set progress(value) {
    this.#wave?.seekTo(value);
  }

  connectedCallback() {
    seen.observe(this);
  }

  disconnectedCallback() {
    seen.unobserve(this);
    this.#clear();
  }

  #clear() {
    waves.delete(this.#wave);
    this.#wave?.destroy();
    this.#wave = undefined;
    this.removeAttribute("title");
  }

  async draw() {
    if (this.#wave || !this.#load) return;
    seen.unobserve(this);
    const key = this.#key;
    let peaks;
    try {
      peaks = await this.#load();
    } catch {
      if (key === this.#key) this.title = "There is no picture of this sound";
      return;
    }
    if (key !== this.#key || !this.isConnected || this.#wave) return;
    const wave = WaveSurfer.create({
      container: this,
      height: "auto",
      peaks: [enough(peaks)],
      duration: 1,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      barMinHeight: 1.5,
      cursorWidth: 0,
      normalize: true,
      hideScrollbar: true,
      ...colors(),
    });
    wave.on(
      "click",
      (part) => this.dispatchEvent(new CustomEvent("wave-click", { detail: part, bubbles: true })),
    );
    this.#wave = wave;
    waves.add(wave);
  }
}
customElements.define("sound-wave", SoundWave);

/** How many bars a take's waveform has. */
const BARS = 240;

/** The peaks of a recording that the page holds; throws where this browser can't decode it. */
export async function peaksOfBlob(blob) {
  const context = new OfflineAudioContext(1, 1, 8000);
  const audio = await context.decodeAudioData(await blob.arrayBuffer());
  const samples = audio.getChannelData(0);
  return Array.from({ length: BARS }, (_, i) => {
    const first = Math.floor(i * samples.length / BARS);
    const part = samples.subarray(first, Math.max(first + 1, (i + 1) * samples.length / BARS));
    return part.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  });
}

/** Draws the levels of a recording that goes on, the newest at the right. */
export function drawLevels(canvas, levels) {
  const ratio = devicePixelRatio;
  const width = canvas.clientWidth * ratio, height = canvas.clientHeight * ratio;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors().progressColor;
  const step = 4 * ratio, bars = Math.floor(width / step);
  levels.slice(-bars).forEach((level, i, shown) => {
    // As loudness is heard: 50 dB from nothing to all.
    const tall = Math.max(0.04, 1 + 20 * Math.log10(level + 1e-6) / 50) * height;
    const left = width - (shown.length - i) * step;
    context.beginPath();
    context.roundRect(left, (height - tall) / 2, step - 1.5 * ratio, tall, ratio);
    context.fill();
  });
}
