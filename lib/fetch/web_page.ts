/** Servers answer with a page, and status 200, where they have no file or want to be asked again. */
import { DownloadError } from "./http.ts";
import type { PartialFile } from "./partial_file.ts";

/** How much of a file is looked at to tell a page from it. */
const SNIFF_BYTES = 512;

/**
 * @param target The path that the file is to have: a page is what is wanted where it says so.
 * @throws {DownloadError} Where the server calls a page what it sends.
 */
export async function expectNoPageType(
  response: Response,
  target: string,
  url: URL | string,
): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  if (mayBePage(target) || !/^(text\/html|application\/xhtml)/i.test(type)) return;
  await response.body?.cancel();
  throw pageError(url);
}

/** @throws {DownloadError} Where what has come is a page, whatever the server called it. */
export async function expectNoPage(
  file: PartialFile,
  target: string,
  url: URL | string,
): Promise<void> {
  if (mayBePage(target)) return;
  const beginning = new TextDecoder().decode(await file.head(SNIFF_BYTES)).trimStart();
  if (/^(<!doctype html|<html)/i.test(beginning)) throw pageError(url);
}

function mayBePage(target: string): boolean {
  return /\.html?$/i.test(target);
}

function pageError(url: URL | string): DownloadError {
  return new DownloadError(`Expected a file at ${url} but found a web page`);
}
