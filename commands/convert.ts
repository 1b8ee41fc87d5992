import { convertCheckpoint } from "../lib/models/mobilenet/convert.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

export const convertCommand: Command = {
  name: "convert",
  usage: "convert CHECKPOINT OUT_DIR",
  help:
    `Turns a PyTorch checkpoint of the MN baseline (or a .safetensors file of the same names) into
OUT_DIR/query_encoder.onnx and OUT_DIR/item_encoder.onnx.`,
  async run(args) {
    const { positionals } = parseArguments(args, {});
    if (positionals.length !== 2) {
      throw new UsageError(`Expected a checkpoint and a folder but found ${positionals.length}`);
    }
    const [checkpoint, folder] = positionals;
    for (const path of Object.values(await convertCheckpoint(checkpoint, folder))) {
      console.log(path);
    }
    return 0;
  },
};
