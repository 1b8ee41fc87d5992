/**
 * The network of a set-up cell: a proxy outside the sandbox that is closed when the cell has ended, and
 * a relay inside that leads to it through a socket of the file system, the only thing that both see.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
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

  readonly #allowed: string[];
  /** Host → bytes that came from it. */
  readonly received = new Map<string, number>();

  /**
   * @param socket Where it listens.
   * @param allowed The only hosts that it leads to, where any are given; those may be private ones.
   */
  constructor(socket: string, allowed: string[] = []) {
    this.#allowed = allowed;
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

  /** CONNECT alone (RFC 9110), to the port of HTTPS: what is fetched can't be changed on its way. */
  async #serve(client: Deno.Conn): Promise<void> {
    const { head, rest } = await readHead(client);
    const [method, target] = head.split("\r\n")[0].split(" ");
    const refuse = async (why: string) => {
      await writeAll(client, new TextEncoder().encode(`HTTP/1.1 403 ${why}\r\n\r\n`));
      closeQuietly(client);
    };
    if (method !== "CONNECT") return await refuse("Only HTTPS");
    const url = new URL(`http://${target}`);
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const isNamed = this.#allowed.includes(hostname) || this.#allowed.includes(url.host);
    if (this.#allowed.length > 0 && !isNamed) return await refuse("Host not allowed");
    if (!isNamed && Number(url.port || 443) !== 443) return await refuse("Only port 443");
    const address = isNamed ? hostname : await publicAddress(hostname);
    if (address === undefined) return await refuse("No public address");
    // The very address that was looked at: a name may stand for another one by now.
    const server = await Deno.connect({ hostname: address, port: Number(url.port || 443) });
    this.#open.add(server);
    await writeAll(client, new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    await writeAll(server, rest);
    await connect(client, server, (bytes) => {
      this.received.set(hostname, (this.received.get(hostname) ?? 0) + bytes);
    });
  }
}

/** An address of a host, where all of its addresses are public. */
async function publicAddress(hostname: string): Promise<string | undefined> {
  let addresses = [hostname];
  if (isIP(hostname) === 0) {
    const found = await lookup(hostname, { all: true }).catch(() => []);
    addresses = found.map(({ address }) => address);
  }
  return addresses.length > 0 && addresses.every(isPublic) ? addresses[0] : undefined;
}

/** Networks that are no part of the public internet (RFC 6890, and what came later). */
const PRIVATE = new BlockList();
for (
  const [network, bits] of [
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ] as const
) PRIVATE.addSubnet(network, bits, "ipv4");

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !PRIVATE.check(address, "ipv4");
  // Of IPv6 only what is handed out for global use, and nothing that wraps an address of IPv4.
  return kind === 6 && /^[23][0-9a-f]{3}:/i.test(address) &&
    !/^(2001:0?0?0?[0-9a-f]?:|2001:db8:|2002:|3fff:)/i.test(address);
}

/** Leads each of two connections to the other until both have ended. */
async function connect(
  a: Deno.Conn,
  b: Deno.Conn,
  count: (bytes: number) => void = () => {},
): Promise<void> {
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      count(chunk.length);
      controller.enqueue(chunk);
    },
  });
  await Promise.allSettled([
    a.readable.pipeTo(b.writable),
    b.readable.pipeThrough(counter).pipeTo(a.writable),
  ]);
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
