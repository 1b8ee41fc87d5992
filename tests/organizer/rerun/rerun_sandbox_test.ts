import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { sharedCache } from "../../../lib/organizer/rerun/cache.ts";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { readNotebook, writeNotebook } from "../../../lib/notebook/ipynb.ts";
import { writeSubmissions } from "../../fixtures/submissions.ts";
import { type Answer, type Request, withServer } from "../../fetch/https_server.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../../support.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import type { Entry, Report } from "../../../lib/organizer/report/entry.ts";

const SUBMISSIONS = Deno.makeTempDirSync({ prefix: "qvim-test-" });
writeSubmissions(SUBMISSIONS);
Deno.test.afterAll(() => Deno.removeSync(SUBMISSIONS, { recursive: true }));

const notebook = (name: string) => join(SUBMISSIONS, `${name}.ipynb`);

const DATA = join(PROJECT, "data", "qvim-mini");
const bubblewrap = await hasBubblewrap();
const needs = bubblewrap ? "" : " (needs bubblewrap)";

async function rerun(report: string, notebooks: string[], ...options: string[]) {
  const temporary = Deno.makeTempDirSync({ prefix: "qvim-test-" });
  const result = await cli(
    ["rerun", ...notebooks, ...["--data", DATA, "--report", report], ...options],
    { env: { TMPDIR: temporary } },
  );
  // What runs leave behind is removed: this could not be otherwise.
  Deno.removeSync(temporary);
  const transpiled = join(await sharedCache(), "gen", "file", temporary);
  assert.ok(!existsSync(transpiled) || [...Deno.readDirSync(transpiled)].length === 0);
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
};

/**
 * Runs a submission that never ends. @returns What came of it, in a time in which a machine that is busy
 * comes to the cell that it does not come out of.
 */
async function runEndless(folder: string, options: string[]): Promise<string> {
  for (let seconds = 15;; seconds *= 2) {
    const timeout = ["--timeout", `${seconds}`];
    const { code, stderr, entries } = await rerun(
      join(folder, `within_${seconds}`),
      [notebook("endless_1")],
      ...options,
      ...timeout,
    );
    assert.equal(code, 0, stderr);
    const found = briefly(entries().get("endless_1")!);
    if (!/^timeout (?!19)/.test(found) || seconds > 200) return found;
  }
}

for (const sandbox of [true, false]) {
  Deno.test({
    name: `rerun ranks ten submissions, and catches what must be caught and one that never ends, ${
      sandbox ? "in a sandbox" : "without one"
    }`,
    ignore: sandbox && !bubblewrap,
    fn: () =>
      withFolder(async (folder) => {
        const options = ["--jobs", "2", "--memory", "2500", "--no-types"];
        if (!sandbox) options.push("--no-sandbox");
        // What waits for its end does so beside the others.
        const [endless, { code, stdout, stderr, entries }] = await Promise.all([
          runEndless(folder, options),
          rerun(folder, Object.keys(EXPECTED).toSorted().map(notebook), ...options),
        ]);
        assert.equal(code, 0, stderr);
        assert.equal(endless, "timeout 19");
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
        assert.match(
          Deno.readTextFileSync(join(folder, "report.md")),
          /\| \d \| loudness_1 \| 0\.\d+ .* \| look \|.*same results as alias_1, extra_1/,
        );
      }),
  });
}

