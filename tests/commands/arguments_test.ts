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
      "a data set where reports are put together",
      ["rerun", "--merge", "x", "--report", "y", "--jobs", "1", "--data", "z"],
      2,
      /Expected --merge with --report alone but found --jobs, --data/,
    ],
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
  const { tasks } = JSON.parse(Deno.readTextFileSync(join(PROJECT, "deno.json")));
  const listed = [...all.stdout.matchAll(/^ {2}(\w+) +(.+(?:\n {3,}.+)*)/gm)]
    .map(([, name, summary]) => [name, summary.replace(/\s+/g, " ")]);
  const described = Object.entries<{ command: string; description: string }>(tasks)
    .filter(([name, { command }]) => command === `deno run -A cli.ts ${name}`)
    .map(([name, { description }]) => [name, description]);
  assert.ok(listed.length >= 13);
  assert.deepEqual(listed, described);
  const one = await cli(["evaluate", "--help"]);
  assert.deepEqual([one.code, one.stderr], [0, ""]);
  assert.ok(one.stdout.startsWith("Usage: deno task evaluate --data DIR --scores FILE [--json]\n"));
  assert.match(one.stdout, /^ {2}--scores FILE {2}the scores, query → item → number \(needed\)$/m);
});

const TOY_SPEC = {
  name: "toy",
  summary: "Takes one of each.",
  positionals: { usage: "FILE…", least: 1, most: 2, expected: "one or two files" },
  options: {
    data: { kind: "text", value: "DIR", required: true, help: "data" },
    also: { kind: "text", value: "DIR", many: true, help: "more data" },
    mode: { kind: "choice", choices: ["a", "b", "c"], default: "b", help: "a mode" },
    jobs: { kind: "count", value: "N", default: 1, help: "jobs" },
    wait: { kind: "seconds", value: "SECONDS", help: "a time" },
    shard: { kind: "shard", value: "I/N", help: "a part" },
    dry: { kind: "flag", help: "do nothing" },
  },
  run(values: unknown, positionals: string[]) {
    seen = { values, positionals };
    return 0;
  },
} as const;
const TOY = defineCommand(TOY_SPEC);
let seen: unknown;

Deno.test("defineCommand() reads values of the kinds that it was told of", async () => {
  assert.equal(
    TOY.usage,
    "toy FILE… --data DIR [options]",
  );
  const { usage } = defineCommand({ ...TOY_SPEC, options: { dry: TOY_SPEC.options.dry } });
  assert.equal(usage, "toy FILE… [--dry]");
  const args = "x --data d --also e --also=f --jobs 3 --wait 0.5 --shard 2/3 -- --dry".split(" ");
  await TOY.run(args);
  assert.deepEqual(seen, {
    values: {
      data: "d",
      also: ["e", "f"],
      mode: "b",
      jobs: 3,
      wait: 0.5,
      shard: { index: 2, count: 3 },
      dry: false,
    },
    positionals: ["x", "--dry"],
  });
});

Deno.test("a command's help says what each option is, in lines of at most 80 columns", () => {
  assert.equal(
    defineCommand({
      ...TOY_SPEC,
      summary:
        "Takes one of each, and says of all of them what they are and what they are not for.",
      details: "The modes are\n  a  the first\n\nAll others " + "are none ".repeat(9).trim() + ".",
    }).help,
    `Takes one of each, and says of all of them what they are and what they are not
for.

  --data DIR      data (needed)
  --also DIR      more data (may be given again)
  --mode a|b|c    a mode (b unless given)
  --jobs N        jobs (1 unless given)
  --wait SECONDS  a time
  --shard I/N     a part
  --dry           do nothing

The modes are
  a  the first

All others are none are none are none are none are none are none are none are
none are none.`,
  );
});

for (
  const [what, args, message] of [
    ["a missing option", ["x"], "Expected --data DIR"],
    [
      "an unknown option",
      ["x", "--dtaa", "d"],
      "Expected an option, --data, --also, --mode, --jobs, --wait, --shard or --dry, but found --dtaa",
    ],
    [
      "an option without its value",
      ["x", "--data", "--dry"],
      "Expected --data DIR but found no value; one that begins with a dash is given as --data=VALUE",
    ],
    ["a flag with a value", ["x", "--dry=yes"], "Expected --dry without a value but found one"],
    [
      "a part that is none",
      ["x", "--data", "d", "--shard", "3/2"],
      "Expected --shard I/N with I from 1 to N but found 3/2",
    ],
    ["an empty text", ["x", "--data", ""], "Expected --data DIR but found an empty DIR"],
    [
      "an empty name",
      ["x", "", "--data", "d"],
      "Expected one or two files but found an empty name",
    ],
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
  // Windows has other words, and tells a file that is not there from a folder that is not.
  const said = Deno.build.os === "windows"
    ? (error as Error).message
    : "No such file or directory (os error 2): readfile '/nowhere/a.json'";
  assert.match(said, /\(os error [23]\): readfile '\/nowhere\/a\.json'$/);
  assert.equal(describeFailure(error), `Expected to go on but there is no such file: ${said}`);
  // Of no class of Deno's.
  const long = assertThrown(() => Deno.statSync("x".repeat(5000)));
  assert.match(
    `${describeFailure(long)}`,
    /^Expected to go on but a name in its path is too long: /,
  );
  const bug = new TypeError("x is not a function");
  assert.equal(describeFailure(bug), bug);
  assert.equal(describeFailure(new UsageError("Expected a")), "UsageError: Expected a");
  // What strangers wrote neither moves the cursor nor fills the screen for hours.
  assert.equal(
    describeFailure(new UsageError("Found \x1b[2Ja\n  b")),
    "UsageError: Found  [2Ja\n  b",
  );
  const told = new UsageError(`Found ${"k".repeat(1e6)} in x.json`).message;
  assert.match(told, /^Found k{4994} … k{4990} in x\.json$/);
});

function assertThrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}
