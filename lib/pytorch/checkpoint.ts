import { crc32 } from "node:zlib";
import { type Entry, type FileEntry, ZipReader } from "@zip.js/zip.js";
import { BEGINNING, foundAt, otherThanFile } from "../io/beginning.ts";
import { latin1 } from "../io/bytes.ts";
import { inspectShort } from "../io/options.ts";
import { FileReader } from "../io/zip_file.ts";
import { CheckpointError } from "./errors.ts";
import { PickleGlobal, PickleObject, readPickle } from "./pickle.ts";
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

/** How a file of PyTorch before 1.6 begins: a pickle of this number. */
const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** Entries of an archive: one for each storage, of which large networks have some thousands. */
const MOST_ENTRIES = 2 ** 15;
/** What stands before an entry's name in a zip archive: so many bytes, the first four these. */
const LOCAL_HEADER = 30, LOCAL_MAGIC = 0x04034b50;
/** Bytes that are summed at a time. */
const SUMMED = 2 ** 20;

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

async function listEntries(reader: FileReader): Promise<Map<string, FileEntry>> {
  const start = await reader.readUint8Array(0, BEGINNING);
  if (LEGACY_MAGIC.every((byte, i) => start[i + 2] === byte)) {
    throw new CheckpointError(
      "Expected a checkpoint of PyTorch 1.6 or newer but found one in the older format; load it " +
        "with PyTorch and save it again",
    );
  }
  if (start[0] !== 0x50 || start[1] !== 0x4b) {
    const found = foundAt(latin1(start));
    throw new CheckpointError(`Expected a checkpoint, which is a zip archive, but found ${found}`);
  }
  const found: Entry[] = [];
  try {
    for await (const entry of new ZipReader(reader).getEntriesGenerator()) {
      if (found.push(entry) > MOST_ENTRIES) {
        throw new CheckpointError(`Expected at most ${MOST_ENTRIES} entries but found more`);
      }
    }
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    const { message, filename } = error as Error & { filename?: string };
    throw new CheckpointError(
      `Expected a whole zip archive but found a broken one: ${message}` +
        (filename === undefined ? "" : `: ${JSON.stringify(filename)}`),
    );
  }
  const entries = new Map<string, FileEntry>();
  for (const entry of found) {
    if (entry.directory) continue;
    const { filename, compressionMethod, compressedSize, uncompressedSize, offset } = entry;
    const claims = compressionMethod !== 0 || entry.encrypted ||
      compressedSize !== uncompressedSize || offset + compressedSize > reader.size;
    if (claims) {
      throw new CheckpointError(
        `Expected the entry ${filename} to be stored as it is, inside the file of ${reader.size} ` +
          `bytes, but found one of ${uncompressedSize} bytes by method ${compressionMethod}`,
      );
    }
    if (entries.has(filename)) {
      throw new CheckpointError(`Expected one entry ${filename} but found two`);
    }
    entries.set(filename, entry);
  }
  return entries;
}

/** All bytes of an entry. */
function readEntry(reader: FileReader, entry: FileEntry): Promise<Uint8Array> {
  return openEntry(reader, entry)(0, entry.uncompressedSize);
}

/**
 * What reads parts of an entry, whose checksum is looked at before the first: a network may be many
 * views of one storage.
 */
function openEntry(reader: FileReader, entry: FileEntry) {
  let place: Promise<number> | undefined;
  return async (start: number, length: number): Promise<Uint8Array> => {
    place ??= placeOf(reader, entry);
    return await reader.readUint8Array(await place + start, length);
  };
}

/**
 * Where the bytes of an entry begin, which lie in the file as they are. Through the streams of zip.js
 * each of some hundred would take half a millisecond.
 */
