/** A row of the robustness table: what was tried, how often, and what came of it. */
export type Row = [what: string, count: string, result: string];

export const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** What came of broken input, one after another. */
export class Outcomes {
  #read = 0;
  #refused = 0;
  readonly #others = new Set<string>();
  #slowest = 0;
  #most = 0;

  /** @param refusal The error that says what is wrong with it. */
  constructor(readonly refusal: abstract new (...args: never[]) => Error) {}

  /** Reads something, and notes whether it was read or refused, and what that took. */
  async of(read: () => unknown): Promise<void> {
    const start = performance.now(), before = Deno.memoryUsage().rss;
    try {
      await read();
      this.#read++;
    } catch (error) {
      if (error instanceof this.refusal) this.#refused++;
      else this.#others.add(String(error));
    }
    this.#slowest = Math.max(this.#slowest, performance.now() - start);
    this.#most = Math.max(this.#most, Deno.memoryUsage().rss - before);
  }

  toString(): string {
    return `${this.#read} read, ${this.#refused} refused, ${this.#others.size} other errors` +
      `${[...this.#others].map((error) => ` (${error})`).join("")}; ` +
      `${this.#slowest.toFixed(0)} ms and ${mebibytes(this.#most)} at most`;
  }
}