Deno.test({
  name: `rerun shows who reads names, repeats, and goes on where it stopped${needs}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const options = ["--both", "--repeat", "2", "--no-types"];
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

/** Files to be fetched: an archive, and a repository as Git serves it by files alone. @returns Its commit. */
function makeFiles(folder: string): string {
  writeFiles(folder, { "work/weights.txt": "1 2 3" });
  const run = (program: string, ...args: string[]) => {
    const { success, stdout, stderr } = new Deno.Command(program, { args, cwd: folder })
      .outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  };
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  run("tar", "-cf", "a.tar", "work");
  run("git", "init", "--quiet", "--initial-branch=main", "work");
  run("git", "-C", "work", "add", ".");
  run("git", "-C", "work", ...identity, "commit", "--quiet", "-m", "first");
  run("git", "clone", "--quiet", "--bare", "work", "code.git");
  run("git", "-C", "code.git", "update-server-info");
  return run("git", "-C", "work", "rev-parse", "HEAD");
}

const git = await new Deno.Command("git", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);
const missing = [...bubblewrap ? [] : ["bubblewrap"], ...git ? [] : ["git"]];

Deno.test({
  name: `--network setup gives the set-up cell HTTPS and no data, and all others the opposite${
    missing.length > 0 ? ` (needs ${missing.join(", ")})` : ""
  }`,
  ignore: missing.length > 0,
  fn: () =>
    withFolder(async (folder) => {
      const files = join(folder, "files"), commit = makeFiles(files);
      // Where a link leads that it leaves in place of its notebook.
      const victim = join(folder, "victim");
      Deno.writeTextFileSync(victim, "as it was");
      const answer = ({ url: { pathname: path } }: Request): Answer =>
        path === "/away"
          ? { status: 302, headers: { location: "https://10.0.0.1/" } }
          : path === "/"
          ? { body: "weights" }
          : existsSync(join(files, path))
          ? { body: Deno.readFileSync(join(files, path)) }
          : { status: 404 };
      await withServer(answer, async (server) => {
        const host = `localhost:${server.port}`;
        const address = `https://${host}/`;
        const path = submission(
          folder,
          `const target = join(ROOT_PATH, "w.txt");
const client = Deno.createHttpClient({ caCerts: [${JSON.stringify(server.authority)}] });
const trusting = { fetch: (input, init) => fetch(input, { ...init, client }) };
await wgetDownload("a.tar", "${address}a.tar", ".", trusting);
await unpackFile("a.tar", "unpacked");
Deno.writeTextFileSync(join(ROOT_PATH, "authority.pem"), ${JSON.stringify(server.authority)});
Deno.env.set("GIT_SSL_CAINFO", join(ROOT_PATH, "authority.pem"));
await gitCloneCheckout("code", "${address}code.git", "main", "${commit}");
if (!existsSync(target)) {
  Deno.writeTextFileSync(target, await (await fetch("${address}", { client })).text());
  Deno.writeTextFileSync(join(ROOT_PATH, "seen.txt"), String(listItems(DATA_PATH).length));
  const plain = await fetch("http://127.0.0.1:1/").then((r) => r.status, () => "refused");
  const closed = await fetch("https://10.0.0.1/").then((r) => r.status, () => "refused");
  const away = await fetch("${address}away", { client }).then((r) => r.status, () => "refused");
  const registry = join("/deno_cache/npm", [...Deno.readDirSync("/deno_cache/npm")][0].name);
  const csv = join(registry, "csv-parse");
  const [version] = [...Deno.readDirSync(csv)].filter((it) => it.isDirectory);
  let poisoned = "poisoned";
  try { Deno.writeTextFileSync(join(csv, version.name, "package.json"), "{}"); } catch { poisoned = "kept"; }
  Deno.mkdirSync(join(registry, "own"));
  Deno.removeSync(join(ROOT_PATH, "team_1.ipynb"));
  Deno.symlinkSync(${JSON.stringify(victim)}, join(ROOT_PATH, "team_1.ipynb"));
  Deno.writeTextFileSync(join(ROOT_PATH, "closed.txt"), plain + " " + closed + " " + away + " " + poisoned);
}`,
          `console.log(Deno.readTextFileSync(join(ROOT_PATH, "w.txt")),
  Deno.readTextFileSync(join(ROOT_PATH, "seen.txt")),
  Deno.readTextFileSync(join(ROOT_PATH, "closed.txt")), listItems(DATA_PATH).length,
  await fetch("${address}").then(() => "there", () => "gone"));`,
        );
        const { code, stderr, stdout } = await rerun(
          join(folder, "report"),
          [path],
          ...["--network", "setup", "--allow-host", host, "--no-types"],
        );
        assert.equal(code, 0, stderr);
        assert.match(stdout, /fetched from localhost/);
        assert.equal(Deno.readTextFileSync(victim), "as it was");
        // What the set-up cell may do is no attempt at anything.
        assert.doesNotMatch(stdout, /cell 12/);
      });
      const executed = readNotebook(join(folder, "report", "notebooks", "team_1.ipynb"));
      const [output] = executed.cells.find(({ id }) => id === "implementation")!.outputs!;
      assert.ok(output.output_type === "stream", JSON.stringify(output));
      assert.equal(output.text, "weights 0 refused refused refused kept 24 gone\n");
      // The second time, without the network.
      const { outputs } = executed.cells.find(({ id }) => id === "setup")!;
      const said = outputs!.map((it) => it.output_type === "stream" ? it.text : "").join("");
      assert.deepEqual(said.match(/.*is there already.*/g), [
        "/root_path/a.tar is there already, and the network does not reach its server",
        "What /root_path/a.tar holds is there already, in /root_path/unpacked",
        `code is there already, at ${commit}`,
      ]);
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
  for (
    const [args, message] of [
      [["--allow-host", "a.org"], /Expected --allow-host with --network setup and a sandbox/],
      [["--network", "setup", "--no-sandbox", "--allow-host", "a.org"], /and a sandbox/],
      [["--network", "setup", "--allow-host", "https://a.org"], /HOST:PORT but found https:/],
      [["--both", "--no-blind"], /Expected --both without --no-blind/],
      [["--merge", "part-1"], /Expected --merge without notebooks but found .*dft_1/],
      // Of GiB, as one might think: all submissions would be said to have died.
      [["--memory", "8"], /Expected --memory to be a whole number of 768 or more but found 8/],
    ] as const
  ) {
    const wrong = await cli(["rerun", notebook("dft_1"), "--data", DATA, "--report", "x", ...args]);
    assert.equal(wrong.code, 2, `${args}`);
    assert.match(wrong.stderr, message);
  }
  const none = await cli(["rerun", notebook("dft_1"), "--data", DATA, "--report", "x"], {
    env: { PATH: "/nowhere" },
  });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^Expected bubblewrap.*--no-sandbox$/m);
});

Deno.test({
  name: `rerun runs by a Deno of another name, and shows the cells nothing beside it${needs}`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const deno = join(folder, "deno-2"), report = join(folder, "report");
      Deno.copyFileSync(Deno.execPath(), deno);
      const path = join(folder, "looks_1.ipynb");
      const looks = readNotebook(notebook("loudness_1"));
      looks.cells.find(({ id }) => id === "setup")!.source +=
        '\nconsole.log([...Deno.readDirSync("/deno_program")].map(({ name }) => name));';
      writeNotebook(path, looks);
      const { success, stderr } = await new Deno.Command(deno, {
        args: [
          ...["run", "-A", join(PROJECT, "cli.ts"), "rerun", path, "--data", DATA],
          ...["--report", report, "--no-types", "--keep-violations"],
        ],
        cwd: PROJECT,
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const { entries: [entry] }: Report = JSON.parse(
        Deno.readTextFileSync(join(report, "report.json")),
      );
      assert.equal(briefly(entry), "finished", entry.runs[0].message);
      const executed = Deno.readTextFileSync(join(report, entry.executed!));
      assert.match(executed, /\[ \\"deno\\" \]/);
    }),
});
