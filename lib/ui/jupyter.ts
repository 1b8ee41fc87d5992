/** What a notebook's kernel offers: pictures and prints below the running cell, and who ran. */

import { setTimeout as delay } from "node:timers/promises";

/** What the Deno kernel offers to the code of a cell, as far as it is used here. */
interface JupyterApi {
  broadcast(messageType: string, content: Record<string, unknown>): Promise<void> | void;
}

/**
 * What Deno keeps for itself and the kernel uses. It may change with any release, so whoever takes it
 * gets along without.
 */
interface Internals {
  Console?: new (print: (text: string, level: number) => void) => Record<string, unknown>;
  jupyter?: { broadcastResult?: (executionCount: number, result: unknown) => Promise<void> };
}

/** One thing to show in several media types, MIME type → content; a front end takes the richest. */
export type MediaBundle = Record<string, string>;

/** The kernel's interface, or `undefined` outside of a notebook, where Deno refuses access. */
function jupyter(): JupyterApi | undefined {
  try {
    return (Deno as unknown as { jupyter?: JupyterApi }).jupyter;
  } catch {
    return undefined;
  }
}

function internals(): Internals {
  const deno = Deno as unknown as { internal: symbol } & Record<symbol, Internals | undefined>;
  return deno[deno.internal] ?? {};
}

/** Whether this code runs in a cell of a notebook. */
export function inNotebook(): boolean {
  return jupyter() !== undefined;
}

/**
 * Shows something below the running cell; does nothing outside of a notebook.
 *
 * @example
 * ```ts
 * import { display } from "qvim";
 *
 * await display({ "text/plain": "0.72", "text/html": "<b>0.72</b>" });
 * ```
 */
export async function display(data: MediaBundle): Promise<void> {
  flushPrints();
  await send("display_data", { data, metadata: {} });
}

/** Takes away what the running cell has shown and printed so far. */
export function clearOutput(): void {
  flushPrints();
  send("clear_output", { wait: false });
}

/** A place below the running cell whose content can be changed. */
export class UpdatableDisplay {
  readonly #id = crypto.randomUUID();
  #shown = false;

