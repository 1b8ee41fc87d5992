/**
 * A client of ZMTP 3.0 (https://rfc.zeromq.org/spec/23/) with the NULL mechanism over TCP: as much
 * as it takes to speak with a Jupyter kernel.
 */

import { QvimError } from "../io/errors.ts";
import { Buffer } from "node:buffer";
import { ByteReader } from "../io/byte_reader.ts";
import { writeAll } from "../io/bytes.ts";

/** The socket types that a Jupyter client uses. */
export type SocketType = "DEALER" | "SUB" | "REQ";

/** Thrown where the other side does not speak ZMTP as it should. */
export class ZmtpError extends QvimError {}

const GREETING_BYTES = 64;
const FLAG_MORE = 1;
const FLAG_LONG = 2;
const FLAG_COMMAND = 4;
/** No frame of a notebook is longer; a longer one is a stream that has gone wrong. */
const MAX_FRAME_BYTES = 2 ** 31;

/** One connection to one peer. */
export class ZmtpSocket {
  readonly #connection: Deno.TcpConn;
  readonly #reader: ByteReader;
  readonly #chunk = new Uint8Array(64 * 1024);
  #ended = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reader = new ByteReader(() => this.#receivePart());
  }

  /**
   * Connects and shakes hands; a SUB socket subscribes to everything before it returns.
   *
   * @param port A port of this machine.
   * @param identity What a DEALER calls itself.
   * @throws {ZmtpError} Where something else listens there.
   */
  static async connect(port: number, type: SocketType, identity = ""): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    try {
      connection.setNoDelay(true);
      const socket = new ZmtpSocket(connection);
      await socket.#handshake(type, identity);
      if (type === "SUB") await socket.send([new Uint8Array([1])]);
      return socket;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async #handshake(type: SocketType, identity: string): Promise<void> {
    const greeting = new Uint8Array(GREETING_BYTES);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
    greeting.set(new TextEncoder().encode("NULL"), 12);
    await this.#write(greeting);
    const theirs = await this.#reader.read(GREETING_BYTES);
    if (theirs === undefined || theirs[0] !== 0xff || theirs[9] !== 0x7f || theirs[10] < 3) {
      throw new ZmtpError("Expected a ZMTP 3 greeting but found something else");
    }
    const ready = Buffer.concat([
      shortString("READY"),
      property("Socket-Type", type),
      property("Identity", identity),
    ]);
    await this.#write(frame(ready, FLAG_COMMAND));
    const answer = await this.#readFrame();
    const text = answer && new TextDecoder().decode(answer.body.subarray(1, 6));
    if (answer === null || !(answer.flags & FLAG_COMMAND) || text !== "READY") {
      throw new ZmtpError(`Expected READY but found ${JSON.stringify(text)}`);
    }
  }

  /** Sends one message of one or more frames. */
  async send(frames: Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(
      frames.map((body, i) => frame(body, i < frames.length - 1 ? FLAG_MORE : 0)),
    );
    await this.#write(bytes);
  }

  /** Writes one after the other: parts of two messages must not mix. */
  #write(bytes: Uint8Array): Promise<void> {
    const done = this.#writing.then(() => writeAll(this.#connection, bytes));
    this.#writing = done.catch(() => {});
    return done;
  }

  /** The next message's frames, or `null` when the connection has ended. */
  async receive(): Promise<Uint8Array[] | null> {
    const frames: Uint8Array[] = [];
    while (true) {
      const next = await this.#readFrame();
      if (next === null) return null;
      if (next.flags & FLAG_COMMAND) continue;
      frames.push(next.body);
      if (!(next.flags & FLAG_MORE)) return frames;
    }
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array } | null> {
    const flags = (await this.#reader.read(1))?.[0];
    if (flags === undefined) return null;
    const sizeBytes = await this.#reader.read(flags & FLAG_LONG ? 8 : 1);
    if (sizeBytes === undefined) return null;
    const size = sizeBytes.reduce((sum, byte) => sum * 256 + byte, 0);
    if (size > MAX_FRAME_BYTES) {
      throw new ZmtpError(`Expected a frame of at most ${MAX_FRAME_BYTES} bytes but found ${size}`);
    }
    const body = await this.#reader.read(size);
    return body === undefined ? null : { flags, body };
  }

  async #receivePart(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#ended) return undefined;
    try {
      const count = await this.#connection.read(this.#chunk);
      return count === null ? undefined : this.#chunk.slice(0, count);
    } catch {
      // Reset, or closed on this side: for a reader both are the end.
      return undefined;
    }
  }

  /** Ends the connection; what waits in {@linkcode receive} gets `null`. */
  close(): void {
    this.#ended = true;
    try {
      this.#connection.close();
    } catch {
      // The other side was faster.
    }
  }
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) return Buffer.concat([new Uint8Array([flags, body.length]), body]);
  const header = new Uint8Array(9);
  header[0] = flags | FLAG_LONG;
  new DataView(header.buffer).setBigUint64(1, BigInt(body.length));
  return Buffer.concat([header, body]);
}

function shortString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Buffer.concat([new Uint8Array([bytes.length]), bytes]);
}

function property(name: string, value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, bytes.length);
  return Buffer.concat([shortString(name), size, bytes]);
}
