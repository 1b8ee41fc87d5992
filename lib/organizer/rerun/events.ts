import type { RunEvent, RunStatus } from "./protocol.ts";

/** What a line may take: a traceback is long, a flood is longer. */
const MAX_LINE = 2 ** 20;
const STATUSES = new Set(["finished", "failed", "timeout", "memory", "disk", "processes", "died"]);

/** What the program inside says. What does not begin with its secret is a notebook's, and noise. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  secret: string,
): AsyncGenerator<RunEvent> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const event = parseEvent(text.slice(0, end), secret);
      text = text.slice(end + 1);
      if (event !== undefined) yield event;
    }
    if (text.length > MAX_LINE) text = text.slice(-secret.length);
  }
}

function parseEvent(line: string, secret: string): RunEvent | undefined {
  if (!line.startsWith(`${secret} `)) return undefined;
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line.slice(secret.length + 1));
  } catch {
    return undefined;
  }
  const { kind, cell, status, message } = event ?? {};
  const isCell = Number.isSafeInteger(cell) && (cell as number) >= 0;
  if (kind === "end") return { kind };
  if (kind === "cell" && isCell) return { kind, cell: cell as number };
  if (kind === "attempt" && isCell) {
    return { kind, cell: cell as number, message: String(message) };
  }
  if (kind !== "error" || !isCell || !STATUSES.has(String(status))) return undefined;
  return { kind, cell: cell as number, status: status as RunStatus, message: String(message) };
}
