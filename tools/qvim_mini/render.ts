import type { Sketch } from "./sketch.ts";

/** Sample rate of all sounds in Hz. */
export const SAMPLE_RATE = 16000;

/** A pseudo-random number in 0 … 1. */
export type Random = () => number;

/** Resonance of two poles that can move: T. Smyth's form, with unit gain at its centre. */
class Resonator {
  #y1 = 0;
  #y2 = 0;

  next(x: number, frequency: number, bandwidth: number): number {
    const r = Math.exp(-Math.PI * bandwidth / SAMPLE_RATE);
    const c = 2 * r * Math.cos(2 * Math.PI * Math.min(frequency, 7000) / SAMPLE_RATE);
    const y = (1 - r) * x + c * this.#y1 - r * r * this.#y2;
    this.#y2 = this.#y1;
    this.#y1 = y;
    return y;
  }
}

/**
 * Renders a sketch as a sound effect: a tone of eight harmonics around the sketch's brightness, and
 * noise through a resonance there.
 */
export function renderEffect(sketch: Sketch, random: Random): Float32Array {
  const out = new Float32Array(Math.round(sketch.duration * SAMPLE_RATE));
  const resonator = new Resonator();
  let phase = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / SAMPLE_RATE;
    const pitch = sketch.pitch(t), brightness = sketch.brightness(t), noise = sketch.noise(t);
    phase += 2 * Math.PI * pitch / SAMPLE_RATE;
    let tone = 0;
    for (let h = 1; h <= 8 && h * pitch < 7500; h++) {
      const octaves = Math.log2(h * pitch / brightness);
      tone += Math.sin(h * phase) * Math.exp(-octaves * octaves / 2);
    }
    const hiss = 4 * resonator.next(2 * random() - 1, brightness, brightness / 2);
    out[i] = sketch.loudness(t) * ((1 - noise) * tone + noise * hiss);
  }
  return normalizePeak(out, 0.8);
}

/** How one person imitates. */
export interface Voice {
  /** The middle of the voice's range in Hz. */
  pitch: number;
  /** How much of the pitch's movement, in octaves, the voice follows. */
  range: number;
  /** Length of the imitation over that of the sound. */
  tempo: number;
  /** Length of the vocal tract over an average one's: formants move by its inverse. */
  tract: number;
  /** How much the voice trembles and leaks air, 0 … 1. */
  roughness: number;
}

/**
 * Renders a sketch as a voice would: glottal pulses, at a pitch squeezed into the voice's range, and
 * breath, through three formants that open with the sketch's brightness.
 */
export function renderVoice(sketch: Sketch, voice: Voice, random: Random): Float32Array {
  const duration = sketch.duration * voice.tempo;
  const out = new Float32Array(Math.round(duration * SAMPLE_RATE));
  const formants = [new Resonator(), new Resonator(), new Resonator()];
  const middle = meanLogPitch(sketch);
  let phase = 0, drift = 0, level = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / SAMPLE_RATE / voice.tempo;
    drift += voice.roughness * 0.002 * (2 * random() - 1) - 0.0005 * drift;
    const octaves = (Math.log2(sketch.pitch(t)) - middle) * voice.range + drift;
    const pitch = voice.pitch * 2 ** Math.max(-1, Math.min(1.3, octaves));
    phase = (phase + pitch / SAMPLE_RATE) % 1;
    // Rosenberg's pulse: open for 60 % of a period, then shut.
    const pulse = phase < 0.6 ? Math.sin(Math.PI * phase / 0.6) ** 2 - 0.3 : -0.3;
    const noise = Math.min(1, sketch.noise(t) + 0.1 * voice.roughness);
    const source = (1 - noise) * pulse + noise * (2 * random() - 1);
    const openness = Math.max(0, Math.min(1, Math.log2(sketch.brightness(t) / 300) / 3.5));
    const [f1, f2, f3] = [300 + 500 * openness, 800 + 1500 * openness, 2300 + 900 * openness];
    const sound = 3 * formants[0].next(source, f1 / voice.tract, 90) +
      2 * formants[1].next(source, f2 / voice.tract, 130) +
      1.5 * formants[2].next(source, f3 / voice.tract, 220);
    // A mouth opens and shuts within some 10 ms.
    level += (sketch.loudness(t) - level) / (0.01 * SAMPLE_RATE);
    out[i] = level * sound;
  }
  return normalizePeak(out, 0.5);
}

function meanLogPitch(sketch: Sketch): number {
  let sum = 0;
  for (let i = 0; i < 100; i++) sum += Math.log2(sketch.pitch(i / 100 * sketch.duration));
  return sum / 100;
}

function normalizePeak(samples: Float32Array, peak: number): Float32Array {
  let highest = 0;
  for (const sample of samples) highest = Math.max(highest, Math.abs(sample));
  return samples.map((sample) => sample * peak / highest);
}
