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

/** How many connections are led at a time, and to how many hosts: a submission could ask for any number. */
const MOST_CONNECTIONS = 64;
const MOST_HOSTS = 256;

/** The proxy outside. */
export class SetupProxy {
  readonly #listener: Deno.UnixListener;
  readonly #open = new Set<Deno.Conn>();
  #clients = 0;
  #isClosed = false;

  readonly #allowed: string[];
  /** Host → bytes that came from it. */
  readonly received = new Map<string, number>();

  /**
   * @param socket Where it listens.
   * @param allowed The only hosts that it leads to, where any are given; one that is named with its port
   * may be a private one, and the port another than that of HTTPS.
   */
  constructor(socket: string, allowed: string[] = []) {
    this.#allowed = allowed;
    this.#listener = Deno.listen({ transport: "unix", path: socket });
    // It ends when it is closed; where it ends before that, the set-up cell has no network any more.
    this.#accept().catch(() => {});
  }

  /** Ends it, and all that goes through it. */
  close(): void {
    this.#isClosed = true;
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
      if (this.#clients >= MOST_CONNECTIONS) {
        closeQuietly(client);
        continue;
      }
      this.#clients++;
      this.#open.add(client);
      this.#serve(client).catch(() => {}).finally(() => {
        this.#clients--;
        this.#end(client);
      });
    }
  }

  #end(connection: Deno.Conn): void {
    this.#open.delete(connection);
    closeQuietly(connection);
  }

  /** CONNECT alone (RFC 9110), to the port of HTTPS: what is fetched can't be changed on its way. */
  async #serve(client: Deno.Conn): Promise<void> {
    const { head, rest } = await readHead(client);
    const answer = (text: string) => writeAll(client, new TextEncoder().encode(`${text}\r\n\r\n`));
    const target = targetOf(head);
    if (target === undefined) return await answer("HTTP/1.1 403 Only HTTPS");
    const { hostname, port } = target;
    const isNamed = this.#allowed.includes(`${hostname}:${port}`);
    const isAllowed = this.#allowed.length === 0 || isNamed || this.#allowed.includes(hostname);
    if (!isAllowed) return await answer("HTTP/1.1 403 Host not allowed");
    if (!isNamed && port !== 443) return await answer("HTTP/1.1 403 Only port 443");
    if (!this.received.has(hostname) && this.received.size >= MOST_HOSTS) {
      return await answer("HTTP/1.1 403 Too many hosts");
    }
    const address = isNamed ? hostname : await publicAddress(hostname);
    if (address === undefined) return await answer("HTTP/1.1 403 No public address");
    // The very address that was looked at: a name may stand for another one by now.
    const server = await Deno.connect({ hostname: address, port }).catch(() => undefined);
    if (server === undefined) return await answer("HTTP/1.1 502 Nobody answers there");
    this.#open.add(server);
    try {
      if (this.#isClosed) return;
      this.received.set(hostname, this.received.get(hostname) ?? 0);
      await answer("HTTP/1.1 200 OK");
      await writeAll(server, rest);
      await connect(client, server, (bytes) => {
        this.received.set(hostname, this.received.get(hostname)! + bytes);
      });
    } finally {
      this.#end(server);
    }
  }
}

/** The host and port that the head of a request asks to be connected with. */
function targetOf(head: string): { hostname: string; port: number } | undefined {
  const [method, target = ""] = head.split("\r\n")[0].split(" ");
  if (method !== "CONNECT") return undefined;
  return hostAndPort(target);
}

/** What HOST:PORT names: as a browser reads it, in lower case, numbers as addresses, no user. */
function hostAndPort(text: string): { hostname: string; port: number } | undefined {
  const [, host, port]: (string | undefined)[] = text.match(/^(.+):(\d{1,5})$/) ?? [];
  if (host === undefined || !URL.canParse(`http://${host}`)) return undefined;
  const { hostname, href } = new URL(`http://${host}`);
  // A user, a port, a path and whatever else an address may have would stand there as well.
  if (href !== `http://${hostname}/` || Number(port) > 65535) return undefined;
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/**
 * A host that a set-up cell may reach, in the words in which the proxy looks it up.
 *
 * @param text HOST, or HOST:PORT; an address of IPv6 in brackets.
 * @returns Undefined where it is neither.
 */
export function allowedHost(text: string): string | undefined {
  // A pattern would be taken for a name, which no host has.
  if (text.includes("*")) return undefined;
  const named = hostAndPort(text);
  if (named !== undefined) return `${named.hostname}:${named.port}`;
  return hostAndPort(`${text}:443`)?.hostname;
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

/** Of IPv6 only what is handed out for global use … */
const GLOBAL = new BlockList();
GLOBAL.addSubnet("2000::", 3, "ipv6");
/** … but nothing that wraps an address of IPv4, or is for protocols, benchmarks and examples. */
const SPECIAL = new BlockList();
for (
  const [network, bits] of [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["2002::", 16],
    ["3fff::", 20],
  ] as const
) SPECIAL.addSubnet(network, bits, "ipv6");

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  const kind = isIP(address);
  if (kind === 4) return !PRIVATE.check(address, "ipv4");
  return kind === 6 && GLOBAL.check(address, "ipv6") && !SPECIAL.check(address, "ipv6");
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
