/** What a submission does costs its own entry and is told there: one batch, of which several tests ask. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { readNotebook, writeNotebook } from "../../../lib/notebook/ipynb.ts";
import { type Entry, remarksOf, type Report } from "../../../lib/organizer/report/entry.ts";
import { writeAttack } from "../../fixtures/attacks.ts";
import { writeSubmissions } from "../../fixtures/submissions.ts";
import { cli, PROJECT, withFolder } from "../../support.ts";

const bubblewrap = await hasBubblewrap();
const needs = bubblewrap ? "" : " (needs bubblewrap)";

/** Code of a set-up cell that breaks its run, with what comes of it. */
const BREAKS: [name: string, code: string, status: string, remark: RegExp][] = [
  ["kernel", `Deno.kill(Deno.pid, "SIGKILL");`, "died 12", /The kernel ended/],
  [
    "processes",
    `while (true) new Deno.Command("sleep", { args: ["100"] }).spawn();`,
    "processes 12",
    /started more than 256 processes/,
  ],
  [
    "files",
    `for (let k = 0;; k++) Deno.writeFileSync(join(ROOT_PATH, "f" + k), new Uint8Array(2 ** 24));`,
    "disk 12",
    /wrote more than 200 MiB/,
  ],
];

const LOOK = `const tried: Record<string, string> = {};
const attempt = (name: string, act: () => unknown) => {
  try { tried[name] = String(act()); } catch (error) { tried[name] = (error as Error).name; }
};
attempt("home", () => [...Deno.readDirSync(${
  JSON.stringify(Deno.env.get("HOME") ?? "/root")
})].length);
attempt("project", () => Deno.readTextFileSync(${JSON.stringify(join(PROJECT, "README.md"))}));
attempt("data", () => Deno.writeTextFileSync(join(DATA_PATH, "x"), ""));
attempt("package", () => Deno.writeTextFileSync("/package/lib/mod.ts", ""));
attempt("usr", () => Deno.writeTextFileSync("/usr/x", ""));
attempt("processes", () => [...Deno.readDirSync("/proc")].filter(({ name }) => /^\\d+$/.test(name)).length < 20);
attempt("root", () => Deno.writeTextFileSync(join(ROOT_PATH, "x"), ""));
tried.network = await fetch("http://1.1.1.1/", { signal: AbortSignal.timeout(3000) })
  .then(() => "there", () => "none");
console.log(JSON.stringify(tried));`;

const SPY =
  `const quietly = async (f: () => unknown) => { try { await f(); } catch { /* denied */ } };
await quietly(() => Deno.readTextFileSync("/etc/passwd"));
await quietly(() => Deno.readTextFileSync(join(DATA_PATH, "DEV Dataset.csv")));
await quietly(() => Deno.connect({ hostname: "192.0.2.1", port: 443 }));
await quietly(() => Deno.dlopen("/root_path/evil.so", {}));
// Where the machine stands still, one of many steps is missed by who looks, not all.
await quietly(() => new Deno.Command("sh", { args: ["-c", "for i in 1 2 3 4 5 6 7 8; do sleep 0.05; done"] }).outputSync());
for (let k = 0; k < 5; k++) await quietly(() => new Deno.Command("true").outputSync());`;

const FOLDER = Deno.makeTempDirSync({ prefix: "qvim-test-" });
Deno.test.afterAll(() => Deno.removeSync(FOLDER, { recursive: true }));

/** What came of the batch. */
interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  entries: Map<string, Entry>;
  /** What is left in its folder for temporary files. */
  left: string[];
}

let outcome: Promise<Outcome> | undefined;

/** Runs the batch, once. */
function runAll(): Promise<Outcome> {
  return outcome ??= (async () => {
    const notebooks = join(FOLDER, "in"), temporary = join(FOLDER, "tmp");
    for (const path of [notebooks, temporary]) Deno.mkdirSync(path);
    writeSubmissions(notebooks, ["loudness_1"]);
    for (const [name, code] of BREAKS) {
      const notebook = readNotebook(join(notebooks, "loudness_1.ipynb"));
      const setup = notebook.cells.find(({ id }) => id === "setup")!;
      setup.source = `// TODO: SETUP YOUR PROJECT HERE.\n${code}`;
      writeNotebook(join(notebooks, `${name}_1.ipynb`), notebook);
    }
    writeAttack(notebooks, "look_1", LOOK);
    writeAttack(notebooks, "spy_1", SPY);
    writeAttack(notebooks, "writer_1", 'Deno.writeTextFileSync(join(ROOT_PATH, "a"), "");');
    Deno.writeTextFileSync(join(notebooks, "broken_1.ipynb"), "{");
    const report = join(FOLDER, "report");
    const done = await cli([
      ...["rerun", notebooks, "--data", join(PROJECT, "data", "qvim-mini"), "--report", report],
      ...["--jobs", "2", "--disk", "200", "--keep-violations", "--no-types"],
    ], { env: { TMPDIR: temporary } });
    const { entries }: Report = JSON.parse(Deno.readTextFileSync(join(report, "report.json")));
    return {
      ...done,
      entries: new Map(entries.map((entry) => [entry.name, entry])),
      left: Array.from(Deno.readDirSync(temporary), ({ name }) => name),
    };
  })();
}

