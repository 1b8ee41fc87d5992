import type { Event } from "./sketch.ts";

/** Sample rate of all sounds in Hz. */
export const SAMPLE_RATE = 16000;

/** A pseudo-random number in 0 … 1. */
export type Random = () => number;

/** Resonance of two poles that can move: T. Smyth's form, with unit gain at its centre. */
export class Resonator {
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

function silence(events: Event[]): Float32Array {
  const end = Math.max(...events.map(({ at, seconds }) => at + seconds));
  return new Float32Array(Math.round(end * SAMPLE_RATE));
}

/**
 * Renders a sketch as a sound effect: a tone of eight partials around the sketch's brightness, and
 * noise through a resonance there.
 */
export function renderEffect(events: Event[], random: Random): Float32Array {
  const out = silence(events);
  for (const { at, seconds, stretch, ...event } of events) {
    const first = Math.round(at * SAMPLE_RATE), count = Math.round(seconds * SAMPLE_RATE);
    const resonator = new Resonator(), phases = new Float64Array(8);
    for (let i = 0; i < count && first + i < out.length; i++) {
      const u = i / count, pitch = event.pitch(u), brightness = event.brightness(u);
      let tone = 0;
      for (let h = 1; h <= phases.length; h++) {
        const frequency = pitch * h ** stretch;
        phases[h - 1] += 2 * Math.PI * frequency / SAMPLE_RATE;
        if (frequency > 7500) continue;
        const octaves = Math.log2(frequency / brightness);
        tone += Math.sin(phases[h - 1]) * Math.exp(-octaves * octaves / 2);
      }
      const hiss = 4 * resonator.next(2 * random() - 1, brightness, brightness / 2);
      out[first + i] += event.loudness(u) * ((1 - event.noise) * tone + event.noise * hiss);
    }
  }
  return normalizePeak(out, 0.8);
}

/** How one person imitates. */
export interface Voice {
  /** The middle of the voice's range in Hz. */
  pitch: number;
  /** How much of the pitch's movement, in octaves, the voice follows. */
  range: number;
  /** Length of the vocal tract over an average one's: formants move by its inverse. */
  tract: number;
  /** How much the voice trembles and leaks air, 0 … 1. */
  roughness: number;
  /** Seconds that the mouth takes to open and shut. */
  slowness: number;
}

/**
 * Renders a sketch as a voice would: glottal pulses, at a pitch squeezed into the voice's range, and
 * breath, through three formants that open with the sketch's brightness.
 */
export function renderVoice(events: Event[], voice: Voice, random: Random): Float32Array {
  const out = silence(events);
  const middle = meanLogPitch(events);
  const formants = [new Resonator(), new Resonator(), new Resonator()];
  let phase = 0, drift = 0, level = 0, index = 0;
  for (let i = 0; i < out.length; i++) {
    const t = i / SAMPLE_RATE;
    while (index + 1 < events.length && t >= events[index + 1].at) index++;
    const event = events[index];
    const u = Math.min(1, (t - event.at) / event.seconds);
    drift += voice.roughness * 0.003 * (2 * random() - 1) - 0.0005 * drift;
    const octaves = (Math.log2(event.pitch(u)) - middle) * voice.range + drift;
    const pitch = voice.pitch * 2 ** Math.max(-1, Math.min(1.3, octaves));
    phase = (phase + pitch / SAMPLE_RATE) % 1;
    // Rosenberg's pulse: open for 60 % of a period, then shut.
    const pulse = phase < 0.6 ? Math.sin(Math.PI * phase / 0.6) ** 2 - 0.3 : -0.3;
    const noise = Math.min(1, event.noise + 0.2 * voice.roughness);
    const source = (1 - noise) * pulse + noise * (2 * random() - 1);
    const openness = Math.max(0, Math.min(1, Math.log2(event.brightness(u) / 300) / 3.5));
    const [f1, f2, f3] = [300 + 500 * openness, 800 + 1500 * openness, 2300 + 900 * openness];
    const sound = 3 * formants[0].next(source, f1 / voice.tract, 90) +
      2 * formants[1].next(source, f2 / voice.tract, 130) +
      1.5 * formants[2].next(source, f3 / voice.tract, 220);
    level += (event.loudness(u) - level) / (voice.slowness * SAMPLE_RATE);
    out[i] = level * sound;
  }
  return out;
}

function meanLogPitch(events: Event[]): number {
  const means = events.map(({ pitch }) => {
    let sum = 0;
    for (let i = 0; i < 100; i++) sum += Math.log2(pitch(i / 100));
    return sum / 100;
  });
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** The samples at a gain that brings the largest to `peak`. */
export function normalizePeak(samples: Float32Array, peak: number): Float32Array {
  let highest = 0;
  for (const sample of samples) highest = Math.max(highest, Math.abs(sample));
  return samples.map((sample) => sample * peak / highest);
}
