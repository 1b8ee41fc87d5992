import { join, resolve, sep } from "node:path";

/**
 * A file inside a folder below the root.
 *
 * @param root The root, an absolute path.
 * @param relativeDir A folder below it; `.` for the root itself.
 * @param filename A name without a folder.
 * @throws {TypeError} Where one of them is not so; the message names the argument.
 */
export function resolveFile(root: string, relativeDir: string, filename: string): string {
  const isName = typeof filename === "string" && filename !== "" && !/[/\\\0]/.test(filename) &&
    filename !== "." && filename !== "..";
  if (!isName) {
    throw new TypeError(
      `Expected filename to be a name without folders but found ${Deno.inspect(filename)}`,
    );
  }
  return join(resolveBelow(root, "relativeDir", relativeDir), filename);
}

/**
 * A path below the root.
 *
 * @param argument What errors call it.
 * @throws {TypeError} Where it is absolute or climbs out of the root.
 */
export function resolveBelow(root: string, argument: string, path: string): string {
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Expected ${argument} to be a path but found ${Deno.inspect(path)}`);
  }
  const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(path);
  const full = resolve(root, path);
  if (isAbsolute || path.includes("\0") || (full !== root && !full.startsWith(withSlash(root)))) {
    throw new TypeError(
      `Expected ${argument} to be a path below the root, relative to it, but found ` +
        Deno.inspect(path),
    );
  }
  return full;
}

function withSlash(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

/**
 * @param argument What errors call it.
 * @param host The only host that is allowed; any unless given.
 * @throws {TypeError} Where `url` is no https URL, or one of another host.
 */
export function checkUrl(argument: string, url: string, host?: string): URL {
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  if (parsed?.protocol !== "https:" || (host !== undefined && parsed.host !== host)) {
    throw new TypeError(
      `Expected ${argument} to be a URL that begins with https://${host ?? ""} but found ` +
        Deno.inspect(url),
    );
  }
  return parsed;
}
