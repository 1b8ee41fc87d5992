/** The notebook that looks at scores, for tests: they run side by side, so each has scores of its own. */
import { join } from "node:path";
import { type Notebook, readNotebook } from "../../lib/notebook/ipynb.ts";
import { runNotebook } from "../../lib/notebook/runner.ts";
import { PROJECT, withFolder } from "../support.ts";

const FOLDER = join(PROJECT, "notebooks");

/** The notebook as it lies, for any folder in the package. @param scores The folder of its scores. */
export function exploreNotebook(scores: string): Notebook {
  const notebook = readNotebook(join(FOLDER, "explore.ipynb"));
  for (const cell of notebook.cells) {
    cell.source = cell.source.replace("../data/qvim-mini", join(PROJECT, "data", "qvim-mini"))
      .replace("../output/explore", scores);
  }
  return notebook;
}

/** The notebook with all its outputs. */
export function executedExploreNotebook(): Promise<Notebook> {
  return withFolder(async (scores) => {
    const notebook = exploreNotebook(scores);
    await runNotebook(notebook, { cwd: FOLDER });
    return notebook;
  });
}
