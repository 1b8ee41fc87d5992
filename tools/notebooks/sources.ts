/** The notebooks of this package, as what they add to the template. */
import type { TodoCells } from "../../lib/organizer/template.ts";

/** Path below the package's folder → the code of its TODO cells. */
export const NOTEBOOKS: Record<string, TodoCells> = {
  "submission.ipynb": {
    paths:
      `// replace this with your custom ROOT_PATH; this is where your code and checkpoints are downloaded to
const ROOT_PATH = ".";

// path to the evaluation data; can be in ROOT_PATH
const DATA_PATH = existsSync("./data/qvim-dev") ? "./data/qvim-dev" : "./data/qvim-mini";`,
    setup: `// The model is part of this package: there is nothing to fetch.`,
    implementation:
      `// VocalSearch extends EmbeddingModel; lib/models/vocal_search/vocal_search.ts shows how.
import { VocalSearch } from "qvim";`,
    instance: `const QBVIM_MODEL = new VocalSearch();`,
  },
  "notebooks/baseline_2dft.ipynb": {
    setup: `// The baseline is part of this package: there is nothing to fetch.`,
    implementation: `// TwoDft extends EmbeddingModel; lib/models/two_dft.ts shows how.
import { TwoDft } from "qvim";`,
    instance: `const QBVIM_MODEL = new TwoDft();`,
  },
  "notebooks/baseline_mn.ipynb": {
    setup: `// The official checkpoint, fine-tuned on VimSketch; it is fetched once.
await wgetDownload(
  "baseline.ckpt",
  "https://cloud.cp.jku.at/index.php/s/ScDdSP9bHEDmYtr/download/baseline.ckpt",
  "checkpoints",
);`,
    implementation:
      `// Two MobileNetV3 encoders; lib/models/onnx_dual_encoder.ts shows how they are run.
import { MobileNetBaseline } from "qvim";`,
    instance: `// The checkpoint is converted to ONNX once, beside itself.
const QBVIM_MODEL = await MobileNetBaseline.fromCheckpoint(
  join(ROOT_PATH, "checkpoints", "baseline.ckpt"),
);`,
  },
};
