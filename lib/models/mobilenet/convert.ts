import { join } from "node:path";
import { prepareFolder } from "../../io/output_place.ts";
import { replaceFile } from "../../io/replace_file.ts";
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
  prepareFolder(folder);
  const models: [path: string, bytes: Uint8Array][] = [];
  for (const encoder of ["queryEncoder", "itemEncoder"] as const) {
    models.push([paths[encoder], await buildMobileNet(opened.tensors, PREFIXES[encoder])]);
  }
  const [[first, firstBytes], [second, secondBytes]] = models;
  await replaceFile(first, (partial) =>
    replaceFile(second, async (other) => {
      await Deno.writeFile(partial, firstBytes);
      await Deno.writeFile(other, secondBytes);
    }));
  return paths;
}
