import assert from "node:assert/strict";
import { join } from "node:path";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { readNotebook, writeNotebook } from "../../../lib/notebook/ipynb.ts";
import { writeSubmissions } from "../../fixtures/submissions.ts";
import { withServer } from "../../fetch/https_server.ts";
import { cli, PROJECT, withFolder } from "../../support.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import type { Entry, Report } from "../../../lib/organizer/report/entry.ts";

const SUBMISSIONS = Deno.makeTempDirSync({ prefix: "qvim-test-" });
writeSubmissions(SUBMISSIONS);
Deno.test.afterAll(() => Deno.removeSync(SUBMISSIONS, { recursive: true }));

const DATA = join(PROJECT, "data", "qvim-mini");
const bubblewrap = await hasBubblewrap();
const needs = bubblewrap ? "" : " (needs bubblewrap)";

/** What is left behind by runs, in the system's temporary folder. */
function leftovers(): string[] {
  const temporary = Deno.env.get("TMPDIR") ?? "/tmp";
  return [...Deno.readDirSync(temporary)].map(({ name }) => name)
    .filter((name) => /^qvim-rerun-/.test(name)).sort();
}

async function rerun(report: string, notebooks: string[], ...options: string[]) {
  const result = await cli([
    "rerun",
    ...notebooks,
    ...["--data", DATA, "--report", report],
    ...options,
  ]);
  const text = () => Deno.readTextFileSync(join(report, "report.json"));
  return {
    ...result,
    entries: () =>
      new Map((JSON.parse(text()) as Report).entries.map((entry) => [entry.name, entry])),
  };
}

function briefly(entry: Entry): string {
  const [{ status, cell }] = entry.runs;
  return `${status}${cell === undefined ? "" : ` ${cell}`}`;
}

const EXPECTED: Record<string, string> = {
  loudness_1: "finished",
  dft_1: "finished",
  metric_1: "finished",
  extra_1: "finished",
  names_1: "finished",
  writer_1: "finished",
  // The folder that it changes to is its own: verification alone can tell.
  alias_1: "finished",
  answers_1: "failed 19",
  mobilenet_1: "failed 12",
  memory_1: "memory 19",
  endless_1: "timeout 19",
};

for (const sandbox of [true, false]) {
  Deno.test({
    name: `rerun ranks eleven submissions and catches what must be caught, ${
      sandbox ? "in a sandbox" : "without one"
    }`,
    ignore: sandbox && !bubblewrap,
    fn: () =>
      withFolder(async (folder) => {
        const before = leftovers();
        const options = ["--jobs", "2", "--timeout", "40", "--memory", "2500"];
        if (!sandbox) options.push("--no-sandbox");
        const { code, stdout, stderr, entries } = await rerun(folder, [SUBMISSIONS], ...options);
        assert.equal(code, 0, stderr);
        const found = entries();
        for (const [name, expected] of Object.entries(EXPECTED)) {
          const entry = found.get(name)!;
          assert.equal(briefly(entry), expected, `${name}: ${entry.runs[0].message}`);
        }
        const mrr = (name: string) => found.get(name)!.figures!.mrr;
        assert.ok(Math.abs(mrr("dft_1") - readGolden().pandas.mrr) < 5e-5, `${mrr("dft_1")}`);
        // The cell that prints 0.99 is the notebook's; the figure is the organizer's.
        assert.equal(mrr("metric_1"), mrr("loudness_1"));
        assert.match(stdout, /metric_1 .*says MRR 0\.99 of itself/);
        assert.ok(mrr("names_1") < 0.35, `${mrr("names_1")}`);
        assert.ok(stdout.indexOf("dft_1") < stdout.indexOf("loudness_1"));
        assert.match(stdout, /memory_1 .*memory in cell 19.*took more than 2500 MiB/);
        assert.ok(found.get("loudness_1")!.executed);
        const executed = readNotebook(join(folder, "notebooks", "loudness_1.ipynb"));
        const printed = executed.cells.find(({ id }) => id === "list-files")!.outputs!;
        assert.match(JSON.stringify(printed), /Total item files: 24/);
        assert.deepEqual(leftovers(), before);
        assert.match(
          Deno.readTextFileSync(join(folder, "report.md")),
          /\| \d \| loudness_1 \| 0\.\d+ .* \| look \|.*same results as alias_1, extra_1/,
        );
      }),
  });
}

const notebook = (name: string) => join(SUBMISSIONS, `${name}.ipynb`);

Deno.test({
  name: `rerun shows who reads names, repeats, and goes on where it stopped${needs}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const options = ["--both", "--repeat", "2"];
      const first = await rerun(folder, [notebook("names_1")], ...options);
      const entry = first.entries().get("names_1")!;
      assert.ok(entry.namedMrr! > 0.9, `${entry.namedMrr}`);
      assert.equal(entry.runs.length, 2);
      assert.equal(entry.repeatDifference, 0);
      assert.match(first.stdout, /it reads them/);
      const second = await rerun(
        folder,
        [notebook("names_1"), notebook("loudness_1")],
        ...options,
        "--resume",
      );
      assert.match(second.stderr, /^1 of 1: loudness_1 finished/m);
      assert.deepEqual(second.entries().get("names_1")!.runs, entry.runs);
    }),
});

/** A submission with code in its set-up cell and in its implementation. */
function submission(folder: string, setup: string, implementation: string): string {
  const honest = readNotebook(notebook("loudness_1"));
  for (const cell of honest.cells) {
    if (cell.id === "setup") cell.source = `// TODO: SETUP YOUR PROJECT HERE.\n${setup}`;
    if (cell.id === "implementation") cell.source += `\n${implementation}`;
  }
  const path = join(folder, "team_1.ipynb");
  writeNotebook(path, honest);
  return path;
}

