import { join } from "node:path";
import { openCheckpoint } from "../../pytorch/checkpoint.ts";
import { buildMobileNet } from "./mobilenet_graph.ts";

/** The files of a converted checkpoint. */
export interface EncoderPaths {
  queryEncoder: string;
  itemEncoder: string;
}

/** Which of the checkpoint's networks is which encoder. */
const PREFIXES: Record<keyof EncoderPaths, string> = {
  queryEncoder: "imitation_encoder",
  itemEncoder: "reference_encoder",
};

/** Where the encoders of a converted checkpoint lie in a folder. */
export function encoderPaths(folder: string): EncoderPaths {
  return {
    queryEncoder: join(folder, "query_encoder.onnx"),
    itemEncoder: join(folder, "item_encoder.onnx"),
  };
}

/**
 * Converts a checkpoint of the MN baseline to ONNX: `query_encoder.onnx` and `item_encoder.onnx`.
 * Both get their names when both are whole.
 *
 * @param checkpoint A checkpoint of PyTorch Lightning, or a `.safetensors` file of the same names.
 * @param folder Made where it is missing.
 * @throws {CheckpointError} Where the checkpoint is broken or another network's.
 */
export async function convertCheckpoint(checkpoint: string, folder: string): Promise<EncoderPaths> {
  const paths = encoderPaths(folder);
  using opened = await openCheckpoint(checkpoint);
  const models: [path: string, bytes: Uint8Array][] = [];
  for (const encoder of ["queryEncoder", "itemEncoder"] as const) {
    models.push([paths[encoder], await buildMobileNet(opened.tensors, PREFIXES[encoder])]);
  }
  await Deno.mkdir(folder, { recursive: true });
  try {
    for (const [path, bytes] of models) await Deno.writeFile(`${path}.partial`, bytes);
  } catch (error) {
    for (const [path] of models) await Deno.remove(`${path}.partial`).catch(() => {});
    throw error;
  }
  for (const [path] of models) await Deno.rename(`${path}.partial`, path);
  return paths;
}
