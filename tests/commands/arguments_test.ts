import assert from "node:assert/strict";
import { codeNotebookText } from "../notebook/support.ts";
import { join } from "node:path";
import { defineCommand, UsageError } from "../../commands/command.ts";
import { describeFailure } from "../../lib/io/errors.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../support.ts";

for (
  const [what, args, status, message] of [
    ["no notebook", ["run"], 2, /Expected one notebook but found 0\nUsage: deno task run NOTEBOOK/],
    ["a notebook that is not there", ["run", "none.ipynb"], 1, /found no file at none\.ipynb/],
    ["an unknown option", ["run", "n.ipynb", "--dta", "x"], 2, /--dta/],
    [
      "a time that is none",
      ["run", "n.ipynb", "--timeout", "soon"],
      2,
      /--timeout to be a number of seconds/,
    ],
    [
      "a notebook of nbformat 3",
      ["run", "old.ipynb"],
      1,
      /NotebookError: .*old\.ipynb but found nbformat 3/,
    ],
    [
      "its own file as the result",
      ["run", "n.ipynb", "--out", "n.ipynb"],
      2,
      /another file than the notebook/,
    ],
    [
      "a notebook without paths",
      ["run", "n.ipynb", "--data", "x"],
      1,
      /Expected a cell that begins with/,
    ],
    ["an unknown command", ["dance"], 2, /Expected a command but found dance/],
    ["no scores", ["evaluate", "--data", "x"], 2, /Expected --scores FILE/],
    [
      "no data set",
      ["evaluate", "--data", "x", "--scores", "y"],
      1,
      /Expected the ground truth but found no file/,
    ],
  ] as [string, string[], number, RegExp][]
) {
  Deno.test(`${args[0]}: ${what} is an error with a status of its own`, () =>
    withFolder(async (folder) => {
      writeFiles(folder, { "n.ipynb": codeNotebookText("1"), "old.ipynb": '{"nbformat": 3}' });
      const { code, stdout, stderr } = await cli(args, { cwd: folder });
      assert.equal(code, status, stderr);
      assert.match(stderr, message);
      assert.equal(stdout, "");
    }));
}

Deno.test("--help lists the commands, and says what each takes, with status 0", async () => {
  const all = await cli(["--help"]);
  assert.deepEqual([all.code, all.stderr], [0, ""]);
  const tasks: Record<string, unknown> = JSON.parse(
    Deno.readTextFileSync(join(PROJECT, "deno.json")),
  ).tasks;
  const names = [...all.stdout.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  assert.ok(names.length >= 9);
  for (const name of names) assert.ok(name in tasks, `deno task ${name}`);
  const one = await cli(["evaluate", "--help"]);
  assert.deepEqual([one.code, one.stderr], [0, ""]);
  assert.ok(one.stdout.startsWith("Usage: deno task evaluate --data DIR --scores FILE [--json]\n"));
  assert.match(one.stdout, /^ {2}--scores FILE {2}the scores, query → item → number$/m);
});

const TOY = defineCommand({
  name: "toy",
  summary: "Takes one of each.",
  positionals: { usage: "FILE…", least: 1, most: 2, expected: "one or two files" },
  options: {
    data: { kind: "text", value: "DIR", required: true, help: "data" },
    also: { kind: "text", value: "DIR", many: true, help: "more data" },
    mode: { kind: "choice", choices: ["a", "b", "c"], default: "b", help: "a mode" },
    jobs: { kind: "count", value: "N", default: 1, help: "jobs" },
    wait: { kind: "seconds", value: "SECONDS", help: "a time" },
    dry: { kind: "flag", help: "do nothing" },
  },
  run(values, positionals) {
    seen = { values, positionals };
    return 0;
  },
});
let seen: unknown;

Deno.test("defineCommand() reads values of the kinds that it was told of", async () => {
  assert.equal(
    TOY.usage,
    "toy FILE… --data DIR [--also DIR] [--mode a|b|c] [--jobs N] " +
      "[--wait SECONDS] [--dry]",
  );
  await TOY.run(["x", "--data", "d", "--also", "e", "--also=f", "--jobs", "3", "--wait", "0.5"]);
  assert.deepEqual(seen, {
    values: { data: "d", also: ["e", "f"], mode: "b", jobs: 3, wait: 0.5, dry: false },
    positionals: ["x"],
  });
});

for (
  const [what, args, message] of [
    ["a missing option", ["x"], "Expected --data DIR"],
    ["an empty text", ["x", "--data", ""], "Expected --data DIR but found an empty DIR"],
    [
      "another choice",
      ["x", "--data", "d", "--mode", "z"],
      "Expected --mode a, b or c but found z",
    ],
    [
      "a count of none",
      ["x", "--data", "d", "--jobs", "0"],
      "Expected --jobs to be a whole number above 0 but found 0",
    ],
    [
      "an endless time",
      ["x", "--data", "d", "--wait", "Infinity"],
      "Expected --wait to be a number of seconds above 0 but found Infinity",
    ],
    ["no file", ["--data", "d"], "Expected one or two files but found 0"],
    ["three files", ["x", "y", "z", "--data", "d"], "Expected one or two files but found 3"],
  ] as [string, string[], string][]
) {
  Deno.test(`defineCommand() refuses ${what}`, async () => {
    await assert.rejects(TOY.run(args), { name: "UsageError", message });
  });
}

Deno.test("describeFailure() says what the system refused, of which file, without a stack", () => {
  const error = assertThrown(() => Deno.readTextFileSync("/nowhere/a.json"));
  assert.equal(
    describeFailure(error),
    "Expected to go on but there is no such file: No such file or directory (os error 2): " +
      "readfile '/nowhere/a.json'",
  );
  const bug = new TypeError("x is not a function");
  assert.equal(describeFailure(bug), bug);
  assert.equal(describeFailure(new UsageError("Expected a")), "UsageError: Expected a");
});

function assertThrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}
