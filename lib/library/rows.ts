import type { ArrowTable, Lance } from "./lancedb.ts";
import type { Heard, Shape } from "./hearing.ts";

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
  /** When its file was looked at for that, in milliseconds since 1970. */
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

/** The column of what the first pass looks into. */
export const VECTOR_COLUMN = "vector";

/**
 * The column of all that the second pass needs of a sound, in half precision: one read finds it in one
 * place. Its name says how many views there are.
 */
export function heardColumn(views: number): string {
  return `heard_${views}`;
}

/** The shape that a table's columns have; zeros where they have none. */
export function shapeIn(fields: { name: string; type: { listSize?: number } }[]): Shape {
  const vector = fields.find(({ name }) => name === VECTOR_COLUMN)?.type.listSize ?? 0;
  const heard = fields.find(({ name }) => /^heard_\d+$/.test(name));
  if (heard?.type.listSize === undefined) return { views: 0, vector, features: 0 };
  const views = Number(heard.name.split("_")[1]);
  return { views, vector, features: heard.type.listSize / views - vector };
}

/** Sounds as a table: what is known of each, and a column for each pass. */
export function soundsTable(lance: Lance, rows: SoundRow[], shape: Shape): ArrowTable {
  const columns = plainColumns(lance, rows as unknown as Record<string, unknown>[], INFO_COLUMNS);
  const size = shape.views * (shape.vector + shape.features);
  const heard = rows.map((row) => packHeard(row, size));
  const vectors = heard.map((packed) => packed && meanVector(packed, shape));
  columns.push(listColumn(lance, VECTOR_COLUMN, vectors, shape.vector, "single"));
  columns.push(listColumn(lance, heardColumn(shape.views), heard, size, "half"));
  return makeTable(lance, columns, rows.length);
}

/** The mean of the views' vectors: its product with a query's is the mean of their cosines. */
function meanVector(packed: Float16Array, { views, vector }: Shape): Float32Array {
  const out = new Float32Array(vector);
  for (let i = 0; i < views * vector; i++) out[i % vector] += packed[i] / views;
  return out;
}

/** The columns of what is heard, as Arrow's fields. */
export function heardFields(lance: Lance, shape: Shape): { name: string }[] {
  return soundsTable(lance, [], shape).schema.fields
    .filter(({ name }) => !Object.hasOwn(INFO_COLUMNS, name));
}

/** All vectors, then all features; nothing where the sound has to be heard anew. */
function packHeard({ vectors, features }: SoundRow, size: number): Float16Array | undefined {
  if (vectors === undefined || features === undefined) return undefined;
  const out = new Float16Array(size);
  let at = 0;
  for (const part of [...vectors, ...features]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
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

/** What is kept of a sound, where {@linkcode heardColumn} was asked for. */
export function readHeard(table: ArrowTable, index: number, shape: Shape): Heard {
  const { views, vector, features } = shape;
  const column = table.getChild(heardColumn(views))!;
  const bits = (column.get(index) as { toArray(): Uint16Array }).toArray();
  const numbers = new Float32Array(
    new Float16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length),
  );
  const lists = (first: number, size: number) =>
    Array.from(
      { length: views },
      (_, i) => numbers.subarray(first + i * size, first + (i + 1) * size),
    );
  return { vectors: lists(0, vector), features: lists(views * vector, features) };
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
  lists: (Float16Array | Float32Array | undefined)[],
  size: number,
  precision: "half" | "single",
): Column {
  const isHalf = precision === "half";
  const numbers = new (isHalf ? Float16Array : Float32Array)(lists.length * size);
  const valid = new Uint8Array(Math.ceil(lists.length / 8));
  lists.forEach((list, i) => {
    if (list === undefined) return;
    numbers.set(list, i * size);
    valid[i >> 3] |= 1 << (i & 7);
  });
  const float = isHalf ? new arrow.Float16() : new arrow.Float32();
  const type = new arrow.FixedSizeList(size, new arrow.Field("item", float, true));
  const child = arrow.makeData({
    type: float,
    length: numbers.length,
    nullCount: 0,
    data: isHalf ? new Uint16Array(numbers.buffer) : numbers,
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
