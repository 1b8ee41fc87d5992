/**
 * What `deno task rerun` takes beyond the notebooks' own work: twenty submissions, two at a time,
 * against the same notebook run as often by `deno task run`, two at a time as well.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSubmissions } from "../tests/fixtures/submissions.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const DATA = join(PROJECT, "data", "qvim-mini");
const COUNT = 20;
const JOBS = 2;

async function deno(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), ...args],
    cwd: PROJECT,
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

// Below the project: a notebook that is run on its own imports the package from there.
Deno.mkdirSync(join(PROJECT, "output"), { recursive: true });
const scratch = Deno.makeTempDirSync({ dir: join(PROJECT, "output") });
const SUBMISSION = join(scratch, "loudness_1.ipynb");
try {
  writeSubmissions(scratch, ["loudness_1"]);
  const folder = join(scratch, "submissions");
  Deno.mkdirSync(folder);
  for (let k = 0; k < COUNT; k++) {
    const name = `team${String.fromCharCode(97 + Math.floor(k / 3))}_${k % 3 + 1}.ipynb`;
    Deno.copyFileSync(SUBMISSION, join(folder, name));
  }
  const own = await time(async () => {
    let next = 0;
    const work = async () => {
      while (next < COUNT) {
        const root = join(scratch, `root${next++}`);
        // The re-run checks the types of all at once: alone, that would be most of the work.
        await deno("run", SUBMISSION, "--data", DATA, "--root", root, "--no-types");
      }
    };
    await Promise.all(Array.from({ length: JOBS }, work));
  });
  const rerun = await time(() =>
    deno("rerun", folder, "--data", DATA, "--report", join(scratch, "report"), "--jobs", `${JOBS}`)
  );
  const each = (seconds: number) => (seconds / COUNT).toFixed(2);
  console.log(`${COUNT} notebooks, ${JOBS} at a time`);
  console.log(`run alone:  ${own.toFixed(1)} s, ${each(own)} s a notebook`);
  console.log(`re-run:     ${rerun.toFixed(1)} s, ${each(rerun)} s a notebook`);
  console.log(`overhead:   ${each(rerun - own)} s a notebook (of the wall clock)`);
  console.log(`            ${((rerun - own) * JOBS / COUNT).toFixed(2)} s a notebook and job`);
} finally {
  Deno.removeSync(scratch, { recursive: true });
}
