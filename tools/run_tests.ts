/**
 * Runs the checks and the tests, and ends with one line that counts them:
 *
 *     deno run -A tools/run_tests.ts [--fast] [--strict]
 *
 * `--fast` leaves out what needs a kernel, a browser or a sandbox, or hears whole data sets;
 * `--strict` fails where a test was skipped for want of anything but the data sets that lie beside the project on some machines.
 */
import { join } from "node:path";
import { parse } from "node-html-parser";

const SLOW = ["kernel", "browser", "sandbox", "slow"].map((kind) => `tests/**/*_${kind}_test.ts`);
/** What the public interface consists of: its documentation is checked as well. */
const ENTRY_POINTS = ["lib/mod.ts", "helpers.ts"];
/** Where tests are, and examples that are run as well. */
const TESTED = ["tests", "lib", "helpers.ts"];
/** The end of a skipped test's name says what it lacks. */
const NEEDS = /\(needs ([^()]+)\)$/;
const DATA_BESIDE = "../shared/";

/** A test that was not run, and what it lacks; `undefined` where its name does not say. */
export interface Skip {
  name: string;
  needs?: string;
}

/** What a report of `deno test --junit-path` says. */
export function readReport(xml: string): { passed: number; failed: number; skipped: Skip[] } {
  let passed = 0, failed = 0;
  const skipped: Skip[] = [];
  for (const test of parse(xml).querySelectorAll("testcase")) {
    const name = decode(test.getAttribute("name") ?? "");
    if (test.querySelector("skipped")) skipped.push({ name, needs: name.match(NEEDS)?.[1] });
    else if (test.querySelector("failure, error")) failed++;
    else passed++;
  }
  return { passed, failed, skipped };
}

/** Whether a skip is one that a strict run forgives. */
export function mayBeSkipped({ needs }: Skip): boolean {
  return needs !== undefined && needs.split(", ").every((need) => need.startsWith(DATA_BESIDE));
}

function decode(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}

async function deno(...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn()
    .status;
  return success;
}

async function main(args: string[]): Promise<number> {
  const isFast = args.includes("--fast"), isStrict = args.includes("--strict");
  const scratch = Deno.makeTempDirSync({ prefix: "qvim-tests-" });
  try {
    // All are held to the lock, but to a copy of it: packages that only tests use would come into it,
    // and every first run of anything fetches what it names.
    const lock = `--lock=${join(scratch, "deno.lock")}`, report = join(scratch, "report.xml");
    Deno.copyFileSync("deno.lock", join(scratch, "deno.lock"));
    for (const check of [["fmt", "--check"], ["lint"], ["check", lock, "."]]) {
      if (!await deno(...check, "--quiet")) return 1;
    }
    if (!await deno("doc", "--quiet", "--lint", ...ENTRY_POINTS)) return 1;
    const ignore = isFast ? ["--parallel", `--ignore=${SLOW.join(",")}`] : [];
    const options = ["-A", lock, `--junit-path=${report}`];
    const success = await deno("test", "--doc", ...options, ...ignore, ...TESTED);
    const { passed, failed, skipped } = readReport(Deno.readTextFileSync(report));
    for (const { name, needs } of skipped) {
      console.log(`skipped: ${name}${needs === undefined ? " (its name does not say why)" : ""}`);
    }
    const unforgiven = isStrict ? skipped.filter((skip) => !mayBeSkipped(skip)) : [];
    if (unforgiven.length > 0) {
      console.log(`Expected no test to be skipped here but found ${unforgiven.length}`);
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    return success && failed === 0 && unforgiven.length === 0 ? 0 : 1;
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
