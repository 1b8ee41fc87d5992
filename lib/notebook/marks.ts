/** Texts that a kernel is told to print, so that it can be told what has come of what cells print. */
import type { Message } from "./message.ts";

const MARKS = /\0[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?/g;

/** A text that no cell prints. */
export function makeMark(): string {
  return `\0${crypto.randomUUID()}`;
}

/** What a message shows but for marks, which others listen for; `undefined` where that is nothing. */
export function withoutMarks(message: Message): Message | undefined {
  if (message.header.msg_type !== "stream") return message;
  const text = message.content.text.replace(MARKS, "");
  if (text === message.content.text) return message;
  return text === "" ? undefined : { ...message, content: { ...message.content, text } };
}
