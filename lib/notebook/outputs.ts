import type { MimeBundle, Output } from "./ipynb.ts";
import type { Message } from "./message.ts";

/**
 * Gathers the outputs of the cells of one run as Jupyter does: pieces of one stream become one
 * output, a display that is updated changes wherever it stands, and a cell can clear what it showed.
 */
export class OutputCollector {
  readonly #displays = new Map<string, (Output & { data: MimeBundle })[]>();
  #outputs: Output[] = [];
  #clearNext = false;

  /** Starts the next cell; its outputs are appended to `outputs` as they come. */
  startCell(outputs: Output[]): void {
    this.#outputs = outputs;
    this.#clearNext = false;
  }

  /**
   * Takes a message of the iopub channel.
   *
   * @returns Whether it was an output, or the change of one.
   */
  handle({ header, content }: Message): boolean {
    switch (header.msg_type) {
      case "stream":
        this.#addStream(content.name, content.text);
        return true;
      case "display_data":
      case "execute_result": {
        const output = {
          output_type: header.msg_type,
          data: content.data,
          metadata: content.metadata ?? {},
          ...(header.msg_type === "execute_result" && { execution_count: content.execution_count }),
        } as Output & { data: MimeBundle };
        this.#add(output);
        const id = content.transient?.display_id;
        if (id !== undefined) this.#displays.set(id, [...this.#displays.get(id) ?? [], output]);
        return true;
      }
      case "update_display_data": {
        const shown = this.#displays.get(content.transient?.display_id) ?? [];
        for (const output of shown) output.data = content.data;
        return shown.length > 0;
      }
      case "error":
        this.#add({
          output_type: "error",
          ename: content.ename,
          evalue: content.evalue,
          traceback: content.traceback,
        });
        return true;
      case "clear_output":
        if (content.wait) this.#clearNext = true;
        else this.#outputs.length = 0;
        return false;
      default:
        return false;
    }
  }

  #addStream(name: "stdout" | "stderr", text: string): void {
    const last = this.#clearNext ? undefined : this.#outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) last.text += text;
    else this.#add({ output_type: "stream", name, text });
  }

  #add(output: Output): void {
    if (this.#clearNext) this.#outputs.length = 0;
    this.#clearNext = false;
    this.#outputs.push(output);
  }
}
