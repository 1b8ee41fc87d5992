import defer * as ort from "../onnx/runtime.ts";
import { DOUBLE, GraphBuilder } from "../onnx/graph.ts";

/**
 * Numbers that are summed in single precision before their sum goes on in double: enough for a fast
 * product, few enough for an error of some 1e-7.
 */
const CHUNK = 64;

/** A product with one row takes another way through the library, and rounds otherwise. */
const MIN_ROWS = 2;

/**
 * Dot products of vectors with a fixed set of vectors, as one product of matrices. A pair gets the
 * same result wherever it stands, and whatever else is in the call.
 */
export class DotProducts {
  readonly #session: ort.InferenceSession;
  readonly #columns: ort.Tensor;
  readonly #count: number;
  readonly #padded: number;

  private constructor(session: ort.InferenceSession, columns: Float32Array[], chunk: number) {
    const length = columns[0].length;
    const chunks = Math.ceil(length / chunk);
    this.#session = session;
    this.#count = columns.length;
    this.#padded = chunks * chunk;
    // [chunks, numbers of a chunk, vectors]: the inner sum runs over the middle.
    const data = new Float32Array(this.#padded * columns.length);
    columns.forEach((column, c) => {
      for (let k = 0; k < length; k++) data[k * columns.length + c] = column[k];
    });
    this.#columns = new ort.Tensor("float32", data, [chunks, chunk, columns.length]);
  }

  /** @param columns Vectors of one length [shape=(c, d)]; at least one. */
  static async create(columns: Float32Array[]): Promise<DotProducts> {
    const chunk = Math.min(CHUNK, columns[0].length);
    const session = await ort.InferenceSession.create(buildGraph(chunk), { intraOpNumThreads: 1 });
    return new DotProducts(session, columns, chunk);
  }

  /**
   * @param rows Vectors of that length [shape=(r, d)].
   * @returns [shape=(r, c)]
   */
  async multiply(rows: Float32Array[]): Promise<Float64Array[]> {
    const count = Math.max(MIN_ROWS, rows.length);
    const data = new Float32Array(count * this.#padded);
    rows.forEach((row, r) => data.set(row, r * this.#padded));
    const input = new ort.Tensor("float32", data, [count, this.#padded]);
    const { products } = await this.#session.run({ rows: input, columns: this.#columns });
    const values = products.data as Float64Array;
    return rows.map((_, r) => values.slice(r * this.#count, (r + 1) * this.#count));
  }

  /** Gives the memory back. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function buildGraph(chunk: number): Uint8Array {
  const graph = new GraphBuilder();
  const rows = graph.input("rows", ["r", "d"]);
  const columns = graph.input("columns", ["chunks", chunk, "c"]);
  const shape = graph.constant("shape", [3], BigInt64Array.of(0n, -1n, BigInt(chunk)));
  const split = graph.node("Reshape", [rows, shape]);
  const byChunk = graph.node("Transpose", [split], { perm: [1, 0, 2] });
  const products = graph.node("MatMul", [byChunk, columns]);
  const doubles = graph.node("Cast", [products], { to: DOUBLE });
  const axes = graph.constant("axes", [1], BigInt64Array.of(0n));
  graph.node("ReduceSum", [doubles, axes], { keepdims: 0 }, "products");
  graph.output("products", ["r", "c"], DOUBLE);
  return graph.finish("dot_products");
}
