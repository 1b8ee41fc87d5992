import { untilPublished } from "../notebook/published.ts";
import { takePrints } from "../ui/jupyter.ts";

/**
 * Lets what `console` prints go out below the running cell, in order and before the cell ends. Deno's
 * kernel by itself sends it through a queue, so that it may turn up below a later cell, or never.
 * Does nothing outside of a notebook.
 *
 * @example
 * ```ts
 * import { printUnderCells } from "qvim";
 *
 * printUnderCells();
 * console.log("stands below the cell that prints it");
 * ```
 */
export function printUnderCells(): void {
  takePrints(untilPublished);
}
