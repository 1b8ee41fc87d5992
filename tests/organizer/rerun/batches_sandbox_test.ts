/** Batches on several machines, on several data sets, and two at once. */
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import { hasBubblewrap } from "../../../lib/organizer/rerun/sandbox.ts";
import { lock } from "../../../lib/organizer/rerun/lock.ts";
import type { Report } from "../../../lib/organizer/report/entry.ts";
import { readNotebook, writeNotebook } from "../../../lib/notebook/ipynb.ts";
import { writeCoarse, writeSubmissions } from "../../fixtures/submissions.ts";
import { MISSING_MOUNT, withSmallDisk } from "../../small_disk.ts";
import { readGolden } from "../../../tools/qvim_mini/references.ts";
import { cli, PROJECT, withFolder, writeFiles } from "../../support.ts";

const bubblewrap = await hasBubblewrap();
const DATA = join(PROJECT, "data", "qvim-mini");

/**
 * A report as all its files have it, without what two batches can't have in common: when they ran, how
 * long, how they were called, and names that are drawn anew for each.
 */
function comparable(folder: string, name: string): { json: Report; texts: string[] } {
  const text = (file: string) => Deno.readTextFileSync(join(folder, name, file));
  const json: Report = JSON.parse(text("report.json"));
  const figures = json.entries.flatMap(({ runs, scoresHash }) => [
    ...runs.flatMap(({ seconds, peakMemory }) => [
      seconds.toFixed(1),
      (peakMemory / 2 ** 20).toFixed(0),
    ]),
    scoresHash ?? "",
  ]);
  const own = [json.date!, json.commandLine!.join(" "), ...figures];
  delete json.date;
  delete json.commandLine;
  for (const entry of json.entries) {
    delete entry.scoresHash;
    for (const run of entry.runs) run.seconds = run.peakMemory = 0;
  }
  // Charts are drawn from the figures, and number their parts.
  const texts = ["report.md", "report.html"].map((file) =>
    own.filter((word) => word !== "").reduce(
      (text, word) =>
        text.replace(new RegExp(`(?<![\\w.])${RegExp.escape(word)}(?![\\w.])`, "g"), "…"),
      text(file).replaceAll(/<(style|svg)[ >].*?<\/\1>/gs, ""),
    )
  );
  return { json, texts };
}

/** The names of all files below a folder, in order. */
function filesOf(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesOf(join(folder, name)).map((inner) => `${name}/${inner}`) : [name]
  ).sort();
}

Deno.test({
  name: `two re-runs into one folder, shards and their merger${
    bubblewrap ? "" : " (needs bubblewrap)"
  }`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      const notebooks = join(folder, "in");
      Deno.mkdirSync(notebooks);
      writeSubmissions(notebooks, ["loudness_1", "names_1", "metric_1"]);
      writeCoarse(notebooks, "coarse_1");
      // Of another team, and one that is no notebook: what is said of them needs all parts.
      Deno.copyFileSync(join(notebooks, "loudness_1.ipynb"), join(notebooks, "twin_1.ipynb"));
      Deno.writeTextFileSync(join(notebooks, "broken_1.ipynb"), "{}");
      // What an earlier batch has left of one that comes to nothing now.
      writeFiles(join(folder, "whole"), {
        "notebooks/broken_1.ipynb": "{}",
        "scores/broken_1.json": "{}",
        "scores/broken_1.top10.csv": "",
      });
      const run = (report: string, ...options: string[]) =>
        cli([
          ...["rerun", notebooks, "--data", DATA, "--report", join(folder, report), "--no-types"],
          ...options,
        ]);
      // As Slurm starts the tasks of an array.
      const part = (task: number) =>
        new Deno.Command(join(PROJECT, "docs", "cluster", "rerun.slurm.sh"), {
          args: ["--no-types"],
          cwd: PROJECT,
          env: {
            ...{ NOTEBOOKS: notebooks, DATA, REPORTS: folder },
            ...{ SLURM_ARRAY_TASK_ID: `${task}`, SLURM_ARRAY_TASK_COUNT: "2" },
          },
        }).output();
      const [whole, first, second] = await Promise.all([
        run("whole"),
        part(1),
        part(2),
      ]);
      assert.deepEqual([whole.code, first.code, second.code], [0, 0, 0], whole.stderr);
      const merged = await cli([
        ...["rerun", "--report", join(folder, "merged")],
        ...["--merge", join(folder, "part-1"), "--merge", join(folder, "part-2")],
      ]);
      assert.equal(merged.code, 0, merged.stderr);
      assert.deepEqual(comparable(folder, "merged"), comparable(folder, "whole"));
      assert.deepEqual(filesOf(join(folder, "merged")), filesOf(join(folder, "whole")));
      const letGo = lock(join(folder, "whole"));
      const refused = await run("whole");
      letGo();
      assert.equal(refused.code, 1);
      assert.ok(
        refused.stderr.includes(`another re-run (process ${Deno.pid} on ${hostname()}) is writing`),
        refused.stderr,
      );
    }),
});

