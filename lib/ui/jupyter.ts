/** What the Deno kernel offers to the code of a cell, as far as it is used here. */
interface JupyterApi {
  broadcast(
    messageType: "display_data" | "update_display_data",
    content: {
      data: MediaBundle;
      metadata: Record<string, unknown>;
      transient?: { display_id: string };
    },
  ): Promise<void>;
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

/** Whether this code runs in a cell of a notebook. */
export function inNotebook(): boolean {
  return jupyter() !== undefined;
}

/** Shows something below the running cell; does nothing outside of a notebook. */
export async function display(data: MediaBundle): Promise<void> {
  await jupyter()?.broadcast("display_data", { data, metadata: {} });
}

/** A place below the running cell whose content can be changed. */
export class UpdatableDisplay {
  readonly #id = crypto.randomUUID();
  #shown = false;

  /** Shows `data` in place of what was shown before. */
  async show(data: MediaBundle): Promise<void> {
    const type = this.#shown ? "update_display_data" : "display_data";
    this.#shown = true;
    await jupyter()?.broadcast(type, { data, metadata: {}, transient: { display_id: this.#id } });
  }
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
