/** Messages of the Jupyter protocol, version 5.3, as multipart frames with an HMAC signature. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { isObject } from "../io/json_object.ts";
import { wellFormed } from "./well_formed.ts";

/** A message, without its routing prefix. */
export interface Message {
  header: Header;
  parent_header: Partial<Header>;
  metadata: Record<string, unknown>;
  // deno-lint-ignore no-explicit-any -- the content's form depends on the message type
  content: any;
}

/** Says what a message is and who sent it. */
export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
}

const DELIMITER = "<IDS|MSG>";

/** Signs, packs and unpacks the messages of one session. */
export class MessageCodec {
  readonly #key: string;
  readonly #session = crypto.randomUUID();

  /** @param key The connection file's key. */
  constructor(key: string) {
    this.#key = key;
  }

  /** A new request. */
  create(type: string, content: Record<string, unknown>): Message {
    return {
      header: {
        msg_id: crypto.randomUUID(),
        msg_type: type,
        session: this.#session,
        username: "qvim",
        date: new Date().toISOString(),
        version: "5.3",
      },
      parent_header: {},
      metadata: {},
      content,
    };
  }

  /** The frames of a message. */
  encode(message: Message): Uint8Array[] {
    const encoder = new TextEncoder();
    const { header, parent_header, metadata, content } = message;
    const parts = [header, parent_header, metadata, content].map((part) =>
      encoder.encode(JSON.stringify(part))
    );
    return [encoder.encode(DELIMITER), encoder.encode(this.#sign(parts)), ...parts];
  }

  /**
   * The message in frames that came, or `null` where they hold none, or the signature is wrong: such
   * frames are not from the kernel, and the protocol has them dropped.
   */
  decode(frames: Uint8Array[]): Message | null {
    const decoder = new TextDecoder();
    const start = frames.findIndex((frame) =>
      frame.length === DELIMITER.length && decoder.decode(frame) === DELIMITER
    );
    if (start < 0 || frames.length < start + 6) return null;
    const signature = frames[start + 1];
    const parts = frames.slice(start + 2, start + 6);
    const expected = new TextEncoder().encode(this.#sign(parts));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return null;
    let values: unknown[];
    try {
      values = parts.map((part) => JSON.parse(decoder.decode(part)));
    } catch {
      return null;
    }
    // A cell that has found the key can sign anything.
    const [header, parent, metadata, content] = values;
    if (!isHeader(header)) return null;
    return {
      header,
      parent_header: isObject(parent) ? parent : {},
      metadata: isObject(metadata) ? metadata : {},
      content: wellFormed(header.msg_type, content),
    };
  }

  #sign(parts: Uint8Array[]): string {
    const hmac = createHmac("sha256", this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}

function isHeader(value: unknown): value is Header {
  return isObject(value) && typeof value.msg_id === "string" && typeof value.msg_type === "string";
}
