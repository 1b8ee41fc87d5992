import type { Notebook } from "../../notebook/ipynb.ts";

/** The MRR that a notebook's own outputs show; undefined where it was handed in without any. */
export function claimedMrr(notebook: Notebook): number | undefined {
  for (const { outputs } of notebook.cells) {
    for (const output of outputs ?? []) {
      const found = output.output_type === "stream" && output.text.match(/^MRR\s+: ([\d.]+)$/m);
      if (found) return Number(found[1]);
    }
  }
  return undefined;
}
