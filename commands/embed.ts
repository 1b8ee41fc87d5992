import { normalize } from "../lib/embedding/cosine.ts";
import { convertOnce } from "../lib/models/mobilenet/mobilenet.ts";
import { OnnxDualEncoder } from "../lib/models/onnx_dual_encoder.ts";
import { encodeNpy } from "../lib/io/npy.ts";
import { prepareFile } from "../lib/io/output_place.ts";
import { replaceFileSync } from "../lib/io/replace_file.ts";
import { defineCommand, UsageError } from "./command.ts";

export const embedCommand = defineCommand({
  name: "embed",
  summary: "Embeds sounds with the MN baseline, one vector a file, for use in other tools.",
  positionals: { usage: "WAV…", least: 1, most: Infinity, expected: "one or more WAV files" },
  options: {
    checkpoint: {
      kind: "text",
      value: "FILE",
      required: true,
      help: "the PyTorch checkpoint; it is converted once",
    },
    encoder: {
      kind: "choice",
      choices: ["query", "item"],
      required: true,
      help: "which of its two encoders",
    },
    json: {
      kind: "flag",
      help: 'print {"file": [..], …} and nothing else; so it is without --npy',
    },
    npy: {
      kind: "text",
      value: "OUT",
      help: "write a NumPy file of float32 [files, d] instead",
    },
  },
  async run(values, paths) {
    if (values.json && values.npy !== undefined) {
      throw new UsageError("Expected --json or --npy but found both");
    }
    if (values.npy !== undefined) prepareFile(values.npy);
    const model = new OnnxDualEncoder(await convertOnce(values.checkpoint));
    const vectors: Float32Array[] = [];
    for (const path of paths) {
      const embedding =
        await (values.encoder === "query" ? model.embedQuery(path) : model.embedItem(path));
      vectors.push(normalize(embedding));
    }
    if (values.npy !== undefined) {
      replaceFileSync(values.npy, encodeNpy(vectors));
    } else {
      const byPath = paths.map((path, i) => [path, Array.from(vectors[i])]);
      console.log(JSON.stringify(Object.fromEntries(byPath)));
    }
    return 0;
  },
});
