import assert from "node:assert/strict";
import { join } from "node:path";
import { cli, PROJECT, withFolder, writeFiles } from "../support.ts";

const DATA = {
  "set/DEV Dataset.csv": "title\nLabel,Class,Items,Query 1,Query 2,Query 3\nl,c,a.wav,q.wav,,\n",
  "scores.json": `{"q.wav": {"a.wav": 0.5}}`,
};
/** Whatever began the tests: no script of npm's. */
const BY_HAND = { npm_lifecycle_event: "npx" };
const ARGS = ["evaluate", "--data", "set", "--scores", "scores.json", "--json"];

Deno.test("paths count from the folder that a task was called in, not from the package's", () =>
  withFolder(async (folder) => {
    writeFiles(folder, DATA);
    const config = join(PROJECT, "deno.json");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "--config", config, ...ARGS],
      cwd: folder,
      env: { ...BY_HAND, INIT_CWD: folder },
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(JSON.parse(new TextDecoder().decode(stdout)).mrr, 1);
  }));

Deno.test("what nobody names a place for goes to the package, wherever a task was called", () =>
  withFolder(async (folder) => {
    const { stdout } = await cli(["compare", "--help"], { env: { ...BY_HAND, INIT_CWD: folder } });
    const words = stdout.replaceAll(/\s+/g, " ");
    assert.ok(words.includes(`(${join(PROJECT, "output")} unless given)`), stdout);
    const at = await cli(["compare", "--help"], { env: { ...BY_HAND, INIT_CWD: PROJECT } });
    assert.match(at.stdout, /\(output unless given\)/);
  }));

Deno.test("paths count from where a command runs where no task, or a script of npm, began it", () =>
  withFolder(async (folder) => {
    writeFiles(folder, DATA);
    // Not in the package's folder, as it is where no task runs it.
    const here = await cli(ARGS, { cwd: folder, env: { INIT_CWD: join(folder, "set") } });
    assert.equal(here.code, 0, here.stderr);
    const others: Record<string, string>[] = [{ npm_lifecycle_event: "start" }, {
      INIT_CWD: join(folder, "gone"),
    }];
    for (const env of others) {
      const { code, stderr } = await cli(ARGS, { env: { INIT_CWD: folder, ...env } });
      assert.equal(code, 1);
      assert.match(stderr, /^DatasetError: .* no file at set.DEV Dataset\.csv/);
    }
  }));
