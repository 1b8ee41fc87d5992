import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../io/cache_folder.ts";
import { hashFile, hashOpenFile } from "../../io/hash.ts";
import { replaceFile } from "../../io/replace_file.ts";
import { openCheckpointFile } from "../../pytorch/checkpoint.ts";
import {
  buildEncoders,
  type EncoderBytes,
  type EncoderPaths,
  encoderPaths,
  writeEncoders,
} from "./convert.ts";
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
   * in a folder named after the hashes of the checkpoint and of what converts it; where nothing can be
   * written there, among the user's caches.
   *
   * @param path A checkpoint of PyTorch Lightning, or a `.safetensors` file of the same names.
   * @throws {CheckpointError} Where the checkpoint is broken or another network's.
   */
  static async fromCheckpoint(path: string): Promise<MobileNetBaseline> {
    return new MobileNetBaseline(await convertOnce(path));
  }
}

/** What the converted files were when they were written, as the program sha256sum checks it. */
const SUMS = "SHA256SUMS";

/**
 * The encoders of a checkpoint, from an earlier conversion of the same bytes by the same code where
 * there is one that is still what it was: beside the checkpoint, or where nothing can be written there
 * among the user's caches.
 */
export async function convertOnce(path: string): Promise<EncoderPaths> {
  using file = await openCheckpointFile(path);
  const hash = await hashOpenFile(file);
  const name = `onnx-${hash.slice(0, 16)}-${await converterHash()}`;
  const beside = join(dirname(path), name), cached = join(cacheFolder(), name);
  for (const folder of [beside, cached]) if (await isWhole(folder)) return encoderPaths(folder);
  const encoders = await buildEncoders(path);
  // A checkpoint of all may lie where only one may write, or on a disk that is full.
  return await keep(encoders, beside).catch(() => keep(encoders, cached));
}

async function keep(encoders: EncoderBytes, folder: string): Promise<EncoderPaths> {
  const paths = await writeEncoders(encoders, folder);
  await replaceFile(join(folder, SUMS), await sumsOf(folder));
  return paths;
}

/** What converts: what an earlier version of it has made is not taken for its own. */
const CONVERTER = ["./convert.ts", "./mobilenet_graph.ts", "../../onnx/graph.ts"];

async function converterHash(): Promise<string> {
  const files = CONVERTER.map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const hashes = await Promise.all(files.map(hashFile));
  return createHash("sha256").update(hashes.join()).digest("hex").slice(0, 8);
}

/** Whether a folder has the encoders that were written into it: a disk may have lost a part of them. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    return await Deno.readTextFile(join(folder, SUMS)) === await sumsOf(folder);
  } catch {
    return false;
  }
}

async function sumsOf(folder: string): Promise<string> {
  const paths = Object.values(encoderPaths(folder));
  const lines = paths.map(async (path) => `${await hashFile(path)}  ${basename(path)}\n`);
  return (await Promise.all(lines)).join("");
}
