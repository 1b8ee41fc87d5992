import assert from "node:assert/strict";
import { resample } from "../../lib/audio/resample.ts";

const tone = (frequency: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(2 * Math.PI * frequency * i / rate));

const decibel = (ratio: number) => 20 * Math.log10(ratio);

/** A Blackman-Nuttall window (four terms, continuous third derivative), whose sum is 1. */
function nuttall(n: number): Float64Array {
  const window = Float64Array.from({ length: n }, (_, i) => {
    const t = 2 * Math.PI * (i + 0.5) / n;
    return 0.338946 - 0.481973 * Math.cos(t) + 0.161054 * Math.cos(2 * t) -
      0.018027 * Math.cos(3 * t);
  });
  const sum = window.reduce((sum, x) => sum + x, 0);
  return window.map((x) => x / sum);
}

/** Amplitude at a frequency, under a window whose side lobes lie far below −100 dB. */
function amplitude(
  samples: Float32Array,
  frequency: number,
  rate: number,
  window = nuttall(samples.length),
): number {
  let re = 0, im = 0;
  // The angle goes on by a step each time: a multiplication, where there would be two functions.
  const step = 2 * Math.PI * frequency / rate;
  const [turnRe, turnIm] = [Math.cos(step), Math.sin(step)];
  let cos = 1, sin = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = window[i] * samples[i];
    re += value * cos;
    im += value * sin;
    [cos, sin] = [cos * turnRe - sin * turnIm, cos * turnIm + sin * turnRe];
  }
  return 2 * Math.hypot(re, im);
}

/** The loudest thing beside a tone, in dB below it. */
function loudestOther(samples: Float32Array, frequency: number, rate: number): number {
  const window = nuttall(samples.length);
  const gain = amplitude(samples, frequency, rate, window);
  let worst = 0;
  for (let other = 20; other < rate / 2; other += rate / 1500) {
    if (Math.abs(other - frequency) < rate / 150) continue;
    worst = Math.max(worst, amplitude(samples, other, rate, window));
  }
  return decibel(worst / gain);
}

for (
  const [from, to] of [
    [44100, 32000],
    [48000, 32000],
    [16000, 32000],
    [22050, 32000],
    [24000, 32000],
    [96000, 32000],
    [8000, 32000],
    [44100, 16000],
  ]
) {
  Deno.test(`resample() is flat and clean from ${from} to ${to} Hz`, () => {
    const lower = Math.min(from, to) / 2;
    const length = Math.round(from * 0.2);
    // Away from both ends, where the signal begins out of nothing.
    const middle = (samples: Float32Array) =>
      samples.slice(samples.length / 4, samples.length * 3 / 4);
    for (const part of [0.01, 0.1, 0.37, 0.5, 0.71, 0.8, 0.9]) {
      const frequency = part * lower;
      const out = middle(resample(tone(frequency, from, length), from, to));
      const gain = decibel(amplitude(out, frequency, to));
      assert.ok(Math.abs(gain) < 0.01, `${part} of Nyquist: ${gain} dB`);
    }
    for (const part of [0.1, 0.6, 0.9]) {
      const frequency = part * lower;
      const other = loudestOther(
        middle(resample(tone(frequency, from, length), from, to)),
        frequency,
        to,
      );
      assert.ok(other < -90, `images of ${part} of Nyquist: ${other} dB`);
    }
    // What lies above the lower Nyquist frequency has no place in the result.
    for (const part of [1.001, 1.1, 1.5, 2.2]) {
      const frequency = part * lower;
      if (to > from || frequency >= from / 2) continue;
      const out = middle(resample(tone(frequency, from, length), from, to));
      const peak = out.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
      assert.ok(decibel(peak) < -90, `aliases of ${part} of Nyquist: ${decibel(peak)} dB`);
    }
  });
}

Deno.test("resample() keeps time: an impulse stays where it is", () => {
  for (const [from, to] of [[44100, 32000], [16000, 32000], [48000, 32000]]) {
    const impulse = new Float32Array(from / 10);
    impulse[from / 20] = 1;
    const out = resample(impulse, from, to);
    const peak = out.reduce((best, value, i) => value > out[best] ? i : best, 0);
    assert.equal(peak, to / 20);
  }
});

Deno.test("resample() gives ceil(n · to / from) samples, the first ones where a limit asks for them", () => {
  const x = Float32Array.from({ length: 5001 }, (_, i) => Math.sin(i / 9));
  for (const [from, to] of [[44100, 32000], [16000, 32000], [11025, 32000], [32000, 32000]]) {
    const all = resample(x, from, to);
    assert.equal(all.length, Math.ceil(5001 * to / from));
    const some = resample(x, from, to, 1000);
    assert.equal(some.length, 1000);
    some.forEach((value, i) => assert.ok(Math.abs(value - all[i]) < 1e-6, `${from}: ${i}`));
  }
  assert.equal(resample(new Float32Array(0), 44100, 32000).length, 0);
  assert.equal(resample(new Float32Array(1).fill(1), 44100, 32000).length, 1);
});

Deno.test("resample() takes any rates that a WAV file may have", () => {
  const x = new Float32Array(1000).fill(0.5);
  for (const from of [1, 7, 11025, 44056, 768000, 1000000]) {
    const out = resample(x, from, 32000, 64000);
    assert.equal(out.length, Math.min(64000, Math.ceil(1000 * 32000 / from)));
    assert.ok(out.every(Number.isFinite), String(from));
  }
});

Deno.test("resample() refuses rates and limits that mean nothing", () => {
  const x = new Float32Array(100);
  for (const rate of [44100.5, 0, -1, NaN, Infinity, 2e6]) {
    assert.throws(() => resample(x, rate, 32000), /Expected fromRate to be a whole number/);
    assert.throws(() => resample(x, 32000, rate), /Expected toRate to be a whole number/);
  }
  assert.throws(() => resample(x, 44100, 32000, -1), /Expected limit to be 0 or more/);
});
