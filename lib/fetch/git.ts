import { QvimError } from "../io/errors.ts";
import { temporaryFolder } from "../io/temporary.ts";
import { existsSync } from "node:fs";
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
  const folder = temporaryFolder(".clone-", dirname(target));
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
    await Deno.rename(clone, target).catch(async (error) => {
      // Another program may have cloned it there meanwhile.
      if (!await checkClone(target, commit)) throw error;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Whether a folder is a clone; then it must stand at the commit.
 *
 * @throws {GitError} Where it is a clone that stands at another one.
 */
export async function checkClone(folder: string, commit: string): Promise<boolean> {
  if (!existsSync(join(folder, ".git"))) return false;
  const { success, said, found } = await git(["rev-parse", "HEAD"], folder);
  if (success && found.toLowerCase().startsWith(commit.toLowerCase())) return true;
  const there = success ? `the commit ${found}` : said.split("\n")[0];
  throw new GitError(
    `Expected ${folder} to be at the commit ${commit} but found ${there}; remove the folder, or ` +
      `give another one`,
  );
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

async function git(
  args: string[],
  cwd?: string,
): Promise<{ success: boolean; said: string; found: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      // Whatever a repository's redirects and submodules say: nothing but https.
      args: ["-c", "protocol.allow=never", "-c", "protocol.https.allow=always", ...args],
      cwd,
      // Not a repository further up, in which the folder may lie.
      env: {
        GIT_TERMINAL_PROMPT: "0",
        LC_ALL: "C",
        ...(cwd && { GIT_CEILING_DIRECTORIES: dirname(cwd) }),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    return { success, said: text(stderr), found: text(stdout) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GitError("Expected git on this machine but found none; install it and try again");
  }
}