/** The status and the cell of an entry's run. */
function briefly(entry: Entry | undefined): string {
  const [{ status, cell }] = entry!.runs;
  return `${status}${cell === undefined ? "" : ` ${cell}`}`;
}

for (const [name, code, status, remark] of BREAKS) {
  Deno.test({
    name: `rerun ends ${code}${needs}`,
    ignore: !bubblewrap,
    fn: async () => {
      const { code: exit, stdout, stderr, entries, left } = await runAll();
      assert.equal(exit, 0, stderr);
      const entry = entries.get(`${name}_1`)!;
      assert.equal(briefly(entry), status, entry.runs[0].message);
      const line = stdout.split("\n").find((line) => line.startsWith(`${name}_1 `))!;
      assert.match(line, remark);
      assert.equal(briefly(entries.get("loudness_1")), "finished");
      assert.deepEqual(left, []);
    },
  });
}

Deno.test({
  name:
    `the sandbox shows a notebook no home, no other processes and no answers, and lets it write to its root alone${needs}`,
  ignore: !bubblewrap,
  fn: async () => {
    await runAll();
    const executed = readNotebook(join(FOLDER, "report", "notebooks", "look_1.ipynb"));
    const output = executed.cells.find(({ id }) => id === "implementation")!.outputs![0];
    assert.ok(output.output_type === "stream");
    assert.deepEqual(JSON.parse(output.text), {
      home: "NotFound",
      project: "NotFound",
      data: "Error",
      package: "Error",
      usr: "Error",
      processes: "true",
      root: "undefined",
      network: "none",
    });
  },
});

Deno.test({
  name: `rerun tells what cells tried to read, reach and start, and nothing of honest ones${needs}`,
  ignore: !bubblewrap,
  fn: async () => {
    const { entries } = await runAll();
    for (const name of ["loudness_1", "writer_1"]) {
      assert.equal(entries.get(name)!.runs[0].attempts, undefined);
    }
    const { attempts } = entries.get("spy_1")!.runs[0];
    for (
      const expected of [
        "cell 14 tried to read /etc/passwd",
        "cell 14 tried to read /data/DEV Dataset.csv",
        "cell 14 tried to reach 192.0.2.1:443",
        "cell 14 loaded native code from /root_path/evil.so",
      ]
    ) assert.ok(attempts!.includes(expected), `${attempts}`);
    assert.ok(
      attempts!.some((text) => /^cell 14 started \S*sh -c for .*sleep 0\.05; done$/.test(text)),
    );
    assert.ok(remarksOf(entries.get("spy_1")!).includes("cell 14 tried to read /etc/passwd"));
    assert.match(
      Deno.readTextFileSync(join(FOLDER, "report", "report.html")),
      /tried to read .*\/etc\/passwd/,
    );
  },
});

Deno.test({
  name: `rerun goes on after a file that is no notebook${needs}`,
  ignore: !bubblewrap,
  fn: async () => {
    const { stdout, entries } = await runAll();
    assert.equal(briefly(entries.get("broken_1")), "failed 0");
    assert.match(stdout, /broken_1 .*Expected /);
    assert.equal(briefly(entries.get("loudness_1")), "finished");
  },
});

Deno.test("verify goes on after a file that is no notebook", () =>
  withFolder(async (folder) => {
    const broken = join(folder, "broken_1.ipynb");
    Deno.writeTextFileSync(broken, "{");
    writeSubmissions(folder, ["loudness_1"]);
    const verified = await cli(["verify", "--no-types", broken, join(folder, "loudness_1.ipynb")]);
    assert.equal(verified.code, 1);
    assert.match(verified.stdout, /syntax .*broken_1\.ipynb/);
    assert.match(verified.stdout, /loudness_1\.ipynb: nothing found/);
  }));
