/**
 * What the notebook's set-up cell fetches its code and checkpoints with, as the template's
 * `helpers.py`: from Google Drive, from the web and from Git, and unpacking. All paths are relative
 * to the root that the notebook sets.
 *
 * @example
 * ```ts ignore
 * setRootPath(ROOT_PATH);
 * await wgetDownload("model.zip", "https://example.org/model.zip", "checkpoints");
 * await unpackFile("checkpoints/model.zip", "checkpoints");
 * ```
 */
import { join, resolve } from "node:path";
import { checkUrl, resolveBelow, resolveFile } from "./lib/fetch/arguments.ts";
import { type DatasetName, fetchDataset } from "./lib/fetch/datasets.ts";
import { download } from "./lib/fetch/download.ts";
import type { DownloadOptions } from "./lib/fetch/download_job.ts";
import { parseDriveLink, resolveDriveUrl } from "./lib/fetch/drive.ts";
import { checkClone, checkGitNames, cloneCheckout } from "./lib/fetch/git.ts";
import { unpack, type UnpackOptions } from "./lib/fetch/unpack.ts";

export type { DatasetName, DownloadOptions, UnpackOptions };

let rootPath = ".";

/**
 * Sets the folder that all paths of the helpers are relative to.
 *
 * @param path The notebook's `ROOT_PATH`.
 *
 * @example
 * ```ts
 * import { getRootPath, setRootPath } from "qvim/helpers";
 *
 * setRootPath("/tmp/run");
 * if (getRootPath() !== "/tmp/run") throw new Error(getRootPath());
 * setRootPath(".");
 * ```
 */
export function setRootPath(path: string): void {
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Expected ROOT_PATH to be a folder's path but found ${Deno.inspect(path)}`);
  }
  rootPath = path;
}

/** The folder that all paths of the helpers are relative to, as an absolute path. *
 * @example
 * ```ts
 * import { getRootPath } from "qvim/helpers";
 *
 * if (getRootPath() !== Deno.cwd()) throw new Error(getRootPath());
 * ```
 */
export function getRootPath(): string {
  return resolve(rootPath);
}

/**
 * Downloads a file that is shared on Google Drive with "anyone with the link".
 *
 * @param filename What it is called here.
 * @param sharedUrl A share link in any of its shapes.
 * @param relativeDir The folder below the root that it goes to; the root itself unless given.
 * @throws {TypeError} Where an argument is wrong.
 * @throws {DownloadError} Where Drive does not give it, or not whole.
 *
 * @example
 * ```ts ignore
 * await googleDriveDownload(
 *   "model.zip",
 *   "https://drive.google.com/file/d/1a2B3c4D5e6F7g8H9i0J/view?usp=sharing",
 *   "checkpoints",
 * );
 * ```
 */
export async function googleDriveDownload(
  filename: string,
  sharedUrl: string,
  relativeDir = ".",
  options: DownloadOptions = {},
): Promise<void> {
  const target = resolveFile(getRootPath(), relativeDir, filename);
  const link = parseDriveLink(checkUrl("sharedUrl", sharedUrl, "drive.google.com"));
  await download((request) => resolveDriveUrl(link, request), target, options);
}

/**
 * Downloads a file from a public https address.
 *
 * @param filename What it is called here.
 * @param sharedUrl The address.
 * @param relativeDir The folder below the root that it goes to; the root itself unless given.
 * @throws {TypeError} Where an argument is wrong.
 * @throws {DownloadError} Where it does not come, or not whole.
 *
 * @example
 * ```ts ignore
 * await wgetDownload("model.zip", "https://example.org/model.zip", "checkpoints");
 * ```
 */
export async function wgetDownload(
  filename: string,
  sharedUrl: string,
  relativeDir = ".",
  options: DownloadOptions = {},
): Promise<void> {
  const target = resolveFile(getRootPath(), relativeDir, filename);
  const url = checkUrl("sharedUrl", sharedUrl);
  await download(() => Promise.resolve(url), target, options);
}

/**
 * Clones a public repository and checks out a commit; what is there already is left alone.
 *
 * @param outputDir The folder below the root that the clone goes to.
 * @param url The repository's https address.
 * @param branch The branch that the commit is on.
 * @param commitSha The commit: 7 to 40 hexadecimal digits.
 * @throws {TypeError} Where an argument is wrong.
 * @throws {GitError} Where there is no such repository, branch or commit, or a clone of another commit is there.
 *
 * @example
 * ```ts ignore
 * await gitCloneCheckout("code", "https://github.com/user/model.git", "main", "1a2b3c4");
 * ```
 */
export async function gitCloneCheckout(
  outputDir: string,
  url: string,
  branch: string,
  commitSha: string,
): Promise<void> {
  const target = resolveBelow(getRootPath(), "outputDir", outputDir);
  const address = checkUrl("url", url);
  checkGitNames(branch, commitSha);
  if (await Deno.lstat(target).then(() => true, () => false)) {
    const isClone = await checkClone(target, commitSha);
    const what = isClone ? `at ${commitSha}` : "no clone of Git's, and is left as it is";
    console.log(`${outputDir} is there already, ${what}`);
    return;
  }
  await cloneCheckout(address, target, branch, commitSha);
  console.log(`Cloned ${address} at ${commitSha} to ${target}`);
}

/**
 * Unpacks a `.zip`, `.tar`, `.tar.gz`, `.tgz`, `.tar.xz`, `.txz` or plain `.gz` file.
 *
 * @param filePath The archive, relative to the root.
 * @param outputDir The folder below the root that its entries go to.
 * @throws {TypeError} Where an argument is wrong.
 * @throws {ArchiveError} Where it is broken, or would write elsewhere or without end.
 *
 * @example
 * ```ts ignore
 * await unpackFile("checkpoints/model.zip", "checkpoints");
 * ```
 */
export async function unpackFile(
  filePath: string,
  outputDir: string,
  options: UnpackOptions = {},
): Promise<void> {
  const root = getRootPath();
  const archive = resolveBelow(root, "filePath", filePath);
  const target = resolveBelow(root, "outputDir", outputDir);
  const isNew = await unpack(archive, target, options);
  console.log(
    isNew
      ? `Unpacked ${archive} to ${target}`
      : `What ${archive} holds is there already, in ${target}`,
  );
}

/**
 * Downloads one of the organizers' data sets to `data/NAME` below the root, where the notebook looks
 * for it, and checks that it is whole.
 *
 * @param name The development set of the challenge, or the training set VimSketch.
 * @throws {DownloadError} Where the network does not reach it.
 *
 * @example
 * ```ts ignore
 * await downloadDataset("qvim-dev");
 * ```
 */
export async function downloadDataset(
  name: DatasetName,
  options: DownloadOptions & UnpackOptions = {},
): Promise<void> {
  console.log(await fetchDataset(name, join(getRootPath(), "data"), options));
}
