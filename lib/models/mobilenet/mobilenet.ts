import { dirname, join } from "node:path";
import { convertCheckpoint, encoderPaths } from "./convert.ts";
import { hashFile } from "../../io/hash.ts";
import { OnnxDualEncoder } from "../onnx_dual_encoder.ts";

/**
 * The challenge's MN baseline: two MobileNetV3 encoders, pre-trained on AudioSet and fine-tuned on
 * VimSketch (J. Greif, F. Schmid, P. Primus, G. Widmer, "Improving query-by-vocal imitation with
 * contrastive learning and audio pretraining", DCASE 2024).
 *
 * @example
 * ```ts ignore
 * const model = await MobileNetBaseline.fromCheckpoint("checkpoints/baseline.ckpt");
 * const scores = await model.computeSimilarities(items, queries);
 * ```
 */
export class MobileNetBaseline extends OnnxDualEncoder {
  /**
   * Makes the model of a checkpoint, which is converted to ONNX once: the result is kept beside it,
   * in a folder named after the checkpoint's hash.
   *
   * @param path A checkpoint of PyTorch Lightning, or a `.safetensors` file of the same names.
   * @throws {CheckpointError} Where the checkpoint is broken or another network's.
   */
  static async fromCheckpoint(path: string): Promise<MobileNetBaseline> {
    return new MobileNetBaseline(await convertOnce(path));
  }
}

/** The encoders of a checkpoint, from an earlier conversion of the same bytes where there is one. */
export async function convertOnce(path: string): Promise<ReturnType<typeof encoderPaths>> {
  const hash = await hashFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "missing";
    throw error;
  });
  const folder = join(dirname(path), `onnx-${hash.slice(0, 16)}`);
  const paths = encoderPaths(folder);
  const isThere = await Promise.all(
    Object.values(paths).map((file) => Deno.stat(file).then(() => true, () => false)),
  );
  return isThere.every(Boolean) ? paths : await convertCheckpoint(path, folder);
}
