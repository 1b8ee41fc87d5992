import { basename, join } from "node:path";
import { removeTree } from "../../io/remove_tree.ts";
import { NotebookError } from "../../notebook/ipynb.ts";
import { readTail } from "../../notebook/kernel_process.ts";
import { BatchError } from "./batch_error.ts";
import { readEvents } from "./events.ts";
import type { RunEvent, RunRequest, RunStatus } from "./protocol.ts";
import { fillCache, forgetModules, keepPackages, sharedCache } from "./cache.ts";
import { copyNotebook, copyPackage } from "./handed_in.ts";
import type { ControlGroups } from "./control_group.ts";
import { SetupProxy } from "./proxy.ts";
import {
  type Network,
  sandboxed,
  type SandboxedCommand,
  type SandboxOptions,
  unprotected,
} from "./sandbox.ts";
import { heldByKernel } from "./kernel_limits.ts";
import { type Limits, tookTooMuch, watch, wroteTooMuch } from "./watch.ts";
import type { World } from "./world.ts";

/** How a notebook is run for organizers. */
export interface RerunOptions {
  /** SHA-256 of the notebook as it was verified; another one is not run. */
  notebookHash?: string;
  /** The folder of the package, which is copied into the run's root. */
  packageFolder: string;
  /** The data as the cells see it. */
  dataFolder: string;
  /** Whether the run has a cache of its own that begins empty. */
  cold: boolean;
  sandbox: boolean;
  network: Network;
  limits: Limits;
  /** Where the kernel holds them for all of its processes together. */
  groups?: ControlGroups;
  /** The part of this machine's processors that is this run's. */
  share: number;
  /** Words before its command, which hold it to some of them. */
  processors: string[];
  cellTimeout?: number;
  /** A piece of the last cell that is run, and of the one that sets the project up. */
  lastCellHas: string;
  setupCellHas: string;
  /** The only hosts that the set-up cell may reach, where any are given. */
  allowedHosts?: string[];
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
  /** With a network for the set-up cell: host → bytes that came from it. */
  fetched?: Record<string, number>;
  /** In a sandbox: what its cells tried to reach that is not its own. */
  attempts?: string[];
}

/** What the executed notebook is called in the run's root: as no notebook is. */
export const EXECUTED = "executed.json";

/**
 * Runs a notebook in a fresh world.
 *
 * @param world An empty one; what the notebook writes stays in it.
 * @returns How it went; a notebook that breaks something breaks its own run only.
 * @throws {NotebookError} Where it can't be taken as it was verified.
 * @throws {BatchError} Where there is no room for what a run begins with, which is no notebook's fault.
 */
export async function rerunNotebook(
  notebook: string,
  world: World,
  options: RerunOptions,
): Promise<RunOutcome> {
  const root = world.part("root");
  const name = basename(notebook);
  const ownCache = options.cold || options.network !== "none";
  try {
    copyPackage(options.packageFolder, root);
    copyNotebook(notebook, join(root, name), options.notebookHash);
    if (ownCache) await fillCache(world, options.cold, options.packageFolder);
    await world.hold(options.limits.disk);
  } catch (error) {
    if (error instanceof NotebookError || error instanceof BatchError) throw error;
    throw new BatchError(`Expected to prepare a run but could not: ${(error as Error).message}`);
  }
  if (options.network !== "setup" || !options.sandbox) {
    try {
      return await runPart(name, world, { ...options, ownCache });
    } finally {
      if (!options.sandbox && !ownCache) await forgetModules(world.folder);
    }
  }
  // First what fetches, in a sandbox of its own and without the data; then all of it, without the
  // network, where what was fetched lies in its place.
  const proxyFolder = join(world.folder, "proxy");
  const empty = join("proxy", "data");
  for (const part of ["Items", "Queries"]) {
    Deno.mkdirSync(join(world.folder, empty, part), { recursive: true });
  }
  const proxy = new SetupProxy(join(proxyFolder, "socket"), options.allowedHosts);
  let setup: RunOutcome;
  try {
    setup = await runPart(name, world, {
      ...options,
      ownCache,
      mayFetch: true,
      dataFolder: join(world.mounted, empty),
      lastCellHas: options.setupCellHas,
      proxyFolder: join(world.mounted, "proxy"),
    });
  } finally {
    proxy.close();
  }
  const fetched = Object.fromEntries(proxy.received);
  if (setup.status !== "finished") return { ...setup, fetched };
  // What was transpiled in the first part could be anything; packages are what was fetched.
  keepPackages(world.part("cache"));
  // It may have written another notebook than the one that was verified, or a link that leads out.
  removeTree(join(root, name));
  copyNotebook(notebook, join(root, name), options.notebookHash);
  const rest = await runPart(name, world, {
    ...options,
    ownCache,
    mayFetch: true,
    network: "none",
  });
  return {
    ...rest,
    fetched,
    seconds: setup.seconds + rest.seconds,
    ...attemptsOf(setup, rest),
    peakMemory: Math.max(setup.peakMemory, rest.peakMemory),
  };
}

