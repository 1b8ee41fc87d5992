import { QvimError } from "../io/errors.ts";
import { dirname, join } from "node:path";

/** Thrown where a repository can't be cloned; the message says which part of it is missing. */
export class GitError extends QvimError {}

/**
 * Clones a repository and checks out a commit. The folder gets its name when that is done.
 *
 * @param url An https address.
 * @param target A folder that is not there yet.
 * @param branch A branch of the repository.
 * @param commit The SHA-1 of a commit, or its beginning.
 * @throws {GitError}
 */
export async function cloneCheckout(
  url: URL,
  target: string,
  branch: string,
  commit: string,
): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: dirname(target), prefix: ".clone-" });
  try {
    const clone = join(folder, "clone");
    const cloned = await git(["clone", "--branch", branch, "--", url.href, clone]);
    if (!cloned.success) {
      if (/remote branch .* not found/i.test(cloned.said)) {
        throw new GitError(`Expected the branch ${branch} in ${url} but found none`);
      }
      throw new GitError(`Expected to clone ${url} but git said:\n${cloned.said}`);
    }
    const checkedOut = await git(["checkout", "--quiet", "--detach", `${commit}^{commit}`], clone);
    if (!checkedOut.success) {
      throw new GitError(
        `Expected the commit ${commit} in ${url} but git said:\n${checkedOut.said}`,
      );
    }
    await Deno.rename(clone, target);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** @throws {TypeError} Where the names could be taken for something else by git. */
export function checkGitNames(branch: string, commit: string): void {
  if (typeof branch !== "string" || branch === "" || /^-|[\s\0~^:?*[\\]|\.\./.test(branch)) {
    throw new TypeError(
      `Expected branch to be the name of a branch but found ${Deno.inspect(branch)}`,
    );
  }
  if (typeof commit !== "string" || !/^[0-9a-f]{7,40}$/i.test(commit)) {
    throw new TypeError(
      `Expected commitSha to be 7 to 40 hexadecimal digits but found ${Deno.inspect(commit)}`,
    );
  }
}

async function git(args: string[], cwd?: string): Promise<{ success: boolean; said: string }> {
  try {
    const { success, stderr } = await new Deno.Command("git", {
      // Whatever a repository's redirects and submodules say: nothing but https.
      args: ["-c", "protocol.allow=never", "-c", "protocol.https.allow=always", ...args],
      cwd,
      env: { GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return { success, said: new TextDecoder().decode(stderr).trim() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GitError("Expected git on this machine but found none; install it and try again");
  }
}
