import type { ArrowTable, ArrowVector, Lance } from "./lancedb.ts";
import type { Heard } from "./hearing.ts";

/** A sound of the library, or a piece of a long recording. */
export interface SoundInfo {
  /** What the sound is called by outside: a hash of its path and where it starts. */
  id: string;
  /** Where its file lies; absolute. */
  path: string;
  /** The words of its name and folders, in lower case, a space before each. */
  words: string;
  /** The SHA-256 of its file. */
  hash: string;
  /** Of its file, in bytes. */
  size: number;
  /** When its file was changed, in milliseconds since 1970. */
  mtime: number;
  /** Of its whole file, in seconds. */
  duration: number;
  /** In Hz. */
  rate: number;
  /** How many channels its file has. */
  channels: number;
  /** Where it starts in its file, in seconds. */
  start: number;
  /** Where it ends, in seconds. */
  end: number;
  /** What it was heard by; see `modelVersion`. */
  model: string;
  /** The batch that it was written with. */
  batch: string;
  /** When that was, in milliseconds since 1970. */
  added: number;
}

/** A row of the table: what is heard is missing where it has to be heard anew by a newer model. */
export type SoundRow = SoundInfo & Partial<Heard>;

/** A file in which nothing could be heard. */
export interface BrokenFile {
  path: string;
  size: number;
  mtime: number;
  model: string;
  /** What was expected and what was found. */
  reason: string;
}

type Kind = "text" | "number" | "integer";

/** The columns of {@linkcode SoundInfo}. */
export const INFO_COLUMNS: Record<keyof SoundInfo, Kind> = {
  id: "text",
  path: "text",
  words: "text",
  hash: "text",
  size: "number",
  mtime: "number",
  duration: "number",
  rate: "integer",
  channels: "integer",
  start: "number",
  end: "number",
  model: "text",
  batch: "text",
  added: "number",
};

const BROKEN_COLUMNS: Record<keyof BrokenFile, Kind> = {
  path: "text",
  size: "number",
  mtime: "number",
  model: "text",
  reason: "text",
};

/** How much is kept of each sound: that of the model that hears. */
export interface Shape {
  /** How many vectors: one of the whole, one of each beginning. */
  views: number;
  /** Numbers of a vector. */
  vector: number;
  /** Numbers of the features of a view. */
  features: number;
}

/** The shape of what was heard. */
export function shapeOf({ vectors, features }: Heard): Shape {
  return { views: vectors.length, vector: vectors[0].length, features: features[0].length };
}

/** The column of a view's vector: the whole's is `vector_1`. */
export function vectorColumn(view: number): string {
  return `vector_${view + 1}`;
}

/** Sounds as a table: vectors and features are columns of lists of fixed size. */
export function soundsTable(lance: Lance, rows: SoundRow[], shape: Shape): ArrowTable {
  const columns = plainColumns(lance, rows as unknown as Record<string, unknown>[], INFO_COLUMNS);
  for (let view = 0; view < shape.views; view++) {
    const lists = rows.map(({ vectors }) => vectors?.[view]);
    columns.push(listColumn(lance, vectorColumn(view), lists, shape.vector));
  }
  const size = shape.views * shape.features;
  const features = rows.map((row) => row.features && joined(row.features, size));
  columns.push(listColumn(lance, "features", features, size));
  return makeTable(lance, columns, rows.length);
}

/** Broken files as a table. */
export function brokenTable(lance: Lance, files: BrokenFile[]): ArrowTable {
  const rows = files as unknown as Record<string, unknown>[];
  return makeTable(lance, plainColumns(lance, rows, BROKEN_COLUMNS), files.length);
}

/** The chosen columns of a row. */
export function readInfo<K extends keyof SoundInfo>(
  table: ArrowTable,
  index: number,
  columns: readonly K[],
): Pick<SoundInfo, K> {
  return Object.fromEntries(
    columns.map((name) => [name, table.getChild(name)!.get(index)]),
  ) as Pick<SoundInfo, K>;
}

/** A broken file's row. */
export function readBroken(table: ArrowTable, index: number): BrokenFile {
  return Object.fromEntries(
    Object.keys(BROKEN_COLUMNS).map((name) => [name, table.getChild(name)!.get(index)]),
  ) as unknown as BrokenFile;
}

/** What is kept of a sound, where all of its columns were asked for. */
export function readHeard(table: ArrowTable, index: number, shape: Shape): Heard {
  const features = readList(table.getChild("features")!, index);
  return {
    vectors: Array.from(
      { length: shape.views },
      (_, view) => readList(table.getChild(vectorColumn(view))!, index),
    ),
    features: Array.from(
      { length: shape.views },
      (_, view) => features.slice(view * shape.features, (view + 1) * shape.features),
    ),
  };
}

/** A list of numbers. */
export function readList(column: ArrowVector, index: number): Float32Array {
  return (column.get(index) as { toArray(): Float32Array }).toArray();
}

function joined(parts: Float32Array[], size: number): Float32Array {
  const out = new Float32Array(size);
  parts.forEach((part, i) => out.set(part, i * part.length));
  return out;
}

// deno-lint-ignore no-explicit-any -- Arrow's own classes, which are loaded later
type Column = { field: any; data: any };

function plainColumns(
  { arrow }: Lance,
  rows: Record<string, unknown>[],
  columns: Record<string, Kind>,
): Column[] {
  const types = { text: arrow.Utf8, number: arrow.Float64, integer: arrow.Int32 };
  return Object.entries(columns).map(([name, kind]) => {
    const type = new types[kind]();
    const data = arrow.vectorFromArray(rows.map((row) => row[name]), type).data[0];
    return { field: new arrow.Field(name, type, false), data };
  });
}

function listColumn(
  { arrow }: Lance,
  name: string,
  lists: (Float32Array | undefined)[],
  size: number,
): Column {
  const numbers = new Float32Array(lists.length * size);
  const valid = new Uint8Array(Math.ceil(lists.length / 8));
  lists.forEach((list, i) => {
    if (list === undefined) return;
    numbers.set(list, i * size);
    valid[i >> 3] |= 1 << (i & 7);
  });
  const float = new arrow.Float32();
  const type = new arrow.FixedSizeList(size, new arrow.Field("item", float, true));
  const child = arrow.makeData({
    type: float,
    length: numbers.length,
    nullCount: 0,
    data: numbers,
  });
  const missing = lists.filter((list) => list === undefined).length;
  const data = arrow.makeData({
    type,
    length: lists.length,
    nullCount: missing,
    nullBitmap: missing > 0 ? valid : undefined,
    child,
  });
  return { field: new arrow.Field(name, type, true), data };
}

function makeTable({ arrow }: Lance, columns: Column[], length: number): ArrowTable {
  const fields = columns.map(({ field }) => field);
  const schema = new arrow.Schema(fields);
  const type = new arrow.Struct(fields);
  const children = columns.map(({ data }) => data);
  const data = arrow.makeData({ type, length, nullCount: 0, children });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
}
