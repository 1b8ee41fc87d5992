/** Records from the microphone, and makes WAV files of what was recorded. */

const NO_MICROPHONE = ["There is no microphone. Plug one in", "or drop a recording here"];

/** What a person can do about an error of the microphone, and what after that in a page of ours. */
const ADVICE = {
  NotAllowedError: [
    "The microphone is switched off for this page. Allow it beside the address",
    "then press again",
  ],
  NotFoundError: NO_MICROPHONE,
  // Nothing is asked of it that must be: WebKit says so where there is none.
  OverconstrainedError: NO_MICROPHONE,
  NotReadableError: ["Another program holds the microphone. Close it", "then press again"],
};

/** An error that says what to do; `reason` leaves open what comes after that. */
function microphoneError(error) {
  const [reason, next] = ADVICE[error.name] ?? [];
  if (reason === undefined) return new Error(`The microphone does not start: ${error.message}`);
  return Object.assign(new Error(`${reason}, ${next}.`), { reason });
}

/** Samples below this are silence, against the loudest. */
const QUIET = 0.02;
/** Seconds that stay on either side of what is heard. */
const MARGIN = 0.08;
/** Recordings end by themselves after so many seconds. */
export const MAX_SECONDS = 20;

export class Recorder {
  #context;
  #stream;
  #tap;
  #parts = [];
  #onLevel;
  #onFull;

  constructor({ onLevel, onFull }) {
    this.#onLevel = onLevel;
    this.#onFull = onFull;
  }

  /** Begins; throws an error whose message says what to do, and whose `reason` says only why. */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("This browser lends its microphone to https pages and to 127.0.0.1 only.");
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
    } catch (error) {
      throw microphoneError(error);
    }
    this.#parts = [];
    this.#context = new AudioContext();
    try {
      await this.#context.audioWorklet.addModule(new URL("./worklet.js", import.meta.url));
    } catch (error) {
      // The server may have gone meanwhile: a microphone that nobody listens to is let go.
      for (const track of this.#stream.getTracks()) track.stop();
      await this.#context.close();
      throw microphoneError(error);
    }
    const tap = new AudioWorkletNode(this.#context, "tap", { numberOfOutputs: 0 });
    let count = 0;
    this.#tap = tap;
    tap.port.onmessage = ({ data }) => {
      this.#parts.push(data);
      count += data.length;
      this.#onLevel(data.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0));
      if (count > MAX_SECONDS * this.#context.sampleRate) this.#onFull();
    };
    this.#context.createMediaStreamSource(this.#stream).connect(tap);
  }

  /** Ends. Gives the samples without the silence around them, and their rate. */
  async stop() {
    for (const track of this.#stream.getTracks()) track.stop();
    // What is still under way comes too late for the level.
    this.#tap.port.onmessage = null;
    const { sampleRate } = this.#context;
    await this.#context.close();
    const all = new Float32Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    this.#onLevel(0);
    return { samples: trim(all, sampleRate), sampleRate };
  }
}

function trim(samples, sampleRate) {
  const peak = samples.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  const isLoud = (x) => Math.abs(x) > QUIET * peak;
  const first = samples.findIndex(isLoud), last = samples.findLastIndex(isLoud);
  if (peak < 1e-4 || first < 0) return new Float32Array();
  const margin = Math.round(MARGIN * sampleRate);
  return samples.slice(Math.max(0, first - margin), last + margin);
}

/** A WAV file of 16 bit and one channel. */
export function encodeWav(samples, sampleRate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, value) =>
    [...value].forEach((character, i) => view.setUint8(at + i, character.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((x, i) => view.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, x)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}
