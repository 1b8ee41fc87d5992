import { readAtSync } from "../io/bytes.ts";
import { CheckpointError } from "./errors.ts";
import { type DType, DTYPE_BYTES, Tensor } from "./tensor.ts";

const DTYPES: Record<string, DType> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F64: "float64",
  I64: "int64",
};

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** Whether a file begins as this format does: with the length of JSON, and its first brace. */
export function isSafetensors(file: Deno.FsFile): boolean {
  const bytes = new Uint8Array(9);
  if (readAtSync(file, 0, bytes) < bytes.length || bytes[8] !== 0x7b) return false;
  return new DataView(bytes.buffer).getBigUint64(0, true) <= BigInt(file.statSync().size);
}

/**
 * Reads the header of a `.safetensors` file (https://github.com/huggingface/safetensors): eight
 * bytes of length, JSON of that length, then the numbers.
 *
 * @param file Stays open: the tensors read from it.
 * @returns The tensors whose types are known.
 */
export function readSafetensors(file: Deno.FsFile): Map<string, Tensor> {
  const size = file.statSync().size;
  const headerSize = size < 8
    ? NaN
    : Number(new DataView(readAt(file, 0, 8).buffer).getBigUint64(0, true));
  if (!(headerSize <= Math.min(size - 8, MAX_HEADER_BYTES))) {
    throw new CheckpointError(
      `Expected a safetensors header inside the file of ${size} bytes but found one of ${headerSize}`,
    );
  }
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(readAt(file, 8, headerSize)));
  } catch (error) {
    throw new CheckpointError(
      `Expected a safetensors header but found ${(error as Error).message}`,
    );
  }
  const tensors = new Map<string, Tensor>();
  for (const [name, info] of Object.entries(header)) {
    if (name === "__metadata__" || !Object.hasOwn(DTYPES, info?.dtype)) continue;
    tensors.set(name, makeTensor(file, name, info, 8 + headerSize, size));
  }
  return tensors;
}

function makeTensor(
  file: Deno.FsFile,
  name: string,
  info: { dtype: string; shape: number[]; data_offsets: [number, number] },
  dataStart: number,
  fileSize: number,
): Tensor {
  const dtype = DTYPES[info.dtype];
  const [begin, end] = Array.isArray(info.data_offsets) ? info.data_offsets : [NaN, NaN];
  const shape = Array.isArray(info.shape) ? info.shape : [NaN];
  const length = shape.reduce((product, size) => product * size, 1);
  const fits = Number.isSafeInteger(begin) && begin >= 0 && dataStart + end <= fileSize &&
    end - begin === length * DTYPE_BYTES[dtype];
  if (!fits) {
    throw new CheckpointError(
      `Expected ${name} of shape [${shape}] and type ${dtype} inside the file but found bytes ` +
        `${begin} to ${end} of ${fileSize - dataStart}`,
    );
  }
  const stride = shape.map((_, d) =>
    shape.slice(d + 1).reduce((product, size) => product * size, 1)
  );
  const read = (start: number, size: number) =>
    Promise.resolve(readAt(file, dataStart + begin + start, size));
  return new Tensor(dtype, shape, stride, 0, length, read);
}

function readAt(file: Deno.FsFile, start: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  if (readAtSync(file, start, bytes) < size) {
    throw new CheckpointError(`Expected ${size} bytes but the file ends earlier`);
  }
  return bytes;
}