  /** Shows `data` in place of what was shown before. */
  async show(data: MediaBundle): Promise<void> {
    const type = this.#shown ? "update_display_data" : "display_data";
    if (!this.#shown) flushPrints();
    this.#shown = true;
    await send(type, { data, metadata: {}, transient: { display_id: this.#id } });
  }
}

/** Which cells ran to their end, told from the outside of the cells. */
export interface CellLog {
  /** Execution counts of the cells that ended without an error, rising. */
  readonly finished: readonly number[];
  /** Calls `listener` whenever a cell has ended without an error, with its place in `finished`. */
  listen(listener: (place: number) => void): void;
}

let cellLog: CellLog | undefined;

/**
 * Notes which cells run to their end from now on, the running one included. The kernel reports each
 * result through a function that can be listened to; a cell that throws, or is no TypeScript, has none.
 *
 * @returns `undefined` outside of a notebook, or where the kernel has no such function.
 */
export function watchCells(): CellLog | undefined {
  if (cellLog !== undefined) return cellLog;
  const kernel = inNotebook() ? internals().jupyter : undefined;
  const report = kernel?.broadcastResult;
  if (kernel === undefined || report === undefined) return undefined;
  const finished: number[] = [], listeners: ((place: number) => void)[] = [];
  kernel.broadcastResult = async (executionCount, result) => {
    // Requests that leave no trace in the history report under the count of the cell before.
    if (executionCount > (finished.at(-1) ?? -1)) {
      finished.push(executionCount);
      for (const listener of listeners) listener(finished.length - 1);
    }
    flushPrints();
    await report(executionCount, result);
    await letMessagesOut();
  };
  cellLog = { finished, listen: (listener) => listeners.push(listener) };
  return cellLog;
}

/** Text that goes out in one message. */
const MESSAGE_CHARACTERS = 2 ** 15;
/** Jupyter's server drops what comes faster than 1000 messages and 1 MB a second. */
const MESSAGES_A_SECOND = 600, CHARACTERS_A_SECOND = 600_000;
/** What may go out at once. */
const MESSAGES_AT_ONCE = 60, CHARACTERS_AT_ONCE = 1_200_000;
/**
 * How long the kernel is given for each message. It sends them from a thread of its own, as if what
 * runs by then had printed them, and says that a cell has ended without waiting for them.
 */
const MESSAGE_MS = 2;

/** How long the kernel is given for what is printed before the process ends. */
const LAST_WORDS_MS = 200;

/** What may go out now, and refills. */
class Bucket {
  readonly #rate: number;
  readonly #size: number;
  #level: number;
  #at = performance.now();

  constructor(rate: number, size: number) {
    this.#rate = rate;
    this.#size = size;
    this.#level = size;
  }

  /** Takes an amount out. @returns How many milliseconds to wait for it. */
  take(amount: number): number {
    const now = performance.now();
    this.#level = Math.min(this.#size, this.#level + (now - this.#at) / 1000 * this.#rate) - amount;
    this.#at = now;
    return Math.max(0, -this.#level / this.#rate * 1000);
  }
}

const messages = new Bucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE);
const characters = new Bucket(CHARACTERS_A_SECOND, CHARACTERS_AT_ONCE);

/** What was printed and is not out yet. */
let waiting: { name: "stdout" | "stderr"; text: string }[] = [];
let isFlushDue = false;
let printsUnderCells = false;
/** When the kernel should have sent all that it was given. */
let outAt = 0;
/** How many messages of the running cell it was given. */
let given = 0;

/** Waits until all messages are out, where it can be told; `mark` sends one with a text in it. */
type UntilPublished = (mark: (text: string) => void) => Promise<boolean>;

let untilPublished: UntilPublished | undefined;

/**
 * Sends what `console` prints as messages of the running cell, in order and before the cell ends.
 *
 * @param settle Waits until the kernel has sent all that it was given.
 */
export function takePrints(settle: UntilPublished): void {
  const { Console } = internals();
  if (printsUnderCells || !inNotebook() || Console === undefined) return;
  printsUnderCells = true;
  untilPublished = settle;
  watchCells();
  const ours = new Console((text, level) => print(level > 1 ? "stderr" : "stdout", text));
  const theirs = console as unknown as Record<string, unknown>;
  // What is printed just before the end would be lost with the kernel's thread.
  globalThis.addEventListener("unload", () => {
    flushPrints();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_WORDS_MS);
  });
  for (const [name, method] of Object.entries(ours)) {
    if (typeof method === "function") theirs[name] = method;
  }
}

function print(name: "stdout" | "stderr", text: string): void {
  const last = waiting.at(-1);
  if (last?.name === name) last.text += text;
  else waiting.push({ name, text });
  if (waiting.length > MESSAGES_AT_ONCE || waiting.at(-1)!.text.length > MESSAGE_CHARACTERS) {
    flushPrints();
  } else if (!isFlushDue) {
    isFlushDue = true;
    // At the end of what runs now: before the kernel can learn that the cell has ended.
    queueMicrotask(flushPrints);
  }
}

/**
 * Sends what was printed. A cell that prints too fast is held up, as a whole: it may never let a timer
 * run, and the server would drop its lines.
 */
function flushPrints(): void {
  const texts = waiting;
  waiting = [];
  isFlushDue = false;
  for (const { name, text } of texts) {
    const wait = Math.max(messages.take(1), characters.take(text.length));
    if (wait > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
    send("stream", { name, text });
  }
}

/** Gives the kernel a message. */
function send(type: string, content: Record<string, unknown>): Promise<void> | void {
  outAt = Math.max(outAt, performance.now()) + MESSAGE_MS;
  given++;
  return jupyter()?.broadcast(type, content);
}

/** Waits until what a cell has given the kernel is out, so that none of it goes out as the next one's. */
async function letMessagesOut(): Promise<void> {
  const isAny = given > 0;
  given = 0;
  // However few: a busy machine may not get to the first of them before the next cell.
  if (isAny && await untilPublished?.(mark)) return;
  const wait = outAt - performance.now();
  if (wait > 0) await delay(wait);
}

/** Changes a display that is nowhere: front ends pass over it. */
function mark(text: string): void {
  const data = { "text/plain": text };
  jupyter()?.broadcast("update_display_data", {
    data,
    metadata: {},
    transient: { display_id: text },
  });
}

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** `text` for use inside HTML and its attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
