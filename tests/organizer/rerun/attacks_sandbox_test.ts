/** What hostile submissions do costs their own entry and nothing else. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { readNotebook } from "../../../lib/notebook/ipynb.ts";
import { outcomeOf, type Report } from "../../../lib/organizer/report/entry.ts";
import {
  ALL_WALLS,
  ATTACKS,
  LEAVES,
  leftBy,
  stateOfMachine,
  WALLS,
  WITHOUT_A_SIZE,
  writeAttack,
  writeAttacks,
  writeWalls,
} from "../../fixtures/attacks.ts";
import { writeSubmissions } from "../../fixtures/submissions.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import { cli, PROJECT, until, withFolder } from "../../support.ts";

const bubblewrap = await hasBubblewrap();
const DATA = join(PROJECT, "data", "qvim-mini");

const isRoot = Deno.uid() === 0;
const NOBODY = 65534;

/** Whether the command can be run as nobody: by root, where nobody can read the project and Deno. */
const canBeNobody = isRoot && await new Deno.Command("setpriv", {
  args: [
    ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "env", "HOME=/tmp"],
    ...["sh", "-c", 'test -r "$0" && "$1" --version', join(PROJECT, "cli.ts"), Deno.execPath()],
  ],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

/** Runs the command as nobody, who has packages of his own in `folder`. */
async function cliAsNobody(folder: string, args: string[]): ReturnType<typeof cli> {
  const cache = join(folder, "cache");
  const { stdout: info } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
    .output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info));
  await new Deno.Command("chown", { args: ["-R", `${NOBODY}:${NOBODY}`, folder] }).output();
  Deno.mkdirSync(cache);
  Deno.chownSync(cache, NOBODY, NOBODY);
  // Hundreds of megabytes: the files are root's own, the folders, in which he could replace them, his.
  const shell =
    'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"; find "$1" -type d -exec chown $2 {} +';
  await new Deno.Command("sh", {
    args: ["-c", shell, join(denoDir, "npm"), join(cache, "npm"), `${NOBODY}:${NOBODY}`],
  }).output();
  const { code, stdout, stderr } = await new Deno.Command("setpriv", {
    args: [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
      ...[Deno.execPath(), "run", "-A", join(PROJECT, "cli.ts"), ...args],
    ],
    cwd: PROJECT,
    clearEnv: true,
    env: {
      ...{ PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder, DENO_DIR: cache, NO_COLOR: "1" },
      TMPDIR: join(folder, "tmp"),
      SECRET: "of the organizer",
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

for (const user of isRoot ? ["root", "nobody"] : ["this user"]) {
  const missing = !bubblewrap
    ? " (needs bubblewrap)"
    : user === "nobody" && !canBeNobody
    ? " (needs a project and a Deno that nobody may read)"
    : "";
  Deno.test({
    name: `as ${user}: hostile submissions cost their own entries, and an honest one is as it was` +
      missing,
    ignore: missing !== "",
    fn: () => withFolder((folder) => attack(folder, user === "nobody")),
  });
}

/** Runs all attacks, an honest submission last. */
async function attack(folder: string, asNobody: boolean): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const notebooks = join(folder, "in"), temporary = join(folder, "tmp");
  for (const path of [notebooks, temporary]) Deno.mkdirSync(path);
  writeAttacks(notebooks);
  writeWalls(notebooks, (listener.addr as Deno.NetAddr).port);
  const odd = "we\u001b[31mird_<b>|`*#?%_1";
  writeAttack(notebooks, odd, "");
  Deno.writeTextFileSync(
    join(notebooks, "nulls_1.ipynb"),
    '{"nbformat":4,"metadata":' +
      '{"kernelspec":{"language":"typescript"}},"cells":[{"cell_type":"code","source":"","outputs":[null]}]}',
  );
  Deno.writeTextFileSync(join(notebooks, "deep_1.ipynb"), "[".repeat(20_000));
  Deno.symlinkSync("/dev/zero", join(notebooks, "zeros_1.ipynb"));
  writeSubmissions(folder, ["loudness_1"]);
  Deno.renameSync(join(folder, "loudness_1.ipynb"), join(notebooks, "zz_honest_1.ipynb"));
  const report = join(folder, "report");
  const before = await stateOfMachine(temporary);
  const args = [
    ...["rerun", notebooks, "--data", DATA, "--report", report, "--jobs", "2"],
    ...["--cell-timeout", "40", "--disk", "512", "--memory", "3000", "--keep-violations"],
  ];
  const { code, stdout, stderr } = asNobody
    ? await cliAsNobody(folder, [...args, "--no-types"])
    : await cli(args, { env: { TMPDIR: temporary, SECRET: "of the organizer" } });
  assert.equal(code, 0, stderr);
  await until(() => leftBy(temporary).length === 0);
  assert.deepEqual(await stateOfMachine(temporary), before);
  const { entries } = JSON.parse(Deno.readTextFileSync(join(report, "report.json"))) as Report;
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  assert.equal(entries.length, ATTACKS.length + LEAVES.length + 6);
  for (const entry of entries) {
    const said = entry.runs[0].message ?? entry.scoresError ?? entry.executedError ?? "";
    console.log(`${entry.name.padEnd(24)} ${outcomeOf(entry)}: ${said.slice(-90)}`);
  }
  const walls = readNotebook(join(report, "notebooks", `${ALL_WALLS}.ipynb`));
  const [said] = walls.cells.find(({ id }) => id === "implementation")!.outputs!;
  assert.ok(said.output_type === "stream", JSON.stringify(said));
  console.log(said.text);
  assert.deepEqual(said.text.trim().split("\n"), WALLS.map(([name]) => `${name}: held`));
  for (const name of [ALL_WALLS, "zz_honest_1"]) {
    const { runs: [{ status, message }], scoresError } = named.get(name)!;
    assert.deepEqual([status, message, scoresError], ["finished", undefined, undefined]);
  }
  for (const [name, , outcome, remark] of ATTACKS) {
    const { runs, scoresError } = named.get(name)!;
    const [{ status, cell, message }] = runs;
    const found = `${status}${cell === undefined ? "" : ` in cell ${cell}`}`;
    assert.match(found, outcome, `${name}: ${message}`);
    assert.match(message ?? scoresError ?? "", remark, name);
  }
  for (const [name, , remark] of LEAVES) {
    const { scoresError, executedError } = named.get(name)!;
    assert.match(scoresError ?? executedError ?? "", remark, name);
  }
  for (const name of ["nulls_1", "deep_1", "zeros_1"]) {
    assert.equal(named.get(name)!.runs[0].status, "failed");
  }
  const mode = (path: string) => Deno.statSync(join(report, path)).mode! & 0o7777;
  assert.equal(mode("scores/setuid_1.json") & ~mode("report.json"), 0);
  // deno-lint-ignore no-control-regex -- what a terminal would obey
  assert.doesNotMatch(stdout + stderr, /\u001b/);
  const markdown = Deno.readTextFileSync(join(report, "report.md"));
  assert.match(markdown, /we \\\[31mird_\\<b\\>\\\|\\`\\\*#\?%_1/);
  const html = Deno.readTextFileSync(join(report, "report.html"));
  assert.match(html, /href="notebooks\/we%1B%5B31mird_%3Cb%3E%7C%60\*%23%3F%25_1\.ipynb"/);
  assert.equal(named.get("zz_honest_1")!.figures!.mrr, readGolden().figures.loudness.mrr);
}

/** Programs that the sandbox needs, without those that give a run a file system of its own. */
const FEW_PROGRAMS = ["bwrap", "sh", "prlimit", "mount", "cp", "chmod", "rm", "sleep"];

Deno.test({
  name: `where no file system of its own can be had, the watch ends what writes too much${
    bubblewrap ? "" : " (needs bubblewrap)"
  }`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const programs = join(folder, "bin"), notebooks = join(folder, "in");
      const temporary = join(folder, "tmp");
      for (const path of [programs, notebooks, temporary]) Deno.mkdirSync(path);
      for (const program of FEW_PROGRAMS) {
        const [found] = ["/usr/bin", "/bin"].map((path) => join(path, program)).filter(existsSync);
        if (found !== undefined) Deno.symlinkSync(found, join(programs, program));
      }
      const names = WITHOUT_A_SIZE.map(([name]) => name);
      writeAttacks(notebooks, ATTACKS.filter(([name]) => names.includes(name)), []);
      writeSubmissions(notebooks, ["loudness_1"]);
      const report = join(folder, "report");
      const before = await stateOfMachine(temporary);
      const { code, stderr } = await cli([
        ...["rerun", notebooks, "--data", DATA, "--report", report, "--jobs", "2"],
        ...["--disk", "512", "--memory", "3000", "--keep-violations", "--no-types"],
      ], { env: { PATH: programs, TMPDIR: temporary } });
      assert.equal(code, 0, stderr);
      await until(() => leftBy(temporary).length === 0);
      assert.deepEqual(await stateOfMachine(temporary), before);
      const found = JSON.parse(Deno.readTextFileSync(join(report, "report.json"))) as Report;
      assert.match(found.heldBy!, /files by the watch/);
      const named = new Map(found.entries.map((entry) => [entry.name, entry]));
      for (const [name, outcome, remark] of WITHOUT_A_SIZE) {
        const { runs: [{ message }] } = named.get(name)!;
        assert.match(outcomeOf(named.get(name)!), outcome, `${name}: ${message}`);
        assert.match(message ?? "", remark, name);
      }
      assert.equal(named.get("loudness_1")!.figures!.mrr, readGolden().figures.loudness.mrr);
    }),
});
