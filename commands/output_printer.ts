import { writeAllSync } from "../lib/io/bytes.ts";
import type { Message } from "../lib/notebook/message.ts";

/** Standard output or standard error. */
type Output = typeof Deno.stdout | typeof Deno.stderr;

/** Milliseconds between two states of a changing display, where the output is no terminal. */
const UPDATE_INTERVAL = 10_000;

/**
 * Prints the outputs of cells as they come: what they print goes where they printed it, displays as
 * plain text to standard output. A display that changes stays on its line in a terminal. Where nobody
 * reads any more, as behind `| head`, or the disk is full, the run goes on, whose notebook is kept.
 */
export class OutputPrinter {
  readonly #isTerminal = Deno.stdout.isTerminal();
  /** The display on the current line of the terminal, which its next state may overwrite. */
  #lineOf?: string;
  /** The last state of a changing display that is not yet printed. */
  #pending?: { id: string; text: string };
  #lastUpdate = Date.now();
  /** Why nothing more can be written, by where. */
  readonly #failures = new Map<Output, unknown>();

  /** Announces a cell, on standard error. @param number Among all cells, from 1, as errors count. */
  startCell(number: number, total: number, title: string): void {
    this.#flush();
    this.#write(Deno.stderr, `${`[cell ${number} of ${total}] ${title}`.trimEnd()}\n`);
  }

  /** Prints what a message of the iopub channel brings. */
  print({ header, content }: Message): void {
    const id: string | undefined = content.transient?.display_id;
    if (header.msg_type === "update_display_data") {
      this.#update(id!, plainText(content.data));
      return;
    }
    this.#flush();
    if (header.msg_type === "stream") {
      this.#write(content.name === "stderr" ? Deno.stderr : Deno.stdout, content.text);
    } else if (header.msg_type === "display_data" && id !== undefined) {
      this.#pending = { id, text: plainText(content.data) };
      if (this.#isTerminal) this.#update(id, this.#pending.text);
    } else if (header.msg_type !== "error") {
      this.#write(Deno.stdout, `${plainText(content.data)}\n`);
    }
  }

  /** Says on standard error what is amiss with the notebook, whatever cell runs. */
  warn(warning: string): void {
    this.#flush();
    this.#write(Deno.stderr, `Warning: ${warning}\n`);
  }

  /** Prints what is not yet printed. */
  end(): void {
    this.#flush();
  }

  /** @throws What kept something from being printed, but for readers who had seen enough. */
  throwFailure(): void {
    for (const error of this.#failures.values()) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  #write(to: Output, text: string): void {
    if (this.#failures.has(to)) return;
    try {
      writeAllSync(to, new TextEncoder().encode(text));
    } catch (error) {
      this.#failures.set(to, error);
    }
  }

  #update(id: string, text: string): void {
    if (this.#isTerminal) {
      this.#write(Deno.stdout, `${this.#lineOf === id ? "\r\x1b[K" : ""}${text}`);
      this.#lineOf = id;
      this.#pending = undefined;
      return;
    }
    if (this.#pending !== undefined && this.#pending.id !== id) this.#flush();
    this.#pending = { id, text };
    if (Date.now() - this.#lastUpdate > UPDATE_INTERVAL) {
      this.#lastUpdate = Date.now();
      this.#flush();
    }
  }

  #flush(): void {
    if (this.#lineOf !== undefined) this.#write(Deno.stdout, "\n");
    this.#lineOf = undefined;
    if (this.#pending !== undefined) this.#write(Deno.stdout, `${this.#pending.text}\n`);
    this.#pending = undefined;
  }
}

function plainText(data: Record<string, unknown> = {}): string {
  return String(data["text/plain"] ?? `[${Object.keys(data).join(", ")}]`);
}
