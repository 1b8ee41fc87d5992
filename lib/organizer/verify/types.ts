import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Finding } from "./findings.ts";
import type { Program } from "./program.ts";
import { temporaryFolder } from "../../io/temporary.ts";

/** An error as `deno check` prints it: its text, then the place. */
const PLACE = /^\s+at file:\/\/.*\/([^/]+):(\d+):\d+$/;
const ERROR = /^(TS\d+) \[ERROR\]: (.*)$/;

/** The cells of a notebook, joined, and where it lies. */
export interface CheckedProgram {
  program: Program;
  /** The notebook's folder, which relative imports begin at. */
  folder: string;
}

/**
 * Gives the cells of notebooks to the type checker of Deno, as many as can be at once: most of its time
 * goes into the library, which they share. What it finds are warnings: the kernel runs code whatever
 * its types.
 *
 * @param signal Ends the check.
 * @returns What was found in each, which is what a check of it alone finds.
 */
export async function checkTypes(
  programs: CheckedProgram[],
  packageFolder: string,
  signal?: AbortSignal,
): Promise<Finding[][]> {
  const alone = programs.filter(reachesFurther);
  const together = programs.filter((program) => !alone.includes(program));
  const found = new Map<CheckedProgram, Finding[]>();
  for (const group of [together, ...alone.map((program) => [program])]) {
    const findings = await checkTogether(group, packageFolder, signal);
    group.forEach((program, i) => found.set(program, findings[i]));
  }
  return programs.map((program) => found.get(program)!);
}

/**
 * Whether a program says what things are for others as well, or imports files, which may: checked
 * together, theirs would be told of others or of none.
 */
function reachesFurther({ program }: CheckedProgram): boolean {
  return program.declaresForOthers || program.fileImports.length > 0 ||
    program.ast.comments?.some(({ value }) => /@(deno|ts)-types/.test(value)) === true;
}

async function checkTogether(
  programs: CheckedProgram[],
  packageFolder: string,
  signal?: AbortSignal,
): Promise<Finding[][]> {
  if (programs.length === 0) return [];
  // A name that no file which is imported could have.
  const mark = crypto.randomUUID();
  const report = await typeErrors(programs, mark, packageFolder, signal);
  const findings: Finding[][] = programs.map(() => []);
  if (report === undefined) return findings;
  distribute(report, mark, programs, findings);
  if (findings.some((found) => found.length > 0)) return findings;
  // An import that can't be resolved ends the check, without a place and before any other notebook's:
  // it should cost its own alone.
  if (programs.length === 1) return [[unchecked(report)]];
  const half = Math.ceil(programs.length / 2);
  return [
    ...await checkTogether(programs.slice(0, half), packageFolder, signal),
    ...await checkTogether(programs.slice(half), packageFolder, signal),
  ];
}

/** What the type checker says of the programs; undefined where it finds nothing. */
async function typeErrors(
  programs: CheckedProgram[],
  mark: string,
  packageFolder: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const scratch = temporaryFolder("qvim-types-");
  try {
    const names = programs.map(({ program, folder }, i) => {
      const name = `${mark}_${i}.ts`;
      Deno.writeTextFileSync(join(scratch, name), anchorImports(program, folder));
      return name;
    });
    // A copy: what notebooks import is no business of the package's own lock.
    const lock = join(scratch, "deno.lock"), ours = join(packageFolder, "deno.lock");
    if (existsSync(ours)) Deno.copyFileSync(ours, lock);
    const config = join(packageFolder, "deno.json");
    // By what is named first Deno finds what it has checked before: named by it, the package is not
    // checked again, which is half of the time.
    const first = join(packageFolder, "lib", "mod.ts");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", config, `--lock=${lock}`, first, ...names],
      cwd: scratch,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      signal,
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr);
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

/** Makes imports of files beside the notebook absolute; lines stay where they are. */
function anchorImports({ fileImports, source }: Program, folder: string): string {
  let out = source;
  // From the last on: the places of those before it stay.
  for (const { start, end, value } of fileImports.toSorted((a, b) => b.start! - a.start!)) {
    if (!value.startsWith(".")) continue;
    const absolute = JSON.stringify(resolve(folder, value));
    out = out.slice(0, start!) + absolute + out.slice(end!);
  }
  return out;
}

function distribute(
  report: string,
  mark: string,
  programs: CheckedProgram[],
  findings: Finding[][],
): void {
  let text = "";
  const add = (index: number, message: string, place?: { cell: number; line: number }) =>
    findings[index].push({ rule: "types", severity: "warning", ...place, message });
  for (const line of report.split("\n")) {
    const error = line.match(ERROR);
    if (error) text = `${error[1]}: ${error[2]}`;
    const place = line.match(PLACE);
    if (!place || text === "") continue;
    const [, file, at] = place;
    if (file.startsWith(mark)) {
      const index = parseInt(file.slice(mark.length + 1));
      const { cell, line } = programs[index].program.placeOf(Number(at));
      add(index, text, { cell, line });
    } else {
      // A file of the one that is checked, or of the package, which all use.
      programs.forEach((_, index) => add(index, `${file}, line ${at}: ${text}`));
    }
    text = "";
  }
  // Deno goes by paths, and where a notebook is checked has a name of no meaning: its own come first.
  for (const found of findings) found.sort((a, b) => Number(!a.cell) - Number(!b.cell));
}

function unchecked(report: string): Finding {
  const first = report.split("\n").find((line) => line.trim() !== "")?.trim();
  return {
    rule: "types",
    severity: "warning",
    message: `could not be checked: ${first ?? "deno check failed"}`,
  };
}
