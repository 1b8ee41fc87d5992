import { join, resolve } from "node:path";
import type { Finding } from "./findings.ts";
import type { Program } from "./program.ts";

/** An error as `deno check` prints it: its text, then the place. */
const PLACE = /^\s+at file:\/\/.*\/notebook\.ts:(\d+):\d+$/;
const ERROR = /^(TS\d+) \[ERROR\]: (.*)$/;

/**
 * Gives the cells, joined, to the type checker of Deno. What it finds are warnings: the kernel runs
 * code whatever its types.
 *
 * @param folder The notebook's folder, which relative imports begin at.
 */
export async function checkTypes(
  program: Program,
  folder: string,
  packageFolder: string,
): Promise<Finding[]> {
  const scratch = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(join(scratch, "notebook.ts"), anchorImports(program, folder));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", join(packageFolder, "deno.json"), "notebook.ts"],
      cwd: scratch,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
    }).output();
    return success ? [] : toFindings(new TextDecoder().decode(stderr), program);
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

/** Makes imports of files beside the notebook absolute; lines stay where they are. */
function anchorImports({ ast, source }: Program, folder: string): string {
  let out = source;
  for (const statement of ast.program.body.toReversed()) {
    if (statement.type !== "ImportDeclaration" || !statement.source.value.startsWith(".")) continue;
    const { start, end, value } = statement.source;
    const absolute = JSON.stringify(resolve(folder, value));
    out = out.slice(0, start!) + absolute + out.slice(end!);
  }
  return out;
}

function toFindings(report: string, program: Program): Finding[] {
  const findings: Finding[] = [];
  let message = "";
  for (const line of report.split("\n")) {
    const error = line.match(ERROR);
    if (error) message = `${error[1]}: ${error[2]}`;
    const place = line.match(PLACE);
    if (place && message !== "") {
      const { cell, line } = program.placeOf(Number(place[1]));
      findings.push({ rule: "types", severity: "warning", cell, line, message });
      message = "";
    }
  }
  // An import that can't be resolved is reported without a place.
  if (findings.length === 0) {
    const first = report.split("\n").find((line) => line.trim() !== "")?.trim();
    findings.push({ rule: "types", severity: "warning", message: first ?? "deno check failed" });
  }
  return findings;
}
