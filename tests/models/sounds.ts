/** Sounds that tests describe by functions of time. */

export const RATE = 16000;

/** A tone with six harmonics whose pitch and loudness follow functions of time. */
export function voice(
  seconds: number,
  pitch: (t: number) => number,
  loudness: (t: number) => number,
  rate = RATE,
): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => {
    const t = i / rate;
    phase += 2 * Math.PI * pitch(t) / rate;
    let sum = 0;
    for (let h = 1; h <= 6; h++) sum += Math.sin(h * phase) / h;
    return 0.2 * loudness(t) * sum;
  });
}

export const RISE = voice(1, (t) => 150 + 250 * t, () => 1);
export const FALL = voice(1, (t) => 400 - 250 * t, () => 1);
export const PULSES = voice(1.2, () => 200, (t) => Math.exp(-15 * (t % 0.3)));