Deno.test({
  name:
    "the sandbox shows a notebook no home, no other processes and no answers, and lets it write to its root alone",
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const look = `
const tried: Record<string, string> = {};
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
      const path = submission(folder, "", look);
      const { code, stderr } = await rerun(join(folder, "report"), [path]);
      assert.equal(code, 0, stderr);
      const executed = readNotebook(join(folder, "report", "notebooks", "team_1.ipynb"));
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
    }),
});

Deno.test({
  name:
    `--network setup gives the set-up cell HTTPS and no data, and all others the opposite${needs}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      await withServer(() => ({ body: "weights" }), async (server) => {
        const host = `localhost:${server.port}`;
        const address = `https://${host}/`;
        const path = submission(
          folder,
          `const target = join(ROOT_PATH, "w.txt");
if (!existsSync(target)) {
  const client = Deno.createHttpClient({ caCerts: [${JSON.stringify(server.authority)}] });
  Deno.writeTextFileSync(target, await (await fetch("${address}", { client })).text());
  Deno.writeTextFileSync(join(ROOT_PATH, "seen.txt"), String(listItems(DATA_PATH).length));
  const plain = await fetch("http://127.0.0.1:1/").then((r) => r.status, () => "refused");
  const closed = await fetch("https://10.0.0.1/").then((r) => r.status, () => "refused");
  const registry = join("/deno_cache/npm", [...Deno.readDirSync("/deno_cache/npm")][0].name);
  const csv = join(registry, "csv-parse");
  const [version] = [...Deno.readDirSync(csv)].filter((it) => it.isDirectory);
  let poisoned = "poisoned";
  try { Deno.writeTextFileSync(join(csv, version.name, "package.json"), "{}"); } catch { poisoned = "kept"; }
  Deno.mkdirSync(join(registry, "own"));
  Deno.writeTextFileSync(join(ROOT_PATH, "closed.txt"), plain + " " + closed + " " + poisoned);
}`,
          `console.log(Deno.readTextFileSync(join(ROOT_PATH, "w.txt")),
  Deno.readTextFileSync(join(ROOT_PATH, "seen.txt")),
  Deno.readTextFileSync(join(ROOT_PATH, "closed.txt")), listItems(DATA_PATH).length,
  await fetch("${address}").then(() => "there", () => "gone"));`,
        );
        const { code, stderr, stdout } = await rerun(
          join(folder, "report"),
          [path],
          ...["--network", "setup", "--allow-host", host],
        );
        assert.equal(code, 0, stderr);
        assert.match(stdout, /fetched from localhost/);
      });
      const executed = readNotebook(join(folder, "report", "notebooks", "team_1.ipynb"));
      const [output] = executed.cells.find(({ id }) => id === "implementation")!.outputs!;
      assert.ok(output.output_type === "stream", JSON.stringify(output));
      assert.equal(output.text, "weights 0 refused refused kept 24 gone\n");
    }),
});

const BREAKS: [code: string, status: string, remark: RegExp][] = [
  [`Deno.kill(Deno.pid, "SIGKILL");`, "died", /The kernel ended/],
  [
    `while (true) new Deno.Command("sleep", { args: ["100"] }).spawn();`,
    "processes",
    /started more than 256 processes/,
  ],
  [
    `for (let k = 0;; k++) Deno.writeFileSync(join(ROOT_PATH, "f" + k), new Uint8Array(2 ** 24));`,
    "disk",
    /wrote more than 200 MiB/,
  ],
];

for (const [code, status, remark] of BREAKS) {
  Deno.test({
    name: `rerun ends ${code}${needs}`,
    ignore: !bubblewrap,
    fn: () =>
      withFolder(async (folder) => {
        const before = leftovers();
        const path = submission(folder, code, "");
        const { code: exit, stdout, entries } = await rerun(
          join(folder, "report"),
          [path, notebook("loudness_1")],
          ...["--disk", "200", "--timeout", "30"],
        );
        assert.equal(exit, 0);
        assert.deepEqual(briefly(entries().get("team_1")!), `${status} 12`);
        assert.match(stdout, remark);
        assert.equal(briefly(entries().get("loudness_1")!), "finished");
        assert.deepEqual(leftovers(), before);
      }),
  });
}

Deno.test({
  name: `rerun and verify go on after a file that is no notebook${needs}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const broken = join(folder, "broken_1.ipynb");
      Deno.writeTextFileSync(broken, "{");
      const { code, stdout, entries } = await rerun(
        join(folder, "report"),
        [broken, notebook("loudness_1")],
      );
      assert.equal(code, 0);
      assert.equal(briefly(entries().get("broken_1")!), "failed 0");
      assert.match(stdout, /broken_1 .*Expected /);
      assert.equal(briefly(entries().get("loudness_1")!), "finished");
      const verified = await cli(["verify", "--no-types", broken, notebook("loudness_1")]);
      assert.equal(verified.code, 1);
      assert.match(verified.stdout, /syntax .*broken_1\.ipynb/);
      assert.match(verified.stdout, /loudness_1\.ipynb: nothing found/);
    }),
});

Deno.test("rerun asks for bubblewrap or for --no-sandbox, and for the right options", async () => {
  const bad = await cli([
    "rerun",
    notebook("dft_1"),
    "--data",
    DATA,
    "--report",
    "x",
    "--network",
    "on",
  ]);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /Expected --network none, setup or full but found on/);
  const none = await cli(["rerun", notebook("dft_1"), "--data", DATA, "--report", "x"], {
    env: { PATH: "/nowhere" },
  });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^Expected bubblewrap.*--no-sandbox$/m);
});
