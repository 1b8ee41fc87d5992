/** Parts of scripts and styles that more than one thing in a page has. */
import { escapeHtml } from "../ui/jupyter.ts";

/** What a page loads its scripts by. */
export interface PageOptions {
  /**
   * Where the page has the script, for pages whose content security policy allows none in their text;
   * without it the script stands in the text.
   */
  script?: string;
}

/**
 * A script that sets up a part of a page: in its text, or loaded as a module.
 *
 * @param setUp What it calls.
 * @param helpers What that needs.
 */
// deno-lint-ignore ban-types -- their text is all that counts
export function scriptOf({ script }: PageOptions, setUp: Function, ...helpers: Function[]): string {
  if (script !== undefined) {
    return `<script type="module" src="${escapeHtml(script)}"></script>`;
  }
  const text = [...helpers, setUp].map(String).join("\n");
  return `<script>(() => {\n${text}\n${setUp.name}();\n})();</script>`;
}

/**
 * Style: players and meters are dark where the page is. JupyterLab and VS Code say so in a way of their
 * own, and not to the browser.
 *
 * @param part What is dark, as a selector.
 */
export const darkStyle = (part: string): string =>
  [
    ".vscode-dark",
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    '[data-jp-theme-light="false"]',
  ]
    .map((page) => `${page} ${part}`).join(", ") + " { color-scheme: dark; }";
