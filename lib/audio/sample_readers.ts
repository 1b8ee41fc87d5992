/** Samples as files hold them, read to numbers: integers, floats, A-law and µ-law. */

/** Reads frames to one channel, the mean of theirs; as many as there is room for. */
export type Reader = (
  view: DataView,
  out: Float32Array,
  channels: number,
  littleEndian: boolean,
) => void;

/** Makes a reader that averages the channels of each frame. */
function reader(
  bytesPerSample: number,
  scale: number,
  at: (view: DataView, offset: number, littleEndian: boolean) => number,
): Reader {
  return (view, out, channels, littleEndian) => {
    const factor = scale / channels;
    let offset = 0;
    for (let i = 0; i < out.length; i++) {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        sum += at(view, offset, littleEndian);
        offset += bytesPerSample;
      }
      out[i] = sum * factor;
    }
  };
}

/** Numbers as the machine itself has them. */
type Numbers = Int16Array | Int32Array | Float32Array;

/** Nearly all files are little-endian: read through a typed array where the bytes lie as it needs. */
function viewed(
  bytesPerSample: number,
  scale: number,
  open: (buffer: ArrayBufferLike, offset: number, length: number) => Numbers,
  otherwise: Reader,
): Reader {
  return (view, out, channels, littleEndian) => {
    if (!littleEndian || view.byteOffset % bytesPerSample !== 0) {
      return otherwise(view, out, channels, littleEndian);
    }
    const samples = open(view.buffer, view.byteOffset, out.length * channels);
    const factor = scale / channels;
    if (channels === 1) {
      for (let i = 0; i < out.length; i++) out[i] = samples[i] * factor;
      return;
    }
    for (let i = 0, at = 0; i < out.length; i++) {
      let sum = 0;
      for (const end = at + channels; at < end; at++) sum += samples[at];
      out[i] = sum * factor;
    }
  };
}

const read16 = viewed(
  2,
  1 / 32768,
  (buffer, offset, length) => new Int16Array(buffer, offset, length),
  reader(2, 1 / 32768, (view, offset, le) => view.getInt16(offset, le)),
);
const read32 = viewed(
  4,
  1 / 2147483648,
  (buffer, offset, length) => new Int32Array(buffer, offset, length),
  reader(4, 1 / 2147483648, (view, offset, le) => view.getInt32(offset, le)),
);
const readFloat = viewed(
  4,
  1,
  (buffer, offset, length) => new Float32Array(buffer, offset, length),
  reader(4, 1, (view, offset, le) => view.getFloat32(offset, le)),
);

const read24Big = reader(
  3,
  1 / 8388608,
  (view, offset) => view.getUint16(offset + 1) | (view.getInt8(offset) << 16),
);
/** What studios keep: there is no typed array for 24 bit. */
const read24: Reader = (view, out, channels, littleEndian) => {
  if (!littleEndian) return read24Big(view, out, channels, littleEndian);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const factor = 1 / 8388608 / channels;
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (const end = at + 3 * channels; at < end; at += 3) {
      sum += bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 24 >> 8;
    }
    out[i] = sum * factor;
  }
};

function int64(view: DataView, offset: number, littleEndian: boolean): number {
  const [low, high] = littleEndian ? [offset, offset + 4] : [offset + 4, offset];
  return view.getInt32(high, littleEndian) * 2 ** 32 + view.getUint32(low, littleEndian);
}

/** One A-law byte as a 16-bit sample (ITU-T G.711). */
function alaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** One µ-law byte as a 16-bit sample (ITU-T G.711). */
function mulaw(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -magnitude : magnitude;
}

/** How samples of a coding and so many bytes are read, by `coding:bytes`. */
export const READERS = new Map<string, Reader>([
  ["unsigned:1", reader(1, 1 / 128, (view, offset) => view.getUint8(offset) - 128)],
  ["int:1", reader(1, 1 / 128, (view, offset) => view.getInt8(offset))],
  ["int:2", read16],
  ["int:3", read24],
  ["int:4", read32],
  ["int:8", reader(8, 2 ** -63, int64)],
  ["float:4", readFloat],
  ["float:8", reader(8, 1, (view, offset, le) => view.getFloat64(offset, le))],
  ["alaw:1", reader(1, 1 / 32768, (view, offset) => alaw(view.getUint8(offset)))],
  ["mulaw:1", reader(1, 1 / 32768, (view, offset) => mulaw(view.getUint8(offset)))],
]);
