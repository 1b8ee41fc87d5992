/**
 * GSM full rate, the coding of telephones and dictating machines: 33 bytes for 160 samples of a voice
 * (ETSI EN 300 961, "Full rate speech; Transcoding (GSM 06.10)"), in the standard's fixed-point
 * arithmetic. Names and tables are the standard's.
 */

/** Samples of a frame, and of each of its four parts. */
const FRAME = 160, PART = 40;
/** How far back a part repeats the ones before it, at most. */
const MAX_LAG = 120, MIN_LAG = 40;
const ORDER = 8, PULSES = 13;
/** Bits of the log area ratios. */
const LAR_BITS = [6, 6, 5, 5, 4, 4, 3, 3];
/** What inverts the quantisation of the log area ratios: table 4.1 and 4.2 of the standard. */
const LAR_B = [0, 0, 2048, -2560, 94, -1792, -341, -1144];
const LAR_MINIMUM = [-32, -32, -16, -16, -8, -8, -4, -4];
const LAR_INVERSE = [13107, 13107, 13107, 13107, 19223, 17476, 31454, 29708];
/** Gains of the long-term filter, and mantissas of the pulses: tables 4.3b and 4.6. */
const GAINS = [3277, 11469, 21299, 32767];
const MANTISSAS = [18431, 20479, 22527, 24575, 26623, 28671, 30719, 32767];
const DE_EMPHASIS = 28180;

const saturate = (x: number) => Math.max(-32768, Math.min(32767, x));
const multiply = (a: number, b: number) =>
  a === -32768 && b === -32768 ? 32767 : (a * b + 16384) >> 15;
const shiftRight = (x: number, n: number) => n >= 0 ? x >> n : x << -n;

/**
 * How frames follow each other: 33 bytes each, of which the first half byte is a mark, their bits from
 * the highest down; or two in 65 bytes, bit by bit from the lowest up, as WAV files have them.
 */
export type GsmPacking = "gsm" | "gsm-wav";

/** Bytes and samples of one block. */
export const GSM_BLOCKS: Record<GsmPacking, { bytes: number; frames: number }> = {
  "gsm": { bytes: 33, frames: FRAME },
  "gsm-wav": { bytes: 65, frames: 2 * FRAME },
};

/** Decodes blocks in turn: each goes on from where the one before it ended. */
export class GsmDecoder {
  readonly #packing: GsmPacking;
  /** What the long-term filter looks back at, then the part that is made. */
  readonly #excitation = new Int32Array(MAX_LAG + PART);
  #lag = MIN_LAG;
  #logAreas = new Int32Array(ORDER);
  readonly #lattice = new Int32Array(ORDER + 1);
  #emphasis = 0;

  constructor(packing: GsmPacking) {
    this.#packing = packing;
  }

  /**
   * Adds the samples of a block to `out`.
   *
   * @param bytes A whole block.
   * @param out [shape=(frames,)].
   */
  decode(bytes: Uint8Array, out: Float32Array): void {
    const isWav = this.#packing === "gsm-wav";
    let at = isWav ? 0 : 4;
    const take = (bits: number) => {
      let value = 0;
      for (let i = 0; i < bits; i++, at++) {
        const byte = bytes[at >> 3];
        if (isWav) value |= (byte >> (at & 7) & 1) << i;
        else value = value << 1 | byte >> (7 - (at & 7)) & 1;
      }
      return value;
    };
    for (let start = 0; start < out.length; start += FRAME) {
      this.#frame(take, out.subarray(start, start + FRAME));
    }
  }

  #frame(take: (bits: number) => number, out: Float32Array): void {
    const before = this.#logAreas;
    const after = Int32Array.from(LAR_BITS, (bits, i) => {
      const value = saturate(((take(bits) + LAR_MINIMUM[i]) << 10) - 2 * LAR_B[i]);
      const ratio = multiply(LAR_INVERSE[i], value);
      return saturate(2 * ratio);
    });
    this.#logAreas = after;
    const residual = new Int32Array(FRAME);
    for (let part = 0; part < FRAME; part += PART) this.#longTerm(take, residual, part);
    // The filter's coefficients glide from the last frame's to this one's.
    const glide = (mix: (old: number, now: number) => number, from: number, to: number) => {
      const areas = after.map((now, i) => mix(before[i], now));
      this.#shortTerm(reflections(areas), residual.subarray(from, to));
    };
    glide((old, now) => saturate(saturate((old >> 2) + (now >> 2)) + (old >> 1)), 0, 13);
    glide((old, now) => saturate((old >> 1) + (now >> 1)), 13, 27);
    glide((old, now) => saturate(saturate((old >> 2) + (now >> 2)) + (now >> 1)), 27, 40);
    glide((_, now) => now, 40, FRAME);
    for (let i = 0; i < out.length; i++) {
      this.#emphasis = saturate(residual[i] + multiply(this.#emphasis, DE_EMPHASIS));
      out[i] += (saturate(2 * this.#emphasis) & ~7) / 32768;
    }
  }

  /** What is left to filter of one part: its pulses, and a repetition of what came before. */
  #longTerm(take: (bits: number) => number, residual: Int32Array, start: number): void {
    const lag = take(7), gain = GAINS[take(2)], grid = take(2);
    const pulses = inverseApcm(take);
    if (lag >= MIN_LAG && lag <= MAX_LAG) this.#lag = lag;
    const past = this.#excitation;
    for (let k = 0; k < PART; k++) {
      const isPulse = k >= grid && (k - grid) % 3 === 0 && (k - grid) / 3 < PULSES;
      const pulse = isPulse ? pulses[(k - grid) / 3] : 0;
      past[MAX_LAG + k] = saturate(pulse + multiply(gain, past[MAX_LAG + k - this.#lag]));
    }
    residual.set(past.subarray(MAX_LAG), start);
    past.copyWithin(0, PART);
  }

  /** The lattice filter of the voice's tract, in place. */
  #shortTerm(reflection: Int32Array, samples: Int32Array): void {
    const v = this.#lattice;
    for (let k = 0; k < samples.length; k++) {
      let sample = samples[k];
      for (let i = ORDER - 1; i >= 0; i--) {
        sample = saturate(sample - multiply(reflection[i], v[i]));
        v[i + 1] = saturate(v[i] + multiply(reflection[i], sample));
      }
      samples[k] = v[0] = sample;
    }
  }
}

/** The pulses of a part, from the size of the largest and each one's share of it. */
function inverseApcm(take: (bits: number) => number): number[] {
  const largest = take(6);
  let exponent = largest > 15 ? (largest >> 3) - 1 : 0;
  let mantissa = largest - (exponent << 3);
  if (mantissa === 0) {
    exponent = -4;
    mantissa = 7;
  } else {
    while (mantissa <= 7) {
      mantissa = mantissa << 1 | 1;
      exponent--;
    }
    mantissa -= 8;
  }
  const shift = 6 - exponent, rounding = shiftRight(1, 1 - shift);
  return Array.from({ length: PULSES }, () => {
    const share = (2 * take(3) - 7) << 12;
    return shiftRight(saturate(multiply(MANTISSAS[mantissa], share) + rounding), shift);
  });
}

/** Reflection coefficients of log area ratios, by the standard's three straight pieces. */
function reflections(areas: Int32Array): Int32Array {
  return areas.map((area) => {
    const size = Math.min(32767, Math.abs(area));
    const value = size < 11059
      ? size << 1
      : size < 20070
      ? size + 11059
      : saturate((size >> 2) + 26112);
    return area < 0 ? -value : value;
  });
}
