import { normalize } from "../lib/embedding/cosine.ts";
import { convertOnce } from "../lib/models/mobilenet/mobilenet.ts";
import { OnnxDualEncoder } from "../lib/models/onnx_dual_encoder.ts";
import { encodeNpy } from "../lib/io/npy.ts";
import { replaceFileSync } from "../lib/io/replace_file.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

export const embedCommand: Command = {
  name: "embed",
  usage: "embed --checkpoint FILE --encoder query|item [--json | --npy OUT] WAV…",
  help: `Embeds sounds with the MN baseline, one vector a file, for use in other tools.

  --checkpoint FILE       the PyTorch checkpoint; it is converted once
  --encoder query|item    which of its two encoders
  --json                  print {"file": [..], …} and nothing else; the default
  --npy OUT               write a NumPy file of float32 [files, d] instead`,
  async run(args) {
    const { values, positionals: paths } = parseArguments(args, {
      checkpoint: { type: "string" },
      encoder: { type: "string" },
      json: { type: "boolean" },
      npy: { type: "string" },
    });
    if (values.checkpoint === undefined) throw new UsageError("Expected --checkpoint FILE");
    if (values.encoder !== "query" && values.encoder !== "item") {
      throw new UsageError(`Expected --encoder query or item but found ${values.encoder}`);
    }
    if (values.json && values.npy !== undefined) {
      throw new UsageError("Expected --json or --npy but found both");
    }
    if (paths.length === 0) throw new UsageError("Expected one or more WAV files");
    const model = new OnnxDualEncoder(await convertOnce(values.checkpoint));
    const vectors: Float32Array[] = [];
    for (const path of paths) {
      const embedding =
        await (values.encoder === "query" ? model.embedQuery(path) : model.embedItem(path));
      vectors.push(normalize(embedding));
    }
    if (values.npy !== undefined) {
      replaceFileSync(values.npy, (partial) => Deno.writeFileSync(partial, encodeNpy(vectors)));
    } else {
      const byPath = paths.map((path, i) => [path, Array.from(vectors[i])]);
      console.log(JSON.stringify(Object.fromEntries(byPath)));
    }
    return 0;
  },
};
