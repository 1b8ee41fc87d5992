/** Who may ask the server: its own page, programs of this machine, and who has the token. */
import { isCalled, isSame } from "../ui/guard.ts";
import { RequestError } from "./requests.ts";

/** What every answer tells the browser to keep to. */
export const SECURITY: Record<string, string> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    // The waveforms' library brings its styles along.
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "microphone=(self), camera=(), geolocation=()",
};

/** Turns away whom the server is not for. */
export class Guard {
  readonly #port: number;
  readonly #token?: string;

  /** @param token Asked for of everybody, where others than this machine can come. */
  constructor(port: number, token?: string) {
    this.#port = port;
    this.#token = token;
  }

  /**
   * Checks a request.
   *
   * @returns An answer, where the token comes with the address: it moves into a cookie.
   * @throws {RequestError} Where it is turned away.
   */
  check(request: Request, url: URL): Response | undefined {
    this.#checkOrigin(request, url);
    return this.#checkToken(request, url);
  }

  /** A page of another host must not use this one, under whatever name it found it (DNS rebinding). */
  #checkOrigin(request: Request, url: URL): void {
    const host = request.headers.get("host") ?? url.host;
    if (this.#token === undefined && !isCalled(host, this.#port)) {
      throw new RequestError(421, `Expected the host 127.0.0.1:${this.#port} but found another`);
    }
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site");
    const isForeign = origin !== null && origin !== `http://${host}` &&
      origin !== `https://${host}`;
    // Another page may lead here, but neither ask for sounds nor make the server search.
    const isInner = request.method !== "GET" || url.pathname.startsWith("/api/");
    const isCross = site !== null && !["same-origin", "none"].includes(site) && isInner;
    if (isForeign || isCross) throw new RequestError(403, "Expected a request of this page's own");
  }

  #checkToken(request: Request, url: URL): Response | undefined {
    if (this.#token === undefined) return undefined;
    if (isSame(url.searchParams.get("token") ?? "", this.#token)) {
      url.searchParams.delete("token");
      return new Response(null, {
        status: 303,
        headers: {
          location: url.pathname + url.search,
          "set-cookie": `qvim=${this.#token}; HttpOnly; SameSite=Strict; Path=/`,
        },
      });
    }
    const cookie = request.headers.get("cookie")?.match(/(?:^|;\s*)qvim=([0-9a-f]+)/)?.[1];
    const bearer = request.headers.get("authorization")?.replace(/^Bearer /, "");
    if (isSame(cookie ?? bearer ?? "", this.#token)) return undefined;
    throw new RequestError(401, "Expected the token: open the address that the server printed");
  }
}
