/** Cells may send messages of their own making: what a notebook can't hold is made so that it can. */
import { isObject } from "../io/json_object.ts";
import { joinLines, type MimeBundle } from "./ipynb.ts";

/** The content of a message. */
type Content = Record<string, unknown>;

/**
 * The content of a message as the protocol has it, whatever a cell has sent: texts are texts, and bundles
 * are objects of what nbformat lets stand in them.
 *
 * @param type The message's.
 */
export function wellFormed(type: string, content: unknown): Content {
  const given: Content = isObject(content) ? content : {};
  switch (type) {
    case "stream":
      return {
        ...given,
        name: given.name === "stderr" ? "stderr" : "stdout",
        text: textOf(given.text),
      };
    case "display_data":
    case "update_display_data":
    case "execute_result": {
      const transient = isObject(given.transient) ? given.transient : {};
      const { display_id, ...rest } = transient;
      return {
        ...given,
        data: bundleOf(given.data),
        metadata: isObject(given.metadata) ? given.metadata : {},
        transient: typeof display_id === "string" ? transient : rest,
        ...(type === "execute_result" && {
          execution_count: Number.isInteger(given.execution_count) ? given.execution_count : null,
        }),
      };
    }
    case "error":
      return {
        ...given,
        ename: textOf(given.ename),
        evalue: textOf(given.evalue),
        traceback: Array.isArray(given.traceback) ? given.traceback.map(textOf) : [],
      };
    default:
      return given;
  }
}

/** MIME type → content: JSON of any kind where the type says so, else a text. */
function bundleOf(data: unknown): MimeBundle {
  if (!isObject(data)) return {};
  return Object.fromEntries(
    Object.entries(data).filter(([type, value]) => type !== "" && value !== null)
      .map(([type, value]) => [type, /[/+]json$/.test(type) ? value : textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return joinLines(value) ?? (value === undefined || value === null ? "" : JSON.stringify(value));
}
