/** A small server for a page that somebody looks at on this machine, and for nobody else. */

import { endServer, isCalled, isLoopback, isSame, newToken } from "./guard.ts";

/** An open server. */
export interface Loopback {
  /** Where it answers: `http://127.0.0.1:PORT/TOKEN/`. */
  base: string;
  /** Ends it. Nobody who sends slowly, or nothing, can hold that up. */
  close(): Promise<void>;
}

/** What addresses of it call this machine. */
const NAME = "127.0.0.1";

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
  const token = newToken();
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: NAME,
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, async (request) => {
    const [, found = "", what = ""] = new URL(request.url).pathname.split("/");
    const { port } = server.addr;
    const isCalledSo = isCalled(request.headers.get("host"), port, [NAME]);
    if (!isCalledSo || !isSame(found, token)) return refuse(404);
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
    base: `http://${NAME}:${server.addr.port}/${token}/`,
    close: () => endServer(server),
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
  return protocol === "vscode-webview:" || isLoopback(hostname);
}
