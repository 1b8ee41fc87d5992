/** Writes the notebooks that are committed: `deno task notebooks`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "../../commands/command.ts";
import { runProgram } from "../../commands/program.ts";
import { formatNotebook, type Notebook, writeNotebook } from "../../lib/notebook/ipynb.ts";
import { composeNotebook, PACKAGE_FOLDER, readTemplate } from "../../lib/organizer/template.ts";
import { EXPLORE, NOTEBOOKS } from "./sources.ts";

/** The notebooks as they are to be, by path below the package's folder. */
export function composeAll(): Record<string, Notebook> {
  const template = readTemplate();
  return {
    ...Object.fromEntries(
      Object.entries(NOTEBOOKS).map(([path, cells]) => [path, composeNotebook(template, cells)]),
    ),
    "notebooks/explore.ipynb": {
      ...template,
      cells: EXPLORE.map((source, i) =>
        source.startsWith("#")
          ? { cell_type: "markdown", id: `text-${i + 1}`, metadata: {}, source }
          : {
            ...{ cell_type: "code", id: `code-${i + 1}`, metadata: {}, source },
            ...{ execution_count: null, outputs: [] },
          }
      ),
    },
  };
}

const notebooksCommand = defineCommand({
  name: "notebooks",
  summary: "Writes the committed notebooks anew from the template and their own cells.",
  details: "The template is notebooks/template.ipynb, the cells are in tools/notebooks/sources.ts.",
  options: {},
  run() {
    for (const [path, notebook] of Object.entries(composeAll())) {
      const full = join(PACKAGE_FOLDER, path);
      const isNew = !existsSync(full) || Deno.readTextFileSync(full) !== formatNotebook(notebook);
      if (isNew) writeNotebook(full, notebook);
      console.log(`${path}: ${isNew ? "written" : "as it was"}`);
    }
    return 0;
  },
});

if (import.meta.main) Deno.exit(await runProgram(notebooksCommand, Deno.args));
