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

/** The cells of `notebooks/explore.ipynb`: what is a heading or a text begins with `#`. */
export const EXPLORE: string[] = [
  `# From scores to insight

This notebook runs a model on a data set and listens to what it found. It is no submission: change it
as you like. Restart the kernel to stop a long run; Deno's kernel knows no interrupt.`,
  `import {
  classwiseLines,
  currentRun,
  embeddingMap,
  exactMatchLines,
  listen,
  printUnderCells,
  record,
  showBest,
  showConfusion,
  showRanks,
  showScores,
  showSpectrogram,
  showWorst,
  TwoDft,
} from "qvim";
printUnderCells();`,
  `## A run

Each run begins here: what an earlier one has left counts no more.`,
  `const ROOT_PATH = "../output/explore";
const DATA_PATH = "../data/qvim-mini";
currentRun.start(() => ({ ROOT_PATH, DATA_PATH }), () => MODEL);
Deno.mkdirSync(ROOT_PATH, { recursive: true });
const files = currentRun.listFiles({ checkSteps: false });`,
  `// Any model: VocalSearch, TwoDft, or a class of your own that extends EmbeddingModel.
const MODEL = new TwoDft();
await currentRun.predict(() => MODEL);
await currentRun.save();`,
  `const evaluation = await currentRun.evaluate();
for (const line of [...exactMatchLines(evaluation), ...classwiseLines(evaluation)]) {
  console.log(line);
}
await showRanks(evaluation);`,
  `## What went wrong, by ear

Click into a picture to play from there; the arrow keys go on to the next sound.`,
  "await showWorst(evaluation, 2);",
  "## What went well",
  "await showBest(evaluation, 1);",
  "## What was found instead, and all scores at once",
  `await showConfusion(evaluation);
await showScores(evaluation);`,
  `## Where the model puts the sounds

Hover over a sound to hear it, or go there with the keyboard: Tab into the map, then the arrow keys. The
names of the classes show where theirs are.`,
  "await embeddingMap(MODEL);",
  "## One query, and its picture",
  `const [query, path] = Object.entries(files.queries)[0];
await listen(query, { top: 2 });
await showSpectrogram(path, { title: query });`,
  `## Your own voice

In a browser, take the two slashes away: a button appears, and what you record is looked for.`,
  `// await listen(await record(), { model: MODEL });`,
];
