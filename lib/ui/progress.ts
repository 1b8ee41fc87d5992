import cliProgress from "cli-progress";
import stringWidth from "string-width";
import { escapeHtml, inNotebook, UpdatableDisplay } from "./jupyter.ts";

/** Shows how far long work has come. */
export interface Progress {
  /** Tells how much is done now, in the units of the total. */
  update(done: number): void;
  /** Ends the display. Call it also where the work failed. */
  finish(): Promise<void>;
}

/** How to show amounts; plain numbers unless given. */
export interface ProgressOptions {
  /** The total amount; `undefined` where it is not known. */
  total?: number;
  /** Writes an amount, for instance bytes as `1.2 MB`. */
  format?: (amount: number) => string;
}

/** Milliseconds between two updates on a screen. */
const SCREEN_INTERVAL = 200;
/** How long work takes, or is going to, before a notebook says how it is stopped, in seconds. */
const LONG = 20;
/** How long work has gone on before what it is going to take can be told, in seconds. */
const KNOWN = 2;
/** Milliseconds between two plain lines, where the output is a file or a pipe. */
const LINE_INTERVAL = 10_000;

/**
 * Starts to show progress: a bar in a terminal, an updating display in a notebook, and plain lines,
 * few of them, where standard error is no terminal.
 *
 * @param label What is done, as `Embedding items`.
 *
 * @example
 * ```ts
 * import { startProgress } from "qvim";
 *
 * const progress = startProgress("Listening", { total: 3 });
 * for (const done of [1, 2, 3]) progress.update(done);
 * await progress.finish();
 * ```
 */
export function startProgress(label: string, options: ProgressOptions = {}): Progress {
  const meter = new Meter(label, options);
  if (inNotebook()) return new NotebookProgress(meter);
  if (Deno.stderr.isTerminal()) return new TerminalProgress(meter);
  return new LineProgress(meter);
}

/** Counts, times and words of one task. */
class Meter {
  readonly label: string;
  readonly total?: number;
  readonly #format: (amount: number) => string;
  readonly #start = performance.now();
  done = 0;

  constructor(label: string, options: ProgressOptions) {
    this.label = label;
    this.total = options.total;
    this.#format = options.format ?? String;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** For instance `120/438, 85/s, 4 s left`. */
  describe(): string {
    const { done, total, seconds } = this;
    const amount = total === undefined
      ? this.#format(done)
      : `${this.#format(done)}/${this.#format(total)}`;
    if (done === 0 || seconds === 0) return amount;
    // What is slow is not "0/s".
    const rate = done < 10 * seconds && this.#format === String
      ? `${Number((done / seconds).toPrecision(2))}/s`
      : `${this.#format(Math.round(done / seconds))}/s`;
    if (total === undefined || done >= total) return `${amount}, ${rate}`;
    return `${amount}, ${rate}, ${formatSeconds((total - done) * seconds / done)} left`;
  }

  summary(): string {
    const amount = this.#format(this.done);
    return this.total === undefined || this.done === this.total
      ? `${amount} in ${formatSeconds(this.seconds)}`
      : `stopped at ${amount} of ${this.#format(this.total)}`;
  }
}

class TerminalProgress implements Progress {
  readonly #meter: Meter;
  readonly #bar: cliProgress.SingleBar;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#bar = new cliProgress.SingleBar({
      format: () => progressLine(meter, meter.describe(), columns()),
      // Whoever is stopped by Ctrl-C leaves the terminal as it is: it keeps its cursor, and its way
      // with long lines. None is long.
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
    });
    this.#bar.start(meter.total ?? 0, 0);
  }

  update(done: number): void {
    this.#meter.done = done;
    this.#bar.update(done);
  }

  finish(): Promise<void> {
    this.#bar.stop();
    console.error(`${this.#meter.label}: ${this.#meter.summary()}`);
    return Promise.resolve();
  }
}

/** Characters of a bar, where there is room. */
const BAR = 30;
/** Fewer say nothing. */
const LEAST_BAR = 5;

/** How many characters a line of the terminal has; 80 where it does not say. */
function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/**
 * A line of a terminal that says how far work has come, as `Hearing ███░░░ 3/6, 2/s, 1.5 s left`.
 *
 * @param text What is said behind the bar.
 * @param columns How many characters fit: the bar gets shorter, then the label.
 */
export function progressLine(
  { label, done, total }: { label: string; done: number; total?: number },
  text: string,
  columns: number,
): string {
  // In the last column of some terminals the cursor has gone on to the next line.
  const room = columns - 1;
  const bar = total === undefined
    ? 0
    : Math.min(BAR, room - stringWidth(label) - stringWidth(text) - 2);
  if (bar >= LEAST_BAR) {
    const full = Math.min(bar, Math.floor(bar * done / Math.max(1, total!)));
    return `${label} ${"█".repeat(full)}${"░".repeat(bar - full)} ${text}`;
  }
  const rest = room - stringWidth(text) - 2;
  if (stringWidth(label) <= rest) return `${label}: ${text}`;
  return rest > LEAST_BAR ? `${cut(label, rest - 1)}…: ${text}` : cut(text, room);
}

/** The beginning of a text that is no wider. */
function cut(text: string, width: number): string {
  let out = "";
  for (const character of text) {
    if (stringWidth(out + character) > width) break;
    out += character;
  }
  return out;
}

class NotebookProgress implements Progress {
  readonly #meter: Meter;
  readonly #display = new UpdatableDisplay();
  #last = 0;
  #pending: Promise<void>;

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#pending = this.#show(meter.describe());
  }

  #show(text: string): Promise<void> {
    const { label, done, total, seconds } = this.#meter;
    const bar = total === undefined ? "" : ` <progress value="${done}" max="${total}"></progress>`;
    const isGoing = total !== undefined && seconds > KNOWN && seconds * total > LONG * done;
    const stop = done !== total && (isGoing || seconds > LONG)
      ? "; to stop: restart the kernel"
      : "";
    return this.#display.show({
      "text/plain": `${label}: ${text}`,
      "text/html": `<div>${escapeHtml(label)}${bar} ${escapeHtml(text)}${stop}</div>`,
    });
  }

  update(done: number): void {
    this.#meter.done = done;
    const now = performance.now();
    if (now - this.#last < SCREEN_INTERVAL) return;
    this.#last = now;
    this.#pending = this.#pending.then(() => this.#show(this.#meter.describe()));
  }

  async finish(): Promise<void> {
    await this.#pending;
    await this.#show(this.#meter.summary());
  }
}

class LineProgress implements Progress {
  readonly #meter: Meter;
  #last = performance.now();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  update(done: number): void {
    this.#meter.done = done;
    const now = performance.now();
    if (now - this.#last < LINE_INTERVAL) return;
    this.#last = now;
    console.error(`${this.#meter.label}: ${this.#meter.describe()}`);
  }

  finish(): Promise<void> {
    console.error(`${this.#meter.label}: ${this.#meter.summary()}`);
    return Promise.resolve();
  }
}

function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
