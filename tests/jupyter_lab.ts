/** A real JupyterLab for tests, in a real browser, with the kernel as `deno task jupyter` installs it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Notebook, writeNotebook } from "../lib/notebook/ipynb.ts";
import { freePorts, releasePorts } from "../lib/notebook/kernel_process.ts";
import { openBrowser, type Page, waitUntil } from "./browser.ts";
import { CHROMIUM, findPython, PROJECT, writeFiles } from "./support.ts";

const python = findPython("jupyterlab");

/** The end of a test's name that says what it lacks here. */
export const LAB_NEEDS: string = [
  ...CHROMIUM === undefined ? ["Chromium"] : [],
  ...python === undefined ? ["jupyterlab"] : [],
].map((need, i, all) => (i === 0 ? " (needs " : ", ") + need + (i === all.length - 1 ? ")" : ""))
  .join("");

const START_MS = 120_000, END_MS = 15_000;
/** What Lab is asked for only where somebody looks. */
const QUIET = {
  "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings":
    `{ "fetchNews": "false", "checkForUpdates": false }`,
};

/** An open Lab. */
export interface Lab {
  /** Opens a notebook, in place of the one before, and waits until its kernel is there. */
  open(name: string): Promise<Page>;
  /** The folder that the notebooks lie in: below the package, so that they find it. */
  folder: string;
  /** A folder for anything else. */
  home: string;
}

/**
 * Starts a JupyterLab that knows nothing of the person's own settings, kernels and files.
 *
 * @param notebooks File name → notebook.
 * @param use What is done with it.
 * @param args What else the browser is told.
 */
export async function withLab(
  notebooks: Record<string, Notebook>,
  use: (lab: Lab) => Promise<void>,
  args: string[] = [],
): Promise<void> {
  const root = join(PROJECT, "output");
  Deno.mkdirSync(root, { recursive: true });
  const folder = Deno.makeTempDirSync({ dir: root, prefix: "lab-" });
  const home = Deno.makeTempDirSync({ prefix: "qvim-lab-" });
  const [port] = freePorts(1);
  try {
    const env = {
      // Where Deno installs its kernel, and where Jupyter looks for it.
      XDG_DATA_HOME: home,
      JUPYTER_DATA_DIR: join(home, "jupyter"),
      JUPYTER_CONFIG_DIR: join(home, "config"),
      JUPYTER_RUNTIME_DIR: join(home, "run"),
      JUPYTERLAB_SETTINGS_DIR: join(home, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(home, "workspaces"),
      NO_COLOR: "1",
    };
    writeFiles(home, QUIET);
    for (const [name, notebook] of Object.entries(notebooks)) {
      writeNotebook(join(folder, name), notebook);
    }
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--install", "--force"],
      ...{ env, stdin: "null", stdout: "null", stderr: "null" },
    }).output();
    assert.ok(success && existsSync(join(home, "jupyter", "kernels", "deno", "kernel.json")));
    const token = crypto.randomUUID();
    const server = new Deno.Command(python!, {
      args: [
        // In core mode it does not look, by Node, whether it could be built anew.
        ...["-m", "jupyterlab", "--core-mode", "--allow-root", "--no-browser"],
        "--expose-app-in-browser",
        ...[`--ServerApp.port=${port}`, "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"],
        ...[`--IdentityProvider.token=${token}`, `--ServerApp.root_dir=${folder}`],
      ],
      ...{ env, cwd: folder, stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    const address = `http://127.0.0.1:${port}`;
    try {
      await untilItAnswers(`${address}/api/status?token=${token}`);
      const browser = await openBrowser({
        viewport: { width: 1280, height: 1000 },
        args,
      });
      let page: Page | undefined;
      try {
        await use({
          folder,
          home,
          open: async (name) => {
            if (page === undefined) {
              page = await browser.newPage();
              await page.goto(`${address}/lab/tree/${name}?token=${token}&reset`);
            } else {
              // Lab itself takes longer to load than most notebooks to run.
              await page.evaluate(`(async () => {
                const { commands } = jupyterapp;
                await commands.execute("docmanager:save");
                await commands.execute("application:close-all");
                await commands.execute("docmanager:open", { path: ${JSON.stringify(name)} });
              })()`);
            }
            await waitUntil(page, isReady(name));
            return page;
          },
        });
      } finally {
        await browser.close();
      }
    } finally {
      await end(server);
    }
  } finally {
    releasePorts([port]);
    Deno.removeSync(home, { recursive: true });
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Whether a notebook is the one that is shown, and its kernel waits for cells. */
const isReady = (name: string) =>
  `((shown) => shown?.context?.path === ${JSON.stringify(name)} &&
    shown.sessionContext?.session?.kernel?.status === "idle")(
    globalThis.jupyterapp?.shell.currentWidget)`;

/** Runs all cells, as the menu does. */
export async function runAllInLab(page: Page): Promise<void> {
  await page.evaluate('jupyterapp.commands.execute("notebook:run-all-cells")');
}

/** What stands below the cells now, as the notebook would be saved. */
export async function cellsInLab(page: Page): Promise<Notebook["cells"]> {
  const { cells } = await page.evaluate(
    "jupyterapp.shell.currentWidget.content.model.toJSON()",
  );
  return cells;
}

async function untilItAnswers(url: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (true) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`Expected Jupyter to answer within ${START_MS / 1000} s`);
    await delay(100);
  }
}

/** Lets the server end its kernels first. */
async function end(server: Deno.ChildProcess): Promise<void> {
  const kill = setTimeout(() => server.kill("SIGKILL"), END_MS);
  server.kill("SIGTERM");
  await server.status;
  clearTimeout(kill);
}
