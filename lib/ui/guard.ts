/** What servers of this machine look at before they answer, and how they end. */

/** What browsers call this machine. */
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
/** The port that addresses leave out. */
const USUAL_PORT = 80;
/** How long what is under way is waited for once a server is to end. */
const GRACE_MS = 1000;

/** Whether a name or an address leads to this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host) || host === "::1";
}

/**
 * Whether a request is to this machine by a name of its own. A page of another host may have found the
 * server under that host's name (DNS rebinding), which the browser then takes for the page's own.
 *
 * @param host The request's header.
 * @param port Where the server listens.
 * @param names What it is called.
 */
export function isCalled(host: string | null, port: number, names: string[] = LOOPBACK): boolean {
  return names.some((name) => host === `${name}:${port}` || (host === name && port === USUAL_PORT));
}

/** A text that nobody can guess: 32 hexadecimal digits. */
export function newToken(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i);
  return difference === 0;
}

/** Ends a server. Nobody who sends or takes slowly, or not at all, can hold that up. */
export async function endServer(server: Deno.HttpServer): Promise<void> {
  // Nobody gets in any more, and what goes on after that holds up no process.
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GRACE_MS);
  await Promise.race([server.shutdown(), late]);
  clearTimeout(timer);
  server.unref();
}