async function placeOf(reader: FileReader, entry: FileEntry): Promise<number> {
  const { filename, offset, uncompressedSize, signature } = entry;
  const header = await reader.readUint8Array(offset, LOCAL_HEADER);
  const view = new DataView(header.buffer, 0, header.length);
  if (header.length === LOCAL_HEADER && view.getUint32(0, true) === LOCAL_MAGIC) {
    const start = offset + LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
    let sum = 0, done = 0;
    while (done < uncompressedSize) {
      const size = Math.min(SUMMED, uncompressedSize - done);
      const bytes = await reader.readUint8Array(start + done, size);
      if (bytes.length < size) break;
      sum = crc32(bytes, sum);
      done += size;
    }
    if (done === uncompressedSize && sum === signature) return start;
  }
  throw new CheckpointError(
    `Expected the entry ${filename} to be whole but found other bytes than its checksum is of`,
  );
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

/** What training programs call the dictionary of the network's tensors, the likeliest first. */
const STATE_NAMES = ["state_dict", "model_state_dict", "model", "net", "network", "module"];
/** What a whole network that was saved keeps its tensors and its parts in. */
const MODULE_FIELDS = ["_parameters", "_buffers", "_modules"];
/** Dictionaries in dictionaries that are looked into. */
const MAX_DEPTH = 32;
/** Characters of a tensor's name: many tensors can lie behind one long name. */
const MOST_NAME = 1000;
/** Keys that an error shows. */
const SHOWN = 5;

/**
 * The tensors by name, wherever they lie: those of `state_dict`, as PyTorch Lightning saves it, or of
 * what others call it, by their own names; others, and those of dictionaries, lists and networks
 * further in, behind the names of what they lie in.
 */
function findTensors(root: unknown): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  collectTensors(root, "", tensors, new Set(), 0);
  if (tensors.size > 0) return tensors;
  if (!(root instanceof Map)) {
    throw new CheckpointError(
      `Expected a dictionary of tensors but found ${inspectShort(root)}`,
    );
  }
  const keys = [...root.keys()].slice(0, SHOWN).map(inspectShort);
  throw new CheckpointError(
    `Expected tensors in the checkpoint but found none: ` +
      (keys.length === 0 ? "it is empty" : `its ${root.size} keys begin with ${keys.join(", ")}`),
  );
}

/** @param seen What was looked into: one thing can lie in many places, and within itself. */
function collectTensors(
  value: unknown,
  prefix: string,
  tensors: Map<string, Tensor>,
  seen: Set<unknown>,
  depth: number,
): void {
  const parts = partsOf(value);
  if (parts === undefined || depth > MAX_DEPTH || seen.has(value)) return;
  seen.add(value);
  for (const [name, inner] of parts) {
    if (inner instanceof Tensor) {
      const full = prefix + name;
      if (full.length > MOST_NAME) {
        throw new CheckpointError(
          `Expected shorter names of tensors but found ${inspectShort(full)}`,
        );
      }
      if (!tensors.has(full)) tensors.set(full, inner);
      continue;
    }
    collectTensors(inner, name === "" ? prefix : `${prefix}${name}.`, tensors, seen, depth + 1);
  }
}

/** What lies in a dictionary, a list or a network, by names; empty ones add nothing to a tensor's. */
function partsOf(value: unknown): [name: string, inner: unknown][] | undefined {
  if (!hasParts(value)) return undefined;
  if (value instanceof PickleObject) {
    const state = value.state as Map<unknown, unknown>;
    return MODULE_FIELDS.map((field) => ["", state.get(field)]);
  }
  if (Array.isArray(value)) return value.map((inner, i) => [`${i}`, inner]);
  const state = STATE_NAMES.find((name) => hasParts(value.get(name)));
  const others = [...value].filter(([name]) => typeof name === "string" && name !== state);
  return state === undefined ? others : [["", value.get(state)], ...others];
}

/** Whether something can be looked into. */
function hasParts(value: unknown): value is unknown[] | Map<string, unknown> | PickleObject {
  return Array.isArray(value) || value instanceof Map ||
    (value instanceof PickleObject && value.state instanceof Map);
}
