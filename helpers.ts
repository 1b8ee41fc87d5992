/** What the notebook's set-up cell fetches its code and checkpoints with, as the template's `helpers.py`. */
import { resolve } from "node:path";

let rootPath = ".";

/**
 * Sets the folder that all paths of the helpers are relative to.
 *
 * @param path The notebook's `ROOT_PATH`.
 */
export function setRootPath(path: string): void {
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Expected ROOT_PATH to be a folder's path but found ${Deno.inspect(path)}`);
  }
  rootPath = path;
}

/** The folder that all paths of the helpers are relative to, as an absolute path. */
export function getRootPath(): string {
  return resolve(rootPath);
}

export const googleDriveDownload = 0;
export const wgetDownload = 0;
export const gitCloneCheckout = 0;
export const unpackFile = 0;
