import protobuf from "protobufjs/minimal.js";

/**
 * Writes ONNX models: as much of the format (https://onnx.ai/onnx/repo-docs/IR.html) as networks of
 * float tensors need. Numbers in comments are those of onnx.proto.
 */

const IR_VERSION = 8;
/** The version of the operators. */
const OPSET = 17;
/** Types of numbers in tensors. */
export const FLOAT = 1;
const INT64 = 7;
export const DOUBLE = 11;
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** A value of an attribute: a whole number, a list of them, or `{ float }`. */
export type Attribute = number | number[] | { float: number };

/** A size that is known, or the name of one that is not. */
export type Dimension = number | string;

/** Builds one graph, node by node. */
export class GraphBuilder {
  readonly #nodes: protobuf.Writer[] = [];
  readonly #initializers: protobuf.Writer[] = [];
  readonly #inputs: protobuf.Writer[] = [];
  readonly #outputs: protobuf.Writer[] = [];
  #count = 0;

  /** Declares an input of float numbers. */
  input(name: string, shape: Dimension[]): string {
    this.#inputs.push(valueInfo(name, shape, FLOAT));
    return name;
  }

  /** Declares an output, of float numbers unless another type is given. */
  output(name: string, shape: Dimension[], type = FLOAT): void {
    this.#outputs.push(valueInfo(name, shape, type));
  }

  /** Adds a constant tensor. @returns Its name. */
  constant(name: string, shape: number[], values: Float32Array | BigInt64Array): string {
    const tensor = protobuf.Writer.create();
    for (const size of shape) tensor.uint32(tag(1, VARINT)).int64(size);
    tensor.uint32(tag(2, VARINT)).int32(values instanceof Float32Array ? FLOAT : INT64);
    tensor.uint32(tag(8, BYTES)).string(name);
    tensor.uint32(tag(9, BYTES)).bytes(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    this.#initializers.push(tensor);
    return name;
  }

  /**
   * Adds a node.
   *
   * @param operator The operator's name.
   * @param inputs Names of values.
   * @param output The name of the result; one of its own unless given.
   * @returns The name of the result.
   */
  node(
    operator: string,
    inputs: string[],
    attributes: Record<string, Attribute> = {},
    output = `${operator}_${this.#count}`,
  ): string {
    this.#count++;
    const node = protobuf.Writer.create();
    for (const input of inputs) node.uint32(tag(1, BYTES)).string(input);
    node.uint32(tag(2, BYTES)).string(output);
    node.uint32(tag(3, BYTES)).string(`node_${this.#count}`);
    node.uint32(tag(4, BYTES)).string(operator);
    for (const [name, value] of Object.entries(attributes)) {
      embed(node, 5, attribute(name, value));
    }
    this.#nodes.push(node);
    return output;
  }

  /** The whole model's bytes. */
  finish(name: string): Uint8Array {
    const graph = protobuf.Writer.create();
    for (const node of this.#nodes) embed(graph, 1, node);
    graph.uint32(tag(2, BYTES)).string(name);
    for (const tensor of this.#initializers) embed(graph, 5, tensor);
    for (const input of this.#inputs) embed(graph, 11, input);
    for (const output of this.#outputs) embed(graph, 12, output);
    const opset = protobuf.Writer.create();
    opset.uint32(tag(1, BYTES)).string("").uint32(tag(2, VARINT)).int64(OPSET);
    const model = protobuf.Writer.create();
    model.uint32(tag(1, VARINT)).int64(IR_VERSION);
    model.uint32(tag(2, BYTES)).string("qvim");
    embed(model, 7, graph);
    embed(model, 8, opset);
    return model.finish();
  }
}

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

function embed(into: protobuf.Writer, field: number, message: protobuf.Writer): void {
  into.uint32(tag(field, BYTES)).bytes(message.finish());
}

function attribute(name: string, value: Attribute): protobuf.Writer {
  const out = protobuf.Writer.create();
  out.uint32(tag(1, BYTES)).string(name);
  if (typeof value === "number") {
    out.uint32(tag(3, VARINT)).int64(value).uint32(tag(20, VARINT)).int32(ATTRIBUTE_INT);
  } else if (Array.isArray(value)) {
    for (const item of value) out.uint32(tag(8, VARINT)).int64(item);
    out.uint32(tag(20, VARINT)).int32(ATTRIBUTE_INTS);
  } else {
    out.uint32(tag(2, FIXED32)).float(value.float).uint32(tag(20, VARINT)).int32(ATTRIBUTE_FLOAT);
  }
  return out;
}

function valueInfo(name: string, shape: Dimension[], elementType: number): protobuf.Writer {
  const dimensions = protobuf.Writer.create();
  for (const size of shape) {
    const dimension = protobuf.Writer.create();
    if (typeof size === "number") dimension.uint32(tag(1, VARINT)).int64(size);
    else dimension.uint32(tag(2, BYTES)).string(size);
    embed(dimensions, 1, dimension);
  }
  const tensorType = protobuf.Writer.create();
  tensorType.uint32(tag(1, VARINT)).int32(elementType);
  embed(tensorType, 2, dimensions);
  const type = protobuf.Writer.create();
  embed(type, 1, tensorType);
  const info = protobuf.Writer.create();
  info.uint32(tag(1, BYTES)).string(name);
  embed(info, 2, type);
  return info;
}
