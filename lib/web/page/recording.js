/** The button, and what the microphone hears. */
import { player } from "./listening.js";
import { addTake, sayAgain } from "./searching.js";
import { $, problem, say, state, update } from "./state.js";
import { drawLevels } from "./waveform.js";
import { encodeWav, Recorder } from "../../ui/recorder/recorder.js";

/** How often the level is drawn, in milliseconds. */
const LEVEL_INTERVAL = 33;
/** A press that lasts longer is a long one, in milliseconds. */
const LONG_PRESS = 600;

let recorded = 0;
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

/** Begins, where it is off. */
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

/** Ends, and searches with what was heard. */
async function stop() {
  if (state.recording === "off") return;
  state.recording = "off";
  // Where it never began, start() has said why.
  if (!await started.then(() => true, () => false)) return;
  const { samples, sampleRate } = await recorder.stop();
  $("record").style.setProperty("--loud", "0");
  update();
  if (samples.length === 0) {
    sayAgain();
    problem(
      levels.length > 0
        ? "Nothing was heard. Come nearer to the microphone, or choose another one, and try again."
        : "Nothing came from the microphone. Record for longer; where that does not help, see " +
          "whether sound works on this machine at all.",
    );
    return;
  }
  addTake(encodeWav(samples, sampleRate), `Take ${++recorded}`);
}

/** Begins, or ends what has begun. */
export function toggleRecording() {
  state.recording === "off" ? start() : stop();
}

let pressedAt = 0;

/** The pointer goes down on the button. */
export function press(event) {
  if (event.button !== 0) return;
  pressedAt = event.timeStamp;
  // Who holds it may let go of it elsewhere.
  event.currentTarget.setPointerCapture(event.pointerId);
  if (state.recording === "off") return void start();
  pressedAt = 0;
  stop();
}

/** A short press begins and the next one ends; a long one records while it lasts. */
export function release({ timeStamp }) {
  if (pressedAt > 0 && timeStamp - pressedAt > LONG_PRESS) stop();
}

/** Of the keyboard and of assistive technology; the pointer has been served. */
export function clickRecord(event) {
  if (event.detail === 0) toggleRecording();
}
