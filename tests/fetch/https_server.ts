/** Fetched when it is first needed: what a literal names comes into the lock, and to everybody. */
const SELFSIGNED = ["npm:selfsigned", "5.5.0"].join("@");

/** A request, as far as the tests look at it. */
export interface Request {
  host: string;
  path: string;
  url: URL;
  headers: Map<string, string>;
}

/** An answer, written as it is: also one whose headers lie. */
export interface Answer {
  status?: number;
  headers?: Record<string, string | number | undefined>;
  body?: Uint8Array | string;
  /** Close the connection after this many bytes of the body. */
  cutAt?: number;
  /** Keep the connection open and silent after the body, until this is settled. */
  hang?: Promise<void>;
}

/** An HTTPS server on loopback that plays all hosts. */
export interface HttpsServer {
  /** The requests that came, as `host path`. */
  log: string[];
  port: number;
  /** The certificate of the authority that a client has to trust. */
  authority: string;
  /** A `fetch` that finds every host on this server; plain http is reported, never sent. */
  fetch: typeof globalThis.fetch;
}

let certificates: Promise<{ authority: string; cert: string; key: string }> | undefined;

/** Makes an authority and a certificate of `localhost` that it vouches for. */
async function makeCertificates(): Promise<{ authority: string; cert: string; key: string }> {
  const { default: selfsigned } = await import(SELFSIGNED);
  const authority = await selfsigned.generate([{ name: "commonName", value: "Test authority" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  const server = await selfsigned.generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] },
    ],
  });
  return { authority: authority.cert, cert: server.cert, key: server.private };
}

/** Runs a server while `use` does, with a certificate made for the tests. */
export async function withServer(
  answer: (request: Request) => Answer | Promise<Answer>,
  use: (server: HttpsServer) => Promise<void>,
): Promise<void> {
  const { authority, cert, key } = await (certificates ??= makeCertificates());
  const log: string[] = [];
  const connections = new Set<Deno.TlsConn>();
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serve(connection, log, answer).catch(() => {}).finally(() => {
        connections.delete(connection);
        close(connection);
      });
    }
  })().catch(() => {});
  const client = Deno.createHttpClient({ caCerts: [authority], poolMaxIdlePerHost: 0 });
  const fetchHere: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    if (url.protocol !== "https:") throw new Error(`left https: ${url}`);
    const here = new URL(url.pathname + url.search, `https://localhost:${port}`);
    const headers = { ...init?.headers as Record<string, string>, "x-host": url.host };
    return await fetch(here, { ...init, headers, client });
  };
  try {
    await use({ log, port, authority, fetch: fetchHere });
  } finally {
    client.close();
    listener.close();
    connections.forEach(close);
    await serving;
  }
}

function close(connection: Deno.TlsConn) {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

async function serve(
  connection: Deno.TlsConn,
  log: string[],
  answer: (request: Request) => Answer | Promise<Answer>,
) {
  let text = "";
  const chunk = new Uint8Array(4096), decoder = new TextDecoder();
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(chunk);
    if (count === null) return;
    text += decoder.decode(chunk.subarray(0, count));
  }
  const [first, ...lines] = text.split("\r\n\r\n")[0].split("\r\n");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const path = first.split(" ")[1];
  const host = headers.get("x-host") ?? "localhost";
  log.push(`${host} ${path}`);
  const { status = 200, headers: out = {}, body = "", cutAt, hang } = await answer({
    host,
    path,
    url: new URL(path, `https://${host}`),
    headers,
  });
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const head = [`HTTP/1.1 ${status} Status`, "connection: close"];
  if (!("content-length" in out)) head.push(`content-length: ${bytes.length}`);
  for (const [name, value] of Object.entries(out)) head.push(`${name}: ${value}`);
  await write(connection, new TextEncoder().encode(head.join("\r\n") + "\r\n\r\n"));
  await write(connection, bytes.subarray(0, cutAt));
  // Or until the other side gives up.
  if (hang) await Promise.race([connection.read(chunk), hang]);
}

async function write(connection: Deno.TlsConn, bytes: Uint8Array) {
  let written = 0;
  while (written < bytes.length) written += await connection.write(bytes.subarray(written));
}
