import type { FileEntry } from "@zip.js/zip.js";
import { otherThanFile } from "../io/beginning.ts";
import { inspectShort } from "../io/options.ts";
import { FileReader } from "../io/zip_file.ts";
import { listEntries, openEntry, readEntry } from "./entries.ts";
import { CheckpointError } from "./errors.ts";
import { findTensors } from "./find_tensors.ts";
import { PickleGlobal, readPickle } from "./pickle.ts";
import { isSafetensors, readSafetensors } from "./safetensors.ts";
import { type DType, DTYPE_BYTES, Tensor } from "./tensor.ts";

/** A checkpoint whose file is open; close it when its tensors are read. */
export interface Checkpoint extends Disposable {
  /** What was saved: `Map`s, arrays, numbers, text, {@linkcode Tensor}s and inert records. */
  root: unknown;
  /** The tensors of the network: those of `state_dict` where there is one. */
  tensors: Map<string, Tensor>;
}

const STORAGE_DTYPES: Record<string, DType> = {
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  DoubleStorage: "float64",
  LongStorage: "int64",
};

/** Storages that nobody reads, but whose bytes a tensor of another type could ask for. */
class Storage {
  constructor(
    readonly dtype: DType | undefined,
    readonly typeName: string,
    readonly length: number,
    readonly read: (start: number, length: number) => Promise<Uint8Array>,
  ) {}
}

/**
 * Opens a checkpoint of PyTorch (1.6 or newer) or a `.safetensors` file. Only its structure is read;
 * each tensor's numbers follow when they are asked for.
 *
 * @throws {CheckpointError} Where the file is neither, or broken.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openCheckpointFile(path);
  try {
    if (path.endsWith(".safetensors") || isSafetensors(file)) {
      const tensors = readSafetensors(file);
      return { root: tensors, tensors, [Symbol.dispose]: () => file.close() };
    }
    const root = await readTorchFile(file);
    return { root, tensors: findTensors(root), [Symbol.dispose]: () => file.close() };
  } catch (error) {
    file.close();
    if (error instanceof CheckpointError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/**
 * Opens the file of a checkpoint. A pipe or a device, whose bytes can't be read in any order, is none.
 *
 * @throws {CheckpointError} Where there is no file.
 */
export async function openCheckpointFile(path: string): Promise<Deno.FsFile> {
  // To open a pipe would wait for who writes into it.
  const status = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  const found = status === undefined ? "no file" : otherThanFile(status);
  if (found === undefined) return await Deno.open(path);
  throw new CheckpointError(`Expected a checkpoint but found ${found} at ${path}`);
}

async function readTorchFile(file: Deno.FsFile): Promise<unknown> {
  const reader = new FileReader(file);
  const entries = await listEntries(reader);
  const pickleName = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickleName === undefined) {
    throw new CheckpointError("Expected a checkpoint of PyTorch but found no data.pkl in the zip");
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined) {
    const text = new TextDecoder().decode(await readEntry(reader, order)).trim();
    if (text !== "little") {
      throw new CheckpointError(`Expected little-endian numbers but found ${inspectShort(text)}`);
    }
  }
  const storages = new Map<string, Storage>();
  const persistentLoad = (id: unknown): Storage => {
    if (!Array.isArray(id) || id[0] !== "storage" || typeof id[2] !== "string") {
      throw new CheckpointError(`Expected a storage but found ${inspectShort(id)}`);
    }
    const [, type, key, , length] = id;
    let storage = storages.get(key);
    if (storage === undefined) {
      const entry = entries.get(`${folder}data/${key}`);
      storage = makeStorage(type, key, length, reader, entry);
      storages.set(key, storage);
    }
    return storage;
  };
  const pickle = await readEntry(reader, entries.get(pickleName)!);
  return readPickle(pickle, { persistentLoad, reduce });
}

function makeStorage(
  type: unknown,
  key: string,
  length: unknown,
  reader: FileReader,
  entry?: FileEntry,
): Storage {
  const typeName = type instanceof PickleGlobal ? type.qualifiedName : inspectShort(type);
  const dtype = Object.hasOwn(STORAGE_DTYPES, typeName) ? STORAGE_DTYPES[typeName] : undefined;
  if (typeof length !== "number" || !(length >= 0)) {
    throw new CheckpointError(`Expected the length of the storage ${key} but found ${length}`);
  }
  if (entry === undefined) {
    throw new CheckpointError(`Expected the storage data/${key} in the checkpoint but found none`);
  }
  if (dtype !== undefined && entry.uncompressedSize < length * DTYPE_BYTES[dtype]) {
    throw new CheckpointError(
      `Expected ${length} numbers of type ${dtype} in data/${key} but found ` +
        `${entry.uncompressedSize} bytes`,
    );
  }
  return new Storage(dtype, typeName, length, openEntry(reader, entry));
}

/** The calls that make data of the ones that a pickle of PyTorch asks for. */
function reduce(callable: PickleGlobal, args: unknown[]): unknown {
  switch (callable.toString()) {
    case "collections.OrderedDict":
      return new Map(Array.isArray(args[0]) ? args[0] as [unknown, unknown][] : []);
    case "torch.Size":
      return args[0];
    case "torch._utils._rebuild_parameter":
      return args[0];
    case "torch._utils._rebuild_tensor_v2": {
      const [storage, offset, shape, stride] = args;
      if (!(storage instanceof Storage) || !Array.isArray(shape) || !Array.isArray(stride)) {
        throw new CheckpointError(`Expected a tensor's storage but found ${inspectShort(storage)}`);
      }
      // A type that is not read, as of quantised weights, stays an inert record.
      if (storage.dtype === undefined) return undefined;
      return new Tensor(
        storage.dtype,
        shape as number[],
        stride as number[],
        offset as number,
        storage.length,
        storage.read,
      );
    }
    default:
      return undefined;
  }
}
