/** A small server for a page that somebody looks at on this machine, and for nobody else. */

/** An open server. */
export interface Loopback {
  /** Where it answers: `http://127.0.0.1:PORT/TOKEN/`. */
  base: string;
  /** Ends it. Nobody who sends slowly, or nothing, can hold that up. */
  close(): Promise<void>;
}

/** How long what is under way is waited for once the server is to end. */
const GRACE_MS = 1000;

/**
 * Serves this machine's pages. The address holds a token that only the page knows; nothing is answered
 * without it, under no name but this machine's own (DNS rebinding), and to no page of another machine.
 *
 * @param answer Answers what is asked for below the token; `undefined` where there is nothing.
 *
 * @example
 * ```ts ignore
 * const server = serveLoopback((_, what) => what === "take" ? new Response("here") : undefined);
 * console.log(await (await fetch(server.base + "take")).text());
 * await server.close();
 * ```
 */
export function serveLoopback(
  answer: (request: Request, what: string) => Promise<Response | undefined> | Response | undefined,
): Loopback {
  const token = crypto.randomUUID().replaceAll("-", "");
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, async (request) => {
    const [, found, what = ""] = new URL(request.url).pathname.split("/");
    const { port } = server.addr;
    if (request.headers.get("host") !== `127.0.0.1:${port}` || found !== token) return refuse(404);
    // The page may be another server's, as Jupyter's is; the token says that it is the right one.
    const origin = request.headers.get("origin");
    if (origin !== null && !isLocal(origin)) return refuse(403);
    const response = request.method === "OPTIONS"
      ? new Response(null, { status: 204 })
      : await answer(request, what) ?? refuse(404);
    for (const [name, value] of headersFor(origin)) response.headers.set(name, value);
    return response;
  });
  return {
    base: `http://127.0.0.1:${server.addr.port}/${token}/`,
    close: async () => {
      // Nobody gets in any more, and what goes on after that holds up no process.
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, GRACE_MS);
      await Promise.race([server.shutdown(), late]);
      clearTimeout(timer);
      server.unref();
    },
  };
}

const refuse = (status: number) => new Response(null, { status });

function headersFor(origin: string | null): [name: string, value: string][] {
  return [
    ["access-control-allow-origin", origin ?? "null"],
    ["access-control-allow-headers", "content-type"],
    ["access-control-allow-private-network", "true"],
    ["cache-control", "no-store"],
    ["cross-origin-resource-policy", "cross-origin"],
    ["x-content-type-options", "nosniff"],
    ["vary", "origin"],
  ];
}

/** Whether a page comes from this machine: a Jupyter that runs here, or VS Code. */
function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return protocol === "vscode-webview:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
