/** The program inside the sandbox: runs the notebook that it is told of and says how it goes. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type Notebook, readNotebook, writeNotebook } from "../../notebook/ipynb.ts";
import { closeMemory } from "../../io/close_memory.ts";
import { shortened } from "../../io/plain.ts";
import { replacePaths } from "../paths_cell.ts";
import { CellTimeoutError, DeadKernelError } from "../../notebook/kernel_errors.ts";
import { runNotebook } from "../../notebook/runner.ts";
import { BatchError } from "./batch_error.ts";
import type { RunEvent, RunRequest, RunStatus } from "./protocol.ts";
import { recordAttempts } from "./attempts.ts";
import { startRelay } from "./proxy.ts";

if (!closeMemory()) {
  // What it said of a run could not be believed.
  throw new BatchError("Expected to close this process's memory but prctl failed");
}
// By standard input: the arguments of a process can be read by all that run beside it.
const request: RunRequest = JSON.parse(await new Response(Deno.stdin.readable).text());

function say(event: RunEvent): void {
  console.log(`${request.secret} ${JSON.stringify(event)}`);
}

Deno.mkdirSync(request.temporary, { recursive: true });
const proxy = request.proxySocket === undefined ? undefined : startRelay(request.proxySocket);
if (proxy !== undefined) {
  for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
    Deno.env.set(name, proxy);
  }
}
let current = 0, mayFetch = false;
/** Why a cell that failed did so, where it had filled what it can write to. */
let wroteTooMuch: string | undefined;
const attempts = request.places &&
  await recordAttempts(
    request.places,
    (message) => say({ kind: "attempt", cell: current, message }),
    () => mayFetch,
  );
try {
  const notebook = replacePaths(readNotebook(request.notebook), {
    ROOT_PATH: request.root,
    DATA_PATH: request.data,
  });
  await runCells(notebook).finally(() => {
    endOthers();
    keepExecuted(notebook);
    return attempts?.settle();
  });
  say({ kind: "end" });
} catch (error) {
  const message = shortened(
    wroteTooMuch ?? (error instanceof Error ? error.message : String(error)),
  );
  say({ kind: "error", cell: current, status: statusOf(error), message });
}
Deno.exit(0);

/**
 * Ends all that cells have left, at once: what starts itself anew all the time escapes whoever looks for
 * it, and could write another executed notebook in the place of the one that is kept.
 */
function endOthers(): void {
  // All processes are those inside, where this one is the first of them.
  if (request.places === undefined || Deno.pid !== 1) return;
  try {
    Deno.kill(-1, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}

/** Where something else is in its place it can't be written; outside is told what is there. */
function keepExecuted(notebook: Notebook): void {
  try {
    writeNotebook(request.out, notebook);
  } catch {
    // What the cells came to is more than what they show.
  }
}

function statusOf(error: unknown): RunStatus {
  if (wroteTooMuch !== undefined) return "disk";
  if (error instanceof CellTimeoutError) return "timeout";
  return error instanceof DeadKernelError ? "died" : "failed";
}

/**
 * What is said of a run that has filled what it can write to. Asked while the kernel still lives: a
 * file without a name is gone with it, and who watches from outside may come too late.
 */
function whatIsFull(): string | undefined {
  if (request.full === undefined) return undefined;
  const { spare, said } = request.full;
  const { bsize, bfree, ffree } = statfsSync(request.root);
  if (bsize * bfree < spare.bytes) return said.bytes;
  return ffree < spare.files ? said.files : undefined;
}

/** Runs the cells up to the evaluation: from there on they are the organizer's, with the answers. */
async function runCells(notebook: Notebook): Promise<void> {
  const last = notebook.cells.findLastIndex(({ source }) => source.includes(request.lastCellHas));
  const part = { ...notebook, cells: notebook.cells.slice(0, last + 1) };
  await runNotebook(part, {
    cwd: dirname(request.notebook),
    timeout: request.timeout,
    cellTimeout: request.cellTimeout,
    env: { ...attempts?.env, HOME: request.root },
    onOutput: ({ header }) => {
      if (header.msg_type === "error") wroteTooMuch = whatIsFull();
    },
    onCell: async ({ source }, index) => {
      // What the cell before did is told as that one's.
      await attempts?.settle();
      current = index + 1;
      mayFetch = request.mayFetchHas !== undefined && source.includes(request.mayFetchHas);
      say({ kind: "cell", cell: current });
    },
  });
}
