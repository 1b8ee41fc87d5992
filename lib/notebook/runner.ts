import { QvimError } from "../io/errors.ts";
import { KeptLock } from "../io/kept_lock.ts";
import { type Cell, mayFail, type Notebook, type Output } from "./ipynb.ts";
import { type ExecuteReply, Kernel } from "./kernel.ts";
import { CellTimeoutError, DeadKernelError } from "./kernel_errors.ts";
import type { Message } from "./message.ts";
import { startCellCode, watchCellsCode } from "./late_errors.ts";
import { OutputCollector } from "./outputs.ts";
import { syntaxFault } from "./syntax.ts";

/** Thrown where a cell fails; the message shows the cell, the error and the traceback. */
export class CellError extends QvimError {}

/** Thrown where the run is broken off from outside. */
export class InterruptedError extends QvimError {}

/** How a notebook is run. */
export interface RunOptions {
  /** The folder that the code runs in: the notebook's own. */
  cwd: string;
  /** Seconds that the whole run may take; unlimited unless given. */
  timeout?: number;
  /** Seconds that each cell may take; unlimited unless given. */
  cellTimeout?: number;
  /** Environment variables of the kernel, on top of this process's own. */
  env?: Record<string, string>;
  /** Breaks the run off. */
  signal?: AbortSignal;
  /** Called before each code cell, which waits for it; `index` counts all cells. */
  onCell?: (cell: Cell, index: number) => void | Promise<void>;
  /** Called with each message that brings or changes an output, as it comes. */
  onOutput?: (message: Message) => void;
  /** Called where a cell fails whose tag `raises-exception` says that it does; the run goes on. */
  onExpectedError?: (error: CellError) => void;
}

/**
 * Runs the code cells of a notebook, in order, in a kernel of its own.
 *
 * The notebook is changed as the run goes on: outputs, execution counts and timings (in each cell's
 * `metadata.execution`, as JupyterLab records them) are filled in, up to the point where it ended.
 *
 * @throws {CellError | CellTimeoutError | DeadKernelError | InterruptedError} Where it ended early;
 * the kernel and what its cells started are gone by then.
 */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<void> {
  for (const cell of codeCells(notebook)) {
    cell.outputs = [];
    cell.execution_count = null;
  }
  const lock = new KeptLock();
  const kernel = await Kernel.start({
    cwd: options.cwd,
    env: { QVIM_NO_PAGE: "1", ...options.env },
  });
  const interrupted = Promise.withResolvers<never>();
  // Where nobody waits for it any more it is no unhandled rejection.
  interrupted.promise.catch(() => {});
  const abort = () => interrupted.reject(new InterruptedError("The run was interrupted"));
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted) abort();
  try {
    await Promise.race([runCells(notebook, kernel, options), interrupted.promise]);
  } finally {
    options.signal?.removeEventListener("abort", abort);
    await kernel.kill();
    lock.restore();
  }
}

function codeCells(notebook: Notebook): Cell[] {
  return notebook.cells.filter((cell) => cell.cell_type === "code");
}

async function runCells(notebook: Notebook, kernel: Kernel, options: RunOptions): Promise<void> {
  const collector = new OutputCollector();
  await kernel.executeSilently(watchCellsCode(kernel.lastWords));
  const deadline = performance.now() + (options.timeout ?? Infinity) * 1000;
  for (const [index, cell] of notebook.cells.entries()) {
    if (cell.cell_type !== "code" || cell.source.trim() === "") continue;
    await options.onCell?.(cell, index);
    await kernel.executeSilently(startCellCode(index + 1));
    const cellMs = (options.cellTimeout ?? Infinity) * 1000;
    const leftMs = Math.max(0, deadline - performance.now());
    collector.startCell(cell.outputs!);
    let reply: ExecuteReply;
    try {
      reply = await runCell(cell, kernel, collector, Math.min(cellMs, leftMs), options.onOutput);
    } catch (error) {
      throw explain(
        error,
        cell,
        index,
        cellMs <= leftMs ? options.cellTimeout : undefined,
        options,
      );
    }
    cell.execution_count = reply.execution_count;
    if (reply.status === "ok") continue;
    const error = cellError(cell, index, reply);
    if (!mayFail(cell)) throw error;
    options.onExpectedError?.(error);
  }
}

async function runCell(
  cell: Cell,
  kernel: Kernel,
  collector: OutputCollector,
  timeoutMs: number,
  onOutput?: (message: Message) => void,
): Promise<ExecuteReply> {
  const times: Record<string, string> = {};
  cell.metadata = { ...cell.metadata, execution: times };
  const now = () => new Date().toISOString();
  const reply = await kernel.execute(cell.source, (message) => {
    const type = message.header.msg_type;
    if (type === "status") times[`iopub.status.${message.content.execution_state}`] = now();
    else if (type === "execute_input") times["iopub.execute_input"] = now();
    if (collector.handle(message)) onOutput?.(message);
  }, timeoutMs);
  times["shell.execute_reply"] = now();
  return reply;
}

function explain(
  error: unknown,
  cell: Cell,
  index: number,
  cellTimeout: number | undefined,
  { timeout }: RunOptions,
): unknown {
  const where = `cell ${index + 1}:\n${indent(cell.source)}`;
  if (error instanceof CellTimeoutError) {
    return cellTimeout === undefined
      ? new CellTimeoutError(`The run took longer than its ${timeout} s, in ${where}`)
      : new CellTimeoutError(`A cell took longer than its ${cellTimeout} s: ${where}`);
  }
  if (error instanceof DeadKernelError) {
    return new DeadKernelError(`${error.message}\nThe kernel died in ${where}`);
  }
  return error;
}

/** What the kernel says, and shows nothing, of a cell that it could not end. */
const UNSAID = "Execution failed";
/** For what reasons that is. */
const UNSAID_REASONS = "the kernel says only that it failed: it waits for a promise that nothing " +
  "settles, imports a package that can't be had, or is no TypeScript";

/** Of a syntax error the kernel shows nothing: it comes to the cell's outputs here. */
function cellError(cell: Cell, index: number, reply: ExecuteReply): CellError {
  const output = cell.outputs?.find((output): output is Output & { output_type: "error" } =>
    output.output_type === "error"
  );
  const fault = output === undefined ? syntaxFault(cell.source) : undefined;
  if (fault !== undefined) {
    const { line, column, reason } = fault;
    const what = `it is no TypeScript, at line ${line}, column ${column}: ${reason}`;
    const traceback = [`SyntaxError: ${what}`];
    cell.outputs?.push({ output_type: "error", ename: "SyntaxError", evalue: what, traceback });
    return new CellError(`Cell ${index + 1} failed: ${what}\n${indent(cell.source)}`);
  }
  if (output === undefined && reply.evalue === UNSAID) {
    const ename = "Error", evalue = UNSAID_REASONS;
    cell.outputs?.push({ output_type: "error", ename, evalue, traceback: [`${ename}: ${evalue}`] });
    return new CellError(`Cell ${index + 1} failed: ${evalue}\n${indent(cell.source)}`);
  }
  const traceback = (output?.traceback ?? reply.traceback ?? []).join("\n");
  const name = output?.ename ?? reply.ename ?? "Error";
  const value = output?.evalue ?? reply.evalue ?? "";
  const headline = `${name}: ${value}`;
  const details = traceback.includes(value) && traceback !== ""
    ? traceback
    : `${headline}\n${traceback}`;
  return new CellError(`Cell ${index + 1} failed:\n${indent(cell.source)}\n\n${details.trimEnd()}`);
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
