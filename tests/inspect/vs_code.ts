/** What VS Code makes of what cells show, for tests: it is too heavy to be installed for them. */
import { escapeHtml } from "../../lib/ui/jupyter.ts";

/**
 * What VS Code's notebook editor makes of cells' outputs, as seen in its web build 1.100: a page of its
 * own in two sandboxed frames, which tells its theme by a class of the body and scrolls nothing itself;
 * each output is out of sight until it was measured; scripts that came as text are made anew; what the
 * page has styles for is styled. It has no content security policy.
 */
export function asInVsCode(html: string[]): string {
  const inner = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Outputs</title><style>
    body { margin: 0; padding: 0; height: 100%; width: 100%; color: #ccc; background: #1f1f1f;
      font: 13px system-ui, sans-serif }
    img, video { max-width: 100%; max-height: 100% }
    #container > div > div:not(.preview) > div { overflow-x: auto }
    #container > div > div > div.output { width: calc(100% - 60px); margin-left: 44px;
      padding: 4px 8px; box-sizing: border-box }
    #container div.output > div { border: 1px solid transparent; box-sizing: border-box }
    table, thead, tr, th, td, tbody { border: none; border-color: transparent; border-spacing: 0;
      border-collapse: collapse }
    table, th, tr { vertical-align: middle; text-align: right }
    thead { font-weight: bold; background-color: rgba(130, 130, 130, 0.16) }
    th, td { padding: 4px 8px }
    tr:nth-child(even) { background-color: rgba(130, 130, 130, 0.08) }
    tbody th { font-weight: normal }
    </style><body class="vscode-dark" role="document" style="overflow: hidden"><div id="container"></div>
    <script>
      const SHOWN = ${JSON.stringify(html).replaceAll("<", "\\u003c")};
      const outputs = SHOWN.map((html) => {
        const cell = document.createElement("div"), container = document.createElement("div");
        const output = document.createElement("div"), element = document.createElement("div");
        cell.style.cssText = "position: absolute; width: 100%; outline: 0";
        container.style.cssText = "position: absolute; width: 100%; overflow: hidden";
        output.className = "output";
        output.style.cssText = "position: absolute; visibility: hidden";
        element.tabIndex = 0;
        output.append(element);
        container.append(output);
        cell.append(container);
        document.getElementById("container").append(cell);
        const shown = document.createElement("div");
        shown.innerHTML = html;
        element.append(shown);
        for (const old of [...shown.getElementsByTagName("script")]) {
          const script = document.createElement("script");
          script.text = old.innerText;
          shown.append(script);
          script.remove();
        }
        return { cell, container, output };
      });
      setTimeout(() => {
        let top = 0;
        for (const { cell, container, output } of outputs) {
          cell.style.top = top + "px";
          container.style.height = output.offsetHeight + "px";
          output.style.visibility = "visible";
          top += output.offsetHeight + 20;
        }
        frameElement.style.height = parent.frameElement.style.height = top + "px";
      }, 100);
    </script>`;
  return framed("Notebook", framed("Outputs", inner));
}

/** A page as a frame of another one, which lends it what VS Code lends. */
function framed(title: string, html: string): string {
  return `<iframe title="${title}" sandbox="allow-scripts allow-same-origin allow-forms ` +
    `allow-pointer-lock allow-downloads" allow="autoplay; clipboard-read; clipboard-write" ` +
    `style="border: 0; width: 100%; height: 100%" srcdoc="${escapeHtml(html)}"></iframe>`;
}
