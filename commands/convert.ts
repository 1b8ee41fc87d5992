import { buildEncoders, writeEncoders } from "../lib/models/mobilenet/convert.ts";
import { defineCommand } from "./command.ts";

export const convertCommand = defineCommand({
  name: "convert",
  summary: "Turns a PyTorch checkpoint of the MN baseline into two ONNX files.",
  details:
    "They are OUT_DIR/query_encoder.onnx and OUT_DIR/item_encoder.onnx. A .safetensors file of " +
    "the same names is a checkpoint too.",
  positionals: {
    usage: "CHECKPOINT OUT_DIR",
    least: 2,
    most: 2,
    expected: "a checkpoint and a folder",
  },
  options: {},
  async run(_values, [checkpoint, folder]) {
    const encoders = await buildEncoders(checkpoint);
    for (const path of Object.values(await writeEncoders(encoders, folder))) console.log(path);
    return 0;
  },
});
