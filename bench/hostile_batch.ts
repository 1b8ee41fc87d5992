/**
 * A batch as an organizer gets it: forty submissions, ten of them hostile, two at a time. Prints what
 * became of each, and fails unless every honest one has its known MRR and the machine is as it was.
 *
 *     deno run -A bench/hostile_batch.ts
 */
import { join } from "node:path";
import { outcomeOf, type Report } from "../lib/organizer/report/entry.ts";
import { ATTACKS, LEAVES, stateOfMachine, writeAttacks } from "../tests/fixtures/attacks.ts";
import { writeSubmissions } from "../tests/fixtures/submissions.ts";
import { cli, PROJECT, withFolder } from "../tests/support.ts";

const HOSTILE = [
  ...["forger_1", "unlinked_1", "forks_1", "daemon_1", "killer_1", "all_stop_1", "deep_folders_1"],
  ...["link_1", "pipe_1", "shut_1"],
];
const HONEST = 30;

await withFolder(async (folder) => {
  const notebooks = join(folder, "in"), report = join(folder, "report");
  const temporary = join(folder, "tmp");
  for (const path of [notebooks, temporary]) Deno.mkdirSync(path);
  const isChosen = ([name]: readonly [string, ...unknown[]]) => HOSTILE.includes(name);
  writeAttacks(
    notebooks,
    ATTACKS.filter(isChosen),
    LEAVES.filter(isChosen),
  );
  writeSubmissions(folder, ["loudness_1"]);
  const names = Array.from({ length: HONEST }, (_, k) =>
    // Their names stand before, between and after those of the others.
    `${String.fromCharCode(97 + Math.floor(k * 26 / HONEST))}_honest${k}_1`);
  for (const name of names) {
    Deno.copyFileSync(join(folder, "loudness_1.ipynb"), join(notebooks, `${name}.ipynb`));
  }
  const before = JSON.stringify(await stateOfMachine(temporary));
  const start = performance.now();
  const { code, stderr } = await cli([
    ...["rerun", notebooks, "--data", join(PROJECT, "data", "qvim-mini"), "--report", report],
    ...["--jobs", "2", "--timeout", "40", "--disk", "512", "--memory", "3000"],
    "--keep-violations",
  ], { env: { TMPDIR: temporary } });
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(stderr);
  const { entries } = JSON.parse(Deno.readTextFileSync(join(report, "report.json"))) as Report;
  for (const entry of entries) {
    const mrr = entry.figures?.mrr.toFixed(4) ?? "";
    console.log(`${entry.name.padEnd(20)} ${outcomeOf(entry).padEnd(30)} ${mrr}`);
  }
  const honest = entries.filter(({ name }) => names.includes(name));
  const figures = new Set(honest.map(({ figures }) => figures?.mrr));
  const isAsItWas = JSON.stringify(await stateOfMachine(temporary)) === before;
  console.log(`${entries.length} entries in ${seconds.toFixed(0)} s; honest: ${honest.length}`);
  console.log(
    `MRR of the honest: ${[...figures].join(", ")}; the machine is ${
      isAsItWas ? "as it was" : "CHANGED"
    }`,
  );
  if (entries.length !== HONEST + HOSTILE.length || figures.size !== 1 || !isAsItWas) Deno.exit(1);
});