/** What either part tried, once. */
function attemptsOf(...parts: RunOutcome[]): Pick<RunOutcome, "attempts"> {
  const attempts = [...new Set(parts.flatMap(({ attempts }) => attempts ?? []))];
  return attempts.length > 0 ? { attempts } : {};
}

/** How a part of a run is done. */
interface PartOptions extends RerunOptions {
  ownCache: boolean;
  proxyFolder?: string;
  /** Whether the set-up cell may fetch, or could have in a part before. */
  mayFetch?: boolean;
}

/** Runs the cells of a notebook up to one of them, in a sandbox of their own. */
async function runPart(
  name: string,
  world: World,
  options: PartOptions,
): Promise<RunOutcome> {
  const sandbox: SandboxOptions = { ...options, world, sharedCache: await sharedCache() };
  const { program, args, env, paths } = options.sandbox ? sandboxed(sandbox) : unprotected(sandbox);
  const group = options.groups?.make(options.limits, options.share);
  try {
    const held = [
      ...group?.enter ?? [],
      ...options.processors,
      ...await heldByKernel(options.limits),
    ];
    const words = [...held, program, ...args];
    const outcome = await runWords(
      words,
      env,
      requestOf(name, paths, world, options),
      world,
      options,
    );
    // The kernel was faster than the watch.
    if (group?.tookTooMuch() && outcome.status !== "memory") {
      return { ...outcome, status: "memory", message: tookTooMuch(options.limits) };
    }
    return outcome;
  } finally {
    await group?.remove();
  }
}

function requestOf(
  name: string,
  paths: SandboxedCommand["paths"],
  { spare }: World,
  options: PartOptions,
): RunRequest {
  return {
    secret: crypto.randomUUID(),
    notebook: join(paths.root, name),
    out: join(paths.root, EXECUTED),
    root: paths.root,
    data: paths.data,
    temporary: join(paths.root, "tmp"),
    lastCellHas: options.lastCellHas,
    timeout: options.limits.timeout,
    cellTimeout: options.cellTimeout,
    places: options.sandbox
      ? {
        root: paths.root,
        data: paths.data,
        packageFolder: paths.packageFolder,
        cache: paths.cache,
      }
      : undefined,
    full: spare && { spare, said: wroteTooMuch(options.limits) },
    mayFetchHas: options.mayFetch ? options.setupCellHas : undefined,
    proxySocket: paths.proxyFolder && join(paths.proxyFolder, "socket"),
  };
}

/** Runs the program inside, tells it what to do, and takes down what it says. */
async function runWords(
  [program, ...args]: string[],
  env: Record<string, string>,
  request: RunRequest,
  world: World,
  options: RerunOptions,
): Promise<RunOutcome> {
  const start = performance.now();
  const process = new Deno.Command(program, {
    args,
    // Of this process's own, with all that may be secret in it, nothing: a run sees the environment of
    // what starts it in /proc/1.
    env: options.sandbox ? { PATH: Deno.env.get("PATH") ?? "" } : env,
    clearEnv: true,
    cwd: options.sandbox ? "/" : world.part("root"),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  // A program that does not start says so by its exit status.
  writer.write(new TextEncoder().encode(JSON.stringify(request))).then(() => writer.close())
    .catch(() => {});
  const words = readTail(process.stderr);
  let cell = 0;
  let last: RunEvent | undefined;
  const attempts: string[] = [];
  const events = (async () => {
    for await (const event of readEvents(process.stdout, request.secret)) {
      if (event.kind === "attempt") {
        attempts.push(`cell ${event.cell} ${event.message}`);
        continue;
      }
      last = event;
      if (event.kind !== "cell") continue;
      cell = event.cell;
      options.onCell?.(cell);
    }
  })();
  const usage = await watch(process, world, options.limits);
  await events;
  const measured = {
    seconds: (performance.now() - start) / 1000,
    peakMemory: usage.peakMemory,
    ...(attempts.length > 0 && { attempts }),
  };
  if (usage.reason !== undefined) return { ...usage.reason, cell, ...measured };
  if (last?.kind === "end") return { status: "finished", ...measured };
  if (last?.kind === "error") {
    return { status: last.status, cell: last.cell, message: last.message, ...measured };
  }
  const { code } = await process.status;
  // As shells and bubblewrap tell a signal.
  const message = code > 128
    ? `what runs the cells was ended by signal ${code - 128}`
    : (await words).trim() || "ended without a word";
  return { status: "died", cell, message, ...measured };
}