Deno.test({
  name: `further data sets, one without answers, and one batch without types${
    bubblewrap ? "" : " (needs bubblewrap)"
  }`,
  ignore: !bubblewrap,
  fn: () =>
    withFolder(async (folder) => {
      writeSubmissions(folder, ["loudness_1"]);
      const bare = join(folder, "bare");
      Deno.mkdirSync(bare);
      for (const part of ["Items", "Queries"]) Deno.symlinkSync(join(DATA, part), join(bare, part));
      const notebook = join(folder, "loudness_1.ipynb");
      const amiss = readNotebook(notebook);
      amiss.cells.find(({ id }) => id === "setup")!.source += "\nconst rank: string = 3;";
      writeNotebook(notebook, amiss);
      const rerun = (report: string, ...options: string[]) =>
        cli(["rerun", notebook, "--report", join(folder, report), ...options]);
      const [both, none] = await Promise.all([
        rerun("both", "--data", DATA, "--data", DATA),
        rerun("none", "--data", bare, "--no-types"),
      ]);
      assert.deepEqual([both.code, none.code], [0, 0], both.stderr + none.stderr);
      const whole = (name: string): Report =>
        JSON.parse(Deno.readTextFileSync(join(folder, name, "report.json")));
      const read = (name: string) => whole(name).entries[0];
      assert.deepEqual([whole("both").types, whole("none").types], [true, false]);
      assert.deepEqual(read("both").findings.map(({ rule }) => rule), ["types"]);
      assert.deepEqual(read("none").findings, []);
      const [other] = read("both").others!;
      assert.equal(other.figures!.mrr, read("both").figures!.mrr);
      assert.deepEqual(other.runs!.map(({ status }) => status), ["finished"]);
      const best = Deno.readTextFileSync(join(folder, "none", read("none").best!)).split("\n");
      assert.equal(best[0], "query,rank,item,score");
      assert.equal(best.length, 1 + 57 * 10 + 1);
    }),
});

Deno.test("a batch that was spoiled is gone on from: all of it is run again, and then kept", () =>
  withFolder(async (folder) => {
    writeSubmissions(folder, ["loudness_1"]);
    writeCoarse(folder, "coarse_1");
    const [honest, hostile] = ["loudness_1", "coarse_1"].map((name) =>
      join(folder, `${name}.ipynb`)
    );
    const notebook = readNotebook(hostile);
    const setup = notebook.cells.find(({ id }) => id === "setup")!;
    // Without a sandbox it can write where all others read.
    setup.source += `
const items = join(DATA_PATH, "Items");
Deno.writeTextFileSync(join(items, "further.wav"), "no sound");`;
    writeNotebook(hostile, notebook);
    const rerun = (...notebooks: string[]) =>
      cli([
        ...["rerun", ...notebooks, "--data", DATA, "--report", join(folder, "report")],
        ...["--no-sandbox", "--no-types", "--resume"],
      ]);
    const read = (file: string) => Deno.readTextFileSync(join(folder, "report", file));
    const origins = () =>
      (JSON.parse(read("report.json")) as Report).entries.map(({ name, origin }) => [name, origin]);

    const spoiled = await rerun(honest, hostile);
    assert.equal(spoiled.code, 1, spoiled.stderr);
    assert.match(
      spoiled.stderr,
      /Expected what the runs used .*Items\/further\.wav.*Believe no figure/s,
    );
    assert.match(read("report.md"), /Believe no figure/);
    assert.deepEqual(origins(), [["loudness_1", undefined], ["coarse_1", undefined]]);

    const again = await rerun(honest);
    assert.equal(again.code, 0, again.stderr);
    assert.match(
      again.stderr,
      /^loudness_1 is run again: what the runs used was changed while it ran$/m,
    );
    assert.deepEqual(origins(), [["loudness_1", "again"]]);
    assert.match(read("report.md"), /^- Run again: loudness_1$/m);
    assert.doesNotMatch(read("report.md"), /Believe no figure/);
    const { entries: [{ runs, figures }] } = JSON.parse(read("report.json")) as Report;
    assert.equal(figures!.mrr, readGolden().figures.loudness.mrr);

    const kept = await rerun(honest, hostile);
    assert.equal(kept.code, 1, kept.stderr);
    assert.match(kept.stderr, /^Kept 1 of 2 entries of the earlier report$/m);
    assert.deepEqual(origins(), [["loudness_1", "kept"], ["coarse_1", undefined]]);
    assert.match(read("report.md"), /^- Kept of an earlier batch: loudness_1$/m);
    assert.deepEqual((JSON.parse(read("report.json")) as Report).entries[0].runs, runs);
  }));

Deno.test({
  name:
    `a disk that has no room for a run ends the batch, and no submission is blamed${MISSING_MOUNT}`,
  ignore: MISSING_MOUNT !== "",
  fn: () =>
    withFolder(async (folder) => {
      writeSubmissions(folder, ["loudness_1"]);
      const report = join(folder, "report");
      const rerun = (temporary: string) =>
        cli([
          ...["rerun", join(folder, "loudness_1.ipynb"), "--data", DATA, "--report", report],
          ...["--no-sandbox", "--no-types", "--resume"],
        ], { env: { TMPDIR: temporary } });
      const entry = () =>
        (JSON.parse(Deno.readTextFileSync(join(report, "report.json"))) as Report).entries[0];
      // The sounds find room in it, but not the package beside them.
      await withSmallDisk(6, async (disk) => {
        const { code, stderr } = await rerun(disk);
        assert.equal(code, 1, stderr);
        const full = "Expected to prepare a run but could not: No space left on device";
        for (const seconds of [1, 5, 10]) {
          assert.ok(
            stderr.includes(`\nloudness_1 is tried again in ${seconds} s. ${full}`),
            stderr,
          );
        }
        assert.ok(stderr.includes(`BatchError: ${full}`), stderr);
        assert.deepEqual([...Deno.readDirSync(disk)], []);
      });
      assert.deepEqual(entry().runs, []);
      const { code, stderr } = await rerun(folder);
      assert.equal(code, 0, stderr);
      assert.equal(entry().runs[0].status, "finished");
    }),
});
