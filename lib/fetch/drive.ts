import { parse } from "node-html-parser";
import { DownloadError, followRedirects, type RequestOptions } from "./http.ts";

const HOST = "drive.google.com";

/** What a share link says. */
export interface DriveLink {
  id: string;
  /** Some older files need it beside their id. */
  resourceKey?: string;
}

/**
 * Reads a share link of Google Drive, in any of its shapes: `/file/d/ID/view`, `open?id=ID`,
 * `uc?id=ID`, with a `resourcekey`.
 *
 * @throws {TypeError} Where it names no file.
 */
export function parseDriveLink(url: URL): DriveLink {
  const id = url.pathname.match(/\/file\/(?:u\/\d+\/)?d\/([\w-]+)/)?.[1] ??
    url.pathname.match(/\/d\/([\w-]+)/)?.[1] ?? url.searchParams.get("id");
  if (url.host !== HOST || !id || !/^[\w-]+$/.test(id)) {
    throw new TypeError(`Expected sharedUrl to be the link of a file on Drive but found ${url}`);
  }
  return { id, resourceKey: url.searchParams.get("resourcekey") ?? undefined };
}

/**
 * The address from which Drive sends the file itself: for a large file the one behind the page that
 * says that it can't be scanned for viruses.
 *
 * @throws {DownloadError} Where Drive shows another page instead; the message says which.
 */
export async function resolveDriveUrl(link: DriveLink, options: RequestOptions): Promise<URL> {
  const url = new URL(`https://${HOST}/uc?export=download`);
  url.searchParams.set("id", link.id);
  if (link.resourceKey) url.searchParams.set("resourcekey", link.resourceKey);
  const { response, url: answered } = await followRedirects(url, options);
  const type = response.headers.get("content-type") ?? "";
  if (response.status === 200 && !type.startsWith("text/html")) {
    await response.body?.cancel();
    return url;
  }
  const page = await response.text();
  return confirmedUrl(page, answered) ?? fail(page, response.status, link);
}

/** Where the form of the "can't scan for viruses" page leads, or `undefined` on another page. */
function confirmedUrl(page: string, base: URL): URL | undefined {
  const document = parse(page);
  const form = document.querySelector("form#download-form") ??
    document.querySelector('form[action*="download"]');
  const action = form?.getAttribute("action");
  if (form && action) {
    const url = new URL(action, base);
    for (const input of form.querySelectorAll("input[name]")) {
      url.searchParams.set(input.getAttribute("name")!, input.getAttribute("value") ?? "");
    }
    return onlyHttps(url);
  }
  // The page's older shape: a link with the token in it.
  const href = document.querySelector('a[href*="confirm="]')?.getAttribute("href");
  return href ? onlyHttps(new URL(href, base)) : undefined;
}

function onlyHttps(url: URL): URL {
  if (url.protocol === "https:") return url;
  throw new DownloadError(`Expected Drive's download page to stay on https but found ${url}`);
}

function fail(page: string, status: number, { id }: DriveLink): never {
  const text = parse(page).textContent.replace(/\s+/g, " ");
  const found = (what: string) => new DownloadError(`Expected the file ${id} on Drive but ${what}`);
  if (/quota (has been )?exceeded|too many users have viewed or downloaded/i.test(text)) {
    throw found("its download quota is exceeded: too many people fetched it; try again tomorrow");
  }
  if (status === 404) throw found("found none: the link is wrong or the file was deleted");
  if (
    status === 401 || status === 403 ||
    /you need access|request access|sign in|access denied|need permission/i.test(text)
  ) {
    throw found('it is not public: share it with "anyone with the link"');
  }
  throw found(`found a web page with status ${status}: ${text.trim().slice(0, 200)}`);
}
