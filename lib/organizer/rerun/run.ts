import { basename, join } from "node:path";
import { readTail } from "../../notebook/kernel_process.ts";
import type { RunEvent, RunRequest, RunStatus } from "./protocol.ts";
import { SetupProxy } from "./proxy.ts";
import { type Network, sandboxed, type SandboxOptions, unprotected } from "./sandbox.ts";
import { type Limits, watch } from "./watch.ts";

/** How a notebook is run for organizers. */
export interface RerunOptions {
  /** The folder of the package, which is copied into the run's root. */
  packageFolder: string;
  /** The data as the cells see it. */
  dataFolder: string;
  /** Deno's cache; the run has one of its own where `ownCache` is set. */
  cacheFolder: string;
  ownCache: boolean;
  sandbox: boolean;
  network: Network;
  limits: Limits;
  cellTimeout?: number;
  /** A piece of the last cell that is run, and of the one that sets the project up. */
  lastCellHas: string;
  setupCellHas: string;
  /** Called with the number of each cell that begins. */
  onCell?: (cell: number) => void;
}

/** What came of a run. */
export interface RunOutcome {
  status: RunStatus;
  /** The cell that it ended in, where it did not finish. */
  cell?: number;
  message?: string;
  seconds: number;
  /** Bytes. */
  peakMemory: number;
}

/** What a participant finds in ROOT_PATH besides the notebook. */
const COPIED = ["deno.json", "deno.lock", "helpers.ts", "lib"];

/**
 * Runs a notebook in a fresh root.
 *
 * @param root An empty folder; what the notebook writes stays in it.
 * @returns How it went; a notebook that breaks something breaks its own run only.
 */
export async function rerunNotebook(
  notebook: string,
  root: string,
  options: RerunOptions,
): Promise<RunOutcome> {
  for (const part of COPIED) copy(join(options.packageFolder, part), join(root, part));
  const name = basename(notebook);
  Deno.copyFileSync(notebook, join(root, name));
  const proxyFolder = options.network === "setup" && options.sandbox
    ? Deno.makeTempDirSync({ prefix: "qvim-proxy-" })
    : undefined;
  const proxy = proxyFolder === undefined ? undefined : new SetupProxy(join(proxyFolder, "socket"));
  const sandbox: SandboxOptions = { ...options, rootFolder: root, proxyFolder };
  const { program, args, env, paths } = options.sandbox ? sandboxed(sandbox) : unprotected(sandbox);
  const request: RunRequest = {
    notebook: join(paths.root, name),
    out: join(paths.root, "executed.ipynb"),
    root: paths.root,
    data: paths.data,
    temporary: join(paths.root, "tmp"),
    lastCellHas: options.lastCellHas,
    setupCellHas: options.setupCellHas,
    timeout: options.limits.timeout,
    cellTimeout: options.cellTimeout,
    proxySocket: paths.proxyFolder && join(paths.proxyFolder, "socket"),
  };
  const start = performance.now();
  try {
    const process = new Deno.Command(program, {
      args: [...args, JSON.stringify(request)],
      env,
      clearEnv: options.sandbox === false,
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const words = readTail(process.stderr);
    let cell = 0, wasSetup = false;
    let last: RunEvent | undefined;
    const events = (async () => {
      for await (const event of readEvents(process.stdout)) {
        last = event;
        if (event.kind !== "cell") continue;
        cell = event.cell;
        options.onCell?.(cell);
        if (wasSetup) proxy?.close();
        wasSetup ||= event.isSetup;
      }
    })();
    const usage = await watch(process, root, options.limits);
    await events;
    const measured = {
      seconds: (performance.now() - start) / 1000,
      peakMemory: usage.peakMemory,
    };
    if (usage.reason !== undefined) return { ...usage.reason, cell, ...measured };
    if (last?.kind === "end") return { status: "finished", ...measured };
    if (last?.kind === "error") {
      return { status: last.status, cell: last.cell, message: last.message, ...measured };
    }
    const message = (await words).trim() || "ended without a word";
    return { status: "died", cell, message, ...measured };
  } finally {
    proxy?.close();
    if (proxyFolder !== undefined) Deno.removeSync(proxyFolder, { recursive: true });
  }
}

/** Copies a file or a folder. */
function copy(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) copy(join(from, name), join(to, name));
}

async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<RunEvent> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      // A notebook may print here what it likes; it must not be taken for more than noise.
      try {
        const event = JSON.parse(line);
        if (["cell", "end", "error"].includes(event?.kind)) yield event;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }
}
