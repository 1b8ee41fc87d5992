import { type Random, Resonator, SAMPLE_RATE } from "./render.ts";

/** Delays of the comb filters in seconds (M. R. Schroeder, "Natural sounding artificial reverberation", 1962). */
const COMBS = [0.0297, 0.0371, 0.0411, 0.0437];
const ALL_PASSES = [[0.005, 0.7], [0.0017, 0.7]];

/** Where an imitation is recorded, and with what. */
export interface Room {
  /** Seconds until an echo has fallen by 60 dB. */
  reverberation: number;
  /** How loud the echoes are beside the voice. */
  wetness: number;
  /** Where the microphone begins to hear less, in Hz, below and above. */
  passband: [low: number, high: number];
  /** How loud the room is beside the loudest sample. */
  noise: number;
  /** Seconds from the start of the recording to the voice, and from its end to the stop. */
  margins: [before: number, after: number];
}

/** What the microphone in a room hears of a voice. */
export function record(voice: Float32Array, room: Room, random: Random): Float32Array {
  const [before, after] = room.margins.map((seconds) => Math.round(seconds * SAMPLE_RATE));
  const out = new Float32Array(before + voice.length + after);
  out.set(voice, before);
  const echoes = reverberate(out, room.reverberation);
  const peak = voice.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  const rumble = new Resonator();
  for (let i = 0; i < out.length; i++) {
    const hiss = 2 * random() - 1;
    const background = 0.4 * hiss + 3 * rumble.next(hiss, 120, 200);
    out[i] += room.wetness * echoes[i] + room.noise * peak * background;
  }
  return passBand(out, room.passband);
}

function reverberate(samples: Float32Array, seconds: number): Float32Array {
  let out = new Float32Array(samples.length);
  for (const delay of COMBS) {
    const gain = 10 ** (-3 * delay / seconds), n = Math.round(delay * SAMPLE_RATE);
    const comb = new Float32Array(samples.length);
    for (let i = n; i < comb.length; i++) comb[i] = samples[i - n] + gain * comb[i - n];
    out = out.map((x, i) => x + comb[i] / COMBS.length);
  }
  for (const [delay, gain] of ALL_PASSES) {
    const n = Math.round(delay * SAMPLE_RATE), passed = new Float32Array(out.length);
    for (let i = 0; i < out.length; i++) {
      passed[i] = -gain * out[i] + (i < n ? 0 : out[i - n] + gain * passed[i - n]);
    }
    out = passed;
  }
  return out;
}

/** A high-pass and a low-pass of one pole each. */
function passBand(samples: Float32Array, [low, high]: [number, number]): Float32Array {
  const coefficient = (frequency: number) => Math.exp(-2 * Math.PI * frequency / SAMPLE_RATE);
  const a = coefficient(low), b = coefficient(high);
  let slow = 0, fast = 0;
  return samples.map((x) => {
    slow = (1 - a) * x + a * slow;
    fast = (1 - b) * (x - slow) + b * fast;
    return fast;
  });
}
