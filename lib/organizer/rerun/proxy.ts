/**
 * The network of a set-up cell: a proxy outside the sandbox that is closed when the cell has ended, and
 * a relay inside that leads to it through a socket of the file system, the only thing that both see.
 */
import { writeAll } from "../../io/bytes.ts";

/** Starts the relay, inside. @returns The address for HTTPS_PROXY. */
export function startRelay(socket: string): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const client of listener) {
      Deno.connect({ transport: "unix", path: socket })
        .then((server) => connect(client, server), () => client.close());
    }
  })();
  return `http://127.0.0.1:${listener.addr.port}`;
}

/** The proxy outside. */
export class SetupProxy {
  readonly #listener: Deno.UnixListener;
  readonly #open = new Set<Deno.Conn>();

  constructor(socket: string) {
    this.#listener = Deno.listen({ transport: "unix", path: socket });
    this.#accept();
  }

  /** Ends it, and all that goes through it. */
  close(): void {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    for (const connection of this.#open) closeQuietly(connection);
    this.#open.clear();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      this.#serve(client).catch(() => closeQuietly(client));
    }
  }

  /** CONNECT for what is encrypted, and whole addresses for what is not (RFC 9110, RFC 9112). */
  async #serve(client: Deno.Conn): Promise<void> {
    const { head, rest } = await readHead(client);
    const [request, ...headers] = head.split("\r\n");
    const [method, target] = request.split(" ");
    const isTunnel = method === "CONNECT";
    const url = new URL(isTunnel ? `http://${target}` : target);
    const server = await Deno.connect({
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || (isTunnel ? 443 : 80)),
    });
    this.#open.add(server);
    const encoder = new TextEncoder();
    if (isTunnel) {
      await writeAll(client, encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
    } else {
      const kept = headers.filter((header) => !/^proxy-/i.test(header));
      const line = `${method} ${url.pathname}${url.search} HTTP/1.1`;
      await writeAll(server, encoder.encode([line, ...kept].join("\r\n") + "\r\n\r\n"));
    }
    await writeAll(server, rest);
    await connect(client, server);
  }
}

/** Leads each of two connections to the other until both have ended. */
async function connect(a: Deno.Conn, b: Deno.Conn): Promise<void> {
  await Promise.allSettled([a.readable.pipeTo(b.writable), b.readable.pipeTo(a.writable)]);
}

const MAX_HEAD = 65_536;

async function readHead(connection: Deno.Conn): Promise<{ head: string; rest: Uint8Array }> {
  let bytes = new Uint8Array();
  const buffer = new Uint8Array(4096);
  while (bytes.length < MAX_HEAD) {
    const count = await connection.read(buffer);
    if (count === null) break;
    bytes = new Uint8Array([...bytes, ...buffer.subarray(0, count)]);
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: bytes.subarray(end + 4) };
  }
  throw new TypeError("Expected the head of a request");
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It has ended already.
  }
}
