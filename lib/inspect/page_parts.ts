/** Parts of scripts and styles that more than one thing in a page has. */

/**
 * Script: one sound plays at a time, of all that a page shows. `silenceOthers(player)` pauses the others
 * before `player` plays.
 */
export const SILENCE_OTHERS = `const silenceOthers = (player) => {
    for (const other of document.querySelectorAll(".qvim-sound")) {
      if (other !== player) other.pause();
    }
  };`;

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
