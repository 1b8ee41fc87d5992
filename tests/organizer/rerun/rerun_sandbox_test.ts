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

async function rerun(report: string, notebooks: string[], ...options: string[]) {
  const temporary = Deno.makeTempDirSync({ prefix: "qvim-test-" });
  const result = await cli(
    ["rerun", ...notebooks, ...["--data", DATA, "--report", report], ...options],
    { env: { TMPDIR: temporary } },
  );
  // What runs leave behind is removed: this could not be otherwise.
  Deno.removeSync(temporary);
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

/** What waits for its end first: the others are run meanwhile. */
const inOrder = ["endless_1", ...Object.keys(EXPECTED).filter((name) => name !== "endless_1")]
  .map((name) => join(SUBMISSIONS, `${name}.ipynb`));

for (const sandbox of [true, false]) {
  Deno.test({
    name: `rerun ranks eleven submissions and catches what must be caught, ${
      sandbox ? "in a sandbox" : "without one"
    }`,
    ignore: sandbox && !bubblewrap,
    fn: () =>
      withFolder(async (folder) => {
        const options = ["--jobs", "2", "--timeout", "40", "--memory", "2500"];
        if (!sandbox) options.push("--no-sandbox");
        const { code, stdout, stderr, entries } = await rerun(folder, inOrder, ...options);
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
