/**
 * Codings that hold samples in blocks of four-bit steps: IMA ADPCM (IMA Digital Audio Focus and
 * Technical Working Groups, "Recommended practices for enhancing digital audio compatibility in
 * multimedia systems", 1992), as WAV files and as QuickTime carry it, and Microsoft ADPCM ("New
 * multimedia data types and data techniques", 1994).
 */

/** How a block becomes samples, whatever the blocks before it hold. */
export interface BlockDecoder {
  /** How many frames a block of that many bytes holds. */
  frames(bytes: number, channels: number): number;
  /**
   * Adds up one block.
   *
   * @param bytes The block; the last one may be short.
   * @param out The mean of the channels, as far as the bytes go [shape=(frames,)].
   */
  decode(bytes: Uint8Array, channels: number, out: Float32Array): void;
}

const IMA_INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];
/** The standard's step sizes. */
// deno-fmt-ignore
const IMA_STEPS = Int32Array.of(
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
  73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449,
  494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272,
  2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493,
  10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
);
const IMA_HEADER = 4;

const clamp16 = (value: number) => Math.max(-32768, Math.min(32767, value));

/** Follows the steps of one channel. */
class ImaSteps {
  constructor(public value: number, public index: number) {
    this.index = Math.min(IMA_STEPS.length - 1, index);
  }

  /** The next sample. @param code Four bits: a sign, and how many steps. */
  next(code: number): number {
    const step = IMA_STEPS[this.index];
    let change = step >> 3;
    if (code & 1) change += step >> 2;
    if (code & 2) change += step >> 1;
    if (code & 4) change += step;
    this.value = clamp16(code & 8 ? this.value - change : this.value + change);
    this.index = Math.max(0, this.index + IMA_INDEX_CHANGES[code & 7]);
    this.index = Math.min(IMA_STEPS.length - 1, this.index);
    return this.value;
  }
}

/** IMA ADPCM of WAV files. */
export const ima: BlockDecoder = {
  frames(bytes, channels) {
    const steps = bytes - IMA_HEADER * channels;
    // Behind the headers come groups of four bytes for each channel in turn.
    return steps < 0 ? 0 : 1 + 8 * Math.floor(steps / (4 * channels));
  },
  decode(bytes, channels, out) {
    const frames = Math.min(out.length, ima.frames(bytes.length, channels));
    if (frames === 0) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scale = 1 / (32768 * channels);
    for (let c = 0; c < channels; c++) {
      const steps = new ImaSteps(view.getInt16(IMA_HEADER * c, true), bytes[IMA_HEADER * c + 2]);
      out[0] += steps.value * scale;
      for (let i = 1; i < frames; i++) {
        const group = Math.floor((i - 1) / 8), within = (i - 1) % 8;
        const byte = bytes[IMA_HEADER * channels + 4 * (group * channels + c) + (within >> 1)];
        out[i] += steps.next(within & 1 ? byte >> 4 : byte & 15) * scale;
      }
    }
  },
};

/** Bytes of a packet of one channel. */
export const QUICKTIME_BYTES = 34;
/** Its samples, and the bytes of its head. */
const QUICKTIME_FRAMES = 64, QUICKTIME_HEADER = 2;

/** IMA ADPCM of QuickTime, in AIFF-C and CAF files: a packet for each channel in turn. */
export const quickTimeIma: BlockDecoder = {
  frames: (bytes, channels) => bytes < QUICKTIME_BYTES * channels ? 0 : QUICKTIME_FRAMES,
  decode(bytes, channels, out) {
    if (quickTimeIma.frames(bytes.length, channels) === 0) return;
    const scale = 1 / (32768 * channels);
    for (let c = 0; c < channels; c++) {
      const packet = bytes.subarray(QUICKTIME_BYTES * c, QUICKTIME_BYTES * (c + 1));
      // The upper nine bits of a sample, then an index of seven.
      const value = (packet[0] << 8 | packet[1] & 0x80) << 16 >> 16;
      const steps = new ImaSteps(value, packet[1] & 0x7f);
      for (let i = 0; i < out.length; i++) {
        const byte = packet[QUICKTIME_HEADER + (i >> 1)];
        out[i] += steps.next(i & 1 ? byte >> 4 : byte & 15) * scale;
      }
    }
  },
};

const MS_FACTORS = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
const MS_COEFFICIENTS: [number, number][] = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
];
const MS_HEADER = 7;
const MS_LEAST_STEP = 16;

/** Microsoft ADPCM of WAV files. */
export const ms: BlockDecoder = {
  frames(bytes, channels) {
    const steps = bytes - MS_HEADER * channels;
    return steps < 0 ? 0 : 2 + Math.floor(2 * steps / channels);
  },
  decode(bytes, channels, out) {
    const frames = Math.min(out.length, ms.frames(bytes.length, channels));
    if (frames < 2) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const scale = 1 / (32768 * channels);
    // All channels' predictors, then their steps, then their second and their first samples.
    for (let c = 0; c < channels; c++) {
      const [near, far] = MS_COEFFICIENTS[bytes[c] % MS_COEFFICIENTS.length];
      const at = (field: number) => view.getInt16(channels + 2 * (field * channels + c), true);
      let step = at(0), last = at(1), older = at(2);
      out[0] += older * scale;
      out[1] += last * scale;
      for (let i = 2; i < frames; i++) {
        const place = (i - 2) * channels + c;
        const byte = bytes[MS_HEADER * channels + (place >> 1)];
        const code = place & 1 ? byte & 15 : byte >> 4;
        const signed = code & 8 ? code - 16 : code;
        const value = clamp16(((last * near + older * far) >> 8) + signed * step);
        step = Math.max(MS_LEAST_STEP, (MS_FACTORS[code] * step) >> 8);
        [older, last] = [last, value];
        out[i] += value * scale;
      }
    }
  },
};
