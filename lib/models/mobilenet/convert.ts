import { join } from "node:path";
import { isFolder } from "../../io/is_folder.ts";
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

/** The encoders of a checkpoint as ONNX. */
export type EncoderBytes = Record<keyof EncoderPaths, Uint8Array>;

/**
 * Turns a checkpoint of the MN baseline into ONNX.
 *
 * @param checkpoint A checkpoint of PyTorch Lightning, or a `.safetensors` file of the same names.
 * @throws {CheckpointError} Where the checkpoint is broken or another network's.
 */
export async function buildEncoders(checkpoint: string): Promise<EncoderBytes> {
  using opened = await openCheckpoint(checkpoint);
  return {
    queryEncoder: await buildMobileNet(opened.tensors, PREFIXES.queryEncoder),
    itemEncoder: await buildMobileNet(opened.tensors, PREFIXES.itemEncoder),
  };
}

/**
 * Writes encoders into a folder: `query_encoder.onnx` and `item_encoder.onnx`. Both get their names
 * when both are whole; where that fails, nothing is left behind.
 *
 * @param folder Made where it is missing.
 */
export async function writeEncoders(encoders: EncoderBytes, folder: string): Promise<EncoderPaths> {
  const wasThere = isFolder(folder);
  prepareFolder(folder);
  const paths = encoderPaths(folder);
  try {
    await replaceFile(
      paths.queryEncoder,
      (partial) =>
        replaceFile(paths.itemEncoder, async (other) => {
          await Deno.writeFile(partial, encoders.queryEncoder);
          await Deno.writeFile(other, encoders.itemEncoder);
        }),
    );
  } catch (error) {
    // Not if somebody else has written into it by now.
    if (!wasThere) await Deno.remove(folder).catch(() => {});
    throw error;
  }
  return paths;
}
