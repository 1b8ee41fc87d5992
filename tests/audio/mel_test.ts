import assert from "node:assert/strict";
import { LogMel } from "../../lib/audio/mel.ts";
import { seededRandom } from "../../lib/challenge/statistics.ts";

/** The log-mel of one frame, from the definitions and a slow DFT. */
function slowFrame(x: number[], frame: number): number[] {
  const n = 320000, nFft = 1024;
  const clip = Array.from({ length: n }, (_, i) => x[i] ?? 0);
  const y = Array.from({ length: n - 1 }, (_, i) => clip[i + 1] - 0.97 * clip[i]);
  const at = (i: number) => y[i < 0 ? -i : i >= n - 1 ? 2 * (n - 2) - i : i];
  const power = Array.from({ length: 513 }, (_, bin) => {
    let re = 0, im = 0;
    for (let i = 0; i < 800; i++) {
      const window = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / 799);
      const value = window * at(frame * 320 - 512 + 112 + i);
      const angle = 2 * Math.PI * bin * (112 + i) / nFft;
      re += value * Math.cos(angle);
      im -= value * Math.sin(angle);
    }
    return re * re + im * im;
  });
  const mel = (f: number) => 1127 * Math.log(1 + f / 700);
  const step = mel(15000) / 129;
  return Array.from({ length: 128 }, (_, band) => {
    let sum = 0;
    for (let bin = 0; bin < 512; bin++) {
      const position = mel(bin * 31.25) / step - band;
      sum += Math.max(0, 1 - Math.abs(position - 1)) * power[bin];
    }
    return (Math.log(sum + 1e-5) + 4.5) / 5;
  });
}

Deno.test("LogMel equals its definition at the edges and in the middle of a clip", () => {
  const random = seededRandom(3);
  const x = Array.from({ length: 40000 }, () => random() - 0.5);
  const mel = new LogMel();
  assert.equal(mel.frames, 1000);
  const spectrogram = mel.compute(Float32Array.from(x));
  for (const frame of [0, 1, 60, 124, 125, 999]) {
    slowFrame(x, frame).forEach((value, band) => {
      const found = spectrogram[band * 1000 + frame];
      assert.ok(Math.abs(found - value) < 1e-4, `frame ${frame}, band ${band}: ${found}, ${value}`);
    });
  }
});

Deno.test("LogMel cuts and pads to its duration, and is constant for silence", () => {
  const mel = new LogMel({ duration: 1 });
  assert.equal(mel.frames, 100);
  const silence = (Math.log(1e-5) + 4.5) / 5;
  for (const value of mel.compute(new Float32Array(10))) {
    assert.ok(Math.abs(value - silence) < 1e-6);
  }
  const long = Float32Array.from({ length: 64000 }, (_, i) => Math.sin(i));
  assert.deepEqual(mel.compute(long), mel.compute(long.slice(0, 32000)));
});

Deno.test("LogMel names the setting that makes no spectrogram", () => {
  const bad: [Record<string, number>, RegExp][] = [
    [{ winLength: 2048 }, /Expected winLength to be at most nFft, 1024, but found 2048/],
    [{ nMels: 0 }, /Expected nMels to be a whole number from 1 up but found 0/],
    [{ hopLength: 0 }, /Expected hopLength/],
    [{ hopLength: 1.5 }, /Expected hopLength/],
    [{ sampleRate: NaN }, /Expected sampleRate/],
    [{ duration: 0.01 }, /Expected duration to be 0.0160625 s or more/],
    [{ duration: Infinity }, /Expected duration/],
    [{ fMin: 9000, fMax: 8000 }, /Expected 0 ≤ fMin < fMax ≤ 16000 Hz/],
    [{ fMax: 20000 }, /Expected 0 ≤ fMin < fMax ≤ 16000 Hz/],
  ];
  for (const [options, message] of bad) {
    assert.throws(() => new LogMel(options), { name: "RangeError", message });
  }
});
