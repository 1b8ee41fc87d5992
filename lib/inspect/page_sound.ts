import { resample } from "../audio/resample.ts";
import type { MonoAudio } from "../audio/wav.ts";

/** What a sound takes in a page unless it is told otherwise, in bytes. */
const BYTES = 40_000;
/** What is long loses its top, in Hz. */
const RATES = [24_000, 16_000, 12_000, 9600, 8000];

/**
 * A sound as the address of an audio element: nothing else is needed, a server neither.
 *
 * @param audio What is to be heard, brought to one loudness: it is to be heard, not measured.
 * @param bytes What it may take; where even 8 kHz takes more, it is cut.
 */
export function pageSound(audio: MonoAudio, bytes: number = BYTES): string {
  return `data:audio/wav;base64,${toMulaw(audio, bytes).toBase64()}`;
}

/** A WAV file for the page: one channel of µ-law (ITU-T G.711), which all browsers play. */
function toMulaw({ samples, sampleRate }: MonoAudio, most: number): Uint8Array {
  const seconds = samples.length / sampleRate;
  // The first that fits, and none that has more in it than the sound itself.
  const least = RATES.at(-1)!;
  const rate = RATES.find((rate) => rate * seconds <= most && (rate <= sampleRate)) ?? least;
  const heard = resample(samples, sampleRate, rate, Math.max(1, Math.floor(most)));
  const peak = heard.reduce((peak, x) => Math.max(peak, Math.abs(x)), 1e-4);
  const head = 58;
  const bytes = new Uint8Array(head + heard.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 18, true);
  view.setUint16(20, 7, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(38, "fact");
  view.setUint32(42, 4, true);
  view.setUint32(46, heard.length, true);
  text(50, "data");
  view.setUint32(54, heard.length, true);
  heard.forEach((x, i) => bytes[head + i] = mulaw(Math.round(x / peak * 30_000)));
  return bytes;
}

const BIAS = 0x84, CLIP = 32_635;

function mulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const value = Math.min(CLIP, Math.abs(sample)) + BIAS;
  const exponent = Math.max(0, Math.floor(Math.log2(value)) - 7);
  return ~(sign | exponent << 4 | (value >> (exponent + 3) & 15)) & 0xff;
}
