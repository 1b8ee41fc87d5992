/** Runs the checks and the tests: `deno task test`, `deno task test:fast`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "node-html-parser";
import { defineCommand } from "../commands/command.ts";
import { runProgram } from "../commands/program.ts";
import { PACKAGE_FOLDER } from "../lib/organizer/template.ts";

/**
 * What the fast lane leaves out, by the ends of files' names. Begun in this order in each folder, since
 * Deno goes through the folders by itself: what waits most of its time for time-outs first, so that
 * there is work beside it.
 */
const SLOW = ["sandbox", "browser", "kernel", "slow"].map((kind) => `_${kind}_test.ts`);
/** What the public interface consists of: its documentation is checked as well. */
const ENTRY_POINTS = ["lib/mod.ts", "helpers.ts"];
/** Files of tests at a time: some wait for a time-out or a disk, and leave their core to another. */
const AT_A_TIME = navigator.hardwareConcurrency + 1;
/** The end of a skipped test's name says what it lacks. */
const NEEDS = /\(needs ([^()]+)\)$/;
const DATA_BESIDE = "../shared/";
/** What no package brings: the system has it or not, and a home may be shut to others. */
const OF_THE_SYSTEM = [
  "control groups that can be written to",
  "a project and a Deno that nobody may read",
];

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
  return needs !== undefined &&
    needs.split(", ").every((need) => need.startsWith(DATA_BESIDE) || OF_THE_SYSTEM.includes(need));
}

function decode(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}

async function deno(...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? `${AT_A_TIME}` },
    stdin: "null",
  }).spawn().status;
  return success;
}

const testCommand = defineCommand({
  name: "test",
  summary: "Checks format, lint, types and documentation, and runs the tests.",
  details:
    "Where files are named, those tests alone are run, and nothing is checked. The last line " +
    "counts what passed, failed and was skipped.",
  positionals: { usage: "[FILE…]", least: 0, most: Infinity, expected: "files of tests" },
  options: {
    fast: {
      kind: "flag",
      help:
        "leave out what needs a kernel, a browser or a sandbox, or hears whole data sets, and " +
        "check examples' types only",
    },
    strict: {
      kind: "flag",
      help: `fail where a test was skipped for want of anything but data in ${DATA_BESIDE}`,
    },
  },
  async run({ fast, strict }, files) {
    const scratch = Deno.makeTempDirSync({ prefix: "qvim-tests-" });
    try {
      // All are held to the lock, but to a copy of it: packages that only tests use would come into
      // it, and every first run of anything fetches what it names.
      const lock = copyOfLock(scratch, "tests.lock"), report = join(scratch, "report.xml");
      const isWhole = files.length === 0;
      if (isWhole && !await checkText()) return 1;
      // Types are checked once for all, on one core while the first tests run on the others.
      const types = isWhole ? typeErrors(copyOfLock(scratch, "types.lock")) : undefined;
      const noCheck = isWhole ? ["--no-check"] : [];
      const options = ["-A", lock, "--parallel", `--junit-path=${report}`, ...noCheck];
      const success = await deno("test", ...options, ...isWhole ? testFiles(fast) : files);
      const wrongTypes = await types;
      if (wrongTypes !== undefined) {
        console.log(`Expected the types to fit but found:\n${wrongTypes}`);
      }
      if (!existsSync(report)) return 1;
      const { passed, failed, skipped } = readReport(Deno.readTextFileSync(report));
      for (const { name, needs } of skipped) {
        console.log(`skipped: ${name}${needs === undefined ? " (its name does not say why)" : ""}`);
      }
      const unforgiven = strict ? skipped.filter((skip) => !mayBeSkipped(skip)) : [];
      if (unforgiven.length > 0) {
        console.log(`Expected no test to be skipped here but found ${unforgiven.length}`);
      }
      console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
      return success && failed === 0 && unforgiven.length === 0 && wrongTypes === undefined ? 0 : 1;
    } finally {
      Deno.removeSync(scratch, { recursive: true });
    }
  },
});

function copyOfLock(folder: string, name: string): string {
  Deno.copyFileSync(join(PACKAGE_FOLDER, "deno.lock"), join(folder, name));
  return `--lock=${join(folder, name)}`;
}

/** All files of tests, those of a folder in the order of {@linkcode SLOW}, which the fast lane lacks. */
export function testFiles(fast: boolean): string[] {
  const folder = join(PACKAGE_FOLDER, "tests");
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("_test.ts")).sort();
  const slow = SLOW.flatMap((end) => all.filter((name) => name.endsWith(end)));
  const quick = all.filter((name) => !slow.includes(name));
  return [...fast ? [] : slow, ...quick].map((name) => join(folder, name));
}

/** Format, lint, and the documentation of the public interface: what is checked in a second. */
async function checkText(): Promise<boolean> {
  const checks = [["fmt", "--check"], ["lint"], ["doc", "--lint", ...ENTRY_POINTS]];
  const outcomes = await Promise.all(checks.map((check) => deno(...check, "--quiet")));
  return outcomes.every((isClean) => isClean);
}

/** What the type checker says, of examples too; undefined where it finds nothing. */
async function typeErrors(lock: string): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", lock, "--doc", "--quiet", "."],
    stdin: "null",
  }).output();
  return success ? undefined : new TextDecoder().decode(stderr);
}

if (import.meta.main) {
  // Commands that tests start run in the folder that those say, wherever this task was called.
  Deno.env.delete("INIT_CWD");
  Deno.exit(await runProgram(testCommand, Deno.args));
}
