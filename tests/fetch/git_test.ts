import assert from "node:assert/strict";
import { join } from "node:path";
import { gitCloneCheckout } from "../../helpers.ts";
import { type HttpsServer, withServer } from "./https_server.ts";
import { tree, withRoot } from "./support.ts";

const COMMITTER = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];

function git(cwd: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("git", {
    args: [...COMMITTER, ...args],
    cwd,
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** A repository with two branches, served as files: git's dumb protocol. */
async function withRepository(
  use: (
    url: string,
    commits: Record<string, string>,
    root: string,
    server: HttpsServer,
  ) => Promise<void>,
) {
  await withRoot(async (root) => {
    const work = join(root, ".source"), bare = join(root, ".bare.git");
    Deno.mkdirSync(work);
    git(work, "init", "--quiet", "--initial-branch=main");
    const commit = (text: string) => {
      Deno.writeTextFileSync(join(work, "file.txt"), text);
      git(work, "add", ".");
      git(work, "commit", "--quiet", "-m", text);
      return git(work, "rev-parse", "HEAD");
    };
    const first = commit("first");
    const second = commit("second");
    git(work, "checkout", "--quiet", "-b", "side", first);
    const side = commit("side");
    git(root, "clone", "--quiet", "--bare", work, bare);
    git(bare, "update-server-info");
    Deno.removeSync(work, { recursive: true });
    await withServer(({ url }) => {
      try {
        return { body: Deno.readFileSync(join(bare, url.pathname.replace(/^\/repo\.git/, ""))) };
      } catch {
        return { status: 404 };
      }
    }, async (server) => {
      const cert = join(root, ".ca.pem");
      Deno.writeTextFileSync(cert, server.authority);
      // Git for Windows asks the system alone whom to trust, unless it is told otherwise.
      const settings = {
        GIT_SSL_CAINFO: cert,
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "http.sslBackend",
        GIT_CONFIG_VALUE_0: "openssl",
      };
      const names = Object.keys(settings).slice(0, Deno.build.os === "windows" ? undefined : 1);
      for (const name of names) Deno.env.set(name, settings[name as keyof typeof settings]);
      try {
        const url = `https://localhost:${server.port}/repo.git`;
        await use(url, { first, second, side }, root, server);
      } finally {
        for (const name of names) Deno.env.delete(name);
      }
    });
  });
}

/** What lies in the root, besides the repository and what belongs to it. */
const visible = (root: string) =>
  [...Deno.readDirSync(root)].map(({ name }) => name).filter((name) =>
    ![".bare.git", ".ca.pem"].includes(name)
  ).sort();

Deno.test("gitCloneCheckout() checks out the commit of a branch", () =>
  withRepository(async (url, { first, side }, root) => {
    await gitCloneCheckout("code/one", url, "main", first);
    await gitCloneCheckout("two", url, "side", side.slice(0, 8));
    assert.equal(Deno.readTextFileSync(join(root, "code", "one", "file.txt")), "first");
    assert.equal(Deno.readTextFileSync(join(root, "two", "file.txt")), "side");
    assert.equal(git(join(root, "code", "one"), "rev-parse", "HEAD"), first);
    assert.deepEqual(visible(root), ["code", "two"]);
    assert.deepEqual([...Deno.readDirSync(join(root, "code"))].map(({ name }) => name), ["one"]);
  }));

Deno.test("gitCloneCheckout() leaves a folder that is there alone", () =>
  withRepository(async (url, { second }, root, server) => {
    Deno.mkdirSync(join(root, "mine"));
    Deno.writeTextFileSync(join(root, "mine", "file.txt"), "my own");
    await gitCloneCheckout("mine", url, "main", second);
    assert.deepEqual(tree(join(root, "mine")), { "file.txt": "my own" });
    assert.deepEqual(server.log, []);
  }));

Deno.test("gitCloneCheckout() fails where a clone of another commit is there", () =>
  withRepository(async (url, { first, second }, root) => {
    await gitCloneCheckout("repo", url, "main", second);
    await gitCloneCheckout("repo", url, "main", second);
    await assert.rejects(gitCloneCheckout("repo", url, "main", first), (error: Error) => {
      assert.equal(error.name, "GitError");
      assert.match(error.message, /to be at the commit \w+ but found the commit \w+; remove/);
      return true;
    });
    assert.ok(Deno.statSync(join(root, "repo")).isDirectory);
  }));

for (
  const [what, branch, commit, path, message] of [
    ["branch", "none", "first", "/repo.git", /Expected the branch none in https:.* but found none/],
    [
      "commit",
      "main",
      "f".repeat(40),
      "/repo.git",
      /Expected the commit f{40} in https:.* git said/,
    ],
    [
      "repository",
      "main",
      "first",
      "/other.git",
      /Expected to clone https:.*other\.git but git said/,
    ],
  ] as const
) {
  Deno.test(`gitCloneCheckout() throws GitError where there is no such ${what}, and leaves nothing`, () =>
    withRepository(async (url, commits, root) => {
      const address = url.replace("/repo.git", path);
      const sha = (commits as Record<string, string>)[commit] ?? commit;
      await assert.rejects(gitCloneCheckout("clone", address, branch, sha), {
        name: "GitError",
        message,
      });
      assert.deepEqual(visible(root), []);
    }));
}

for (
  const [what, args, message] of [
    ["plain http", ["a", "http://example.org/r.git", "main", "1234567"], /Expected url/],
    ["a path", ["a", "/srv/r.git", "main", "1234567"], /Expected url/],
    ["ssh", ["a", "git@example.org:r.git", "main", "1234567"], /Expected url/],
    [
      "a branch that is an option",
      ["a", "https://e.org/r", "--upload-pack=x", "1234567"],
      /Expected branch/,
    ],
    [
      "a commit that is none",
      ["a", "https://e.org/r", "main", "HEAD"],
      /Expected commitSha .* "HEAD"/,
    ],
    ["a folder outside", ["../a", "https://e.org/r", "main", "1234567"], /Expected outputDir/],
  ] as [string, [string, string, string, string], RegExp][]
) {
  Deno.test(`gitCloneCheckout() throws TypeError on ${what}`, async () => {
    await assert.rejects(gitCloneCheckout(...args), { name: "TypeError", message });
  });
}
