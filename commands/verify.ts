import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Notebook, NotebookError, readNotebook } from "../lib/notebook/ipynb.ts";
import type { Finding } from "../lib/organizer/verify/findings.ts";
import { checkNames } from "../lib/organizer/verify/file_names.ts";
import { verifyNotebooks } from "../lib/organizer/verify/verify.ts";
import { formatTable } from "../lib/ui/table.ts";
import { type Command, parseArguments, UsageError } from "./command.ts";

export const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const TEMPLATE = join(PACKAGE, "notebooks", "template.ipynb");

export const verifyCommand: Command = {
  name: "verify",
  usage: "verify [--json] [--no-types] NOTEBOOK|FOLDER…",
  help: `Holds notebooks against the template and the rules that it states.

  --json      print {"file": [findings], …} and nothing else
  --no-types  leave the type checker out

Of a folder, all its notebooks are verified, and their names and numbers as well.
The exit status is 1 where a rule is broken and 0 where there are only warnings.`,
  async run(args) {
    const { values, positionals } = parseArguments(args, {
      json: { type: "boolean" },
      "no-types": { type: "boolean" },
    });
    if (positionals.length === 0) throw new UsageError("Expected one or more notebooks");
    const byFile = await verifyAll(positionals, !values["no-types"]);
    if (values.json) console.log(JSON.stringify(Object.fromEntries(byFile), null, 2));
    else for (const [path, findings] of byFile) console.log(`${formatFindings(path, findings)}\n`);
    const all = [...byFile.values()].flat();
    return all.some(({ severity }) => severity === "violation") ? 1 : 0;
  },
};

/**
 * Verifies notebooks, and those of folders.
 *
 * @returns Path → what was found.
 */
export async function verifyAll(paths: string[], types: boolean): Promise<Map<string, Finding[]>> {
  const template = readNotebook(TEMPLATE);
  const byFile = new Map<string, Finding[]>();
  for (const path of paths) {
    if (!isFolder(path)) {
      byFile.set(path, []);
      continue;
    }
    const names = [...Deno.readDirSync(path)].map(({ name }) => name)
      .filter((name) => name.endsWith(".ipynb")).sort();
    if (names.length === 0) throw new NotebookError(`Expected notebooks in ${path} but found none`);
    for (const [name, findings] of checkNames(names)) byFile.set(join(path, name), findings);
  }
  const readable: { notebook: Notebook; path: string }[] = [];
  for (const [path, findings] of byFile) {
    try {
      readable.push({ notebook: readNotebook(path), path });
    } catch (error) {
      if (!(error instanceof NotebookError)) throw error;
      findings.push({ rule: "syntax", severity: "violation", message: error.message });
    }
  }
  const found = await verifyNotebooks(readable, { template, packageFolder: PACKAGE, types });
  readable.forEach(({ path }, i) => byFile.get(path)!.push(...found[i]));
  return byFile;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What was found in a notebook, as a table with the differences below it. */
export function formatFindings(path: string, findings: Finding[]): string {
  const violations = findings.filter(({ severity }) => severity === "violation").length;
  const warnings = findings.length - violations;
  const title = `${path}: ${
    findings.length === 0
      ? "nothing found"
      : `${count(violations, "violation")}, ${count(warnings, "warning")}`
  }`;
  if (findings.length === 0) return title;
  const table = formatTable({
    header: ["", "Rule", "Cell", "Line", "Found"],
    rows: findings.map(({ severity, rule, cell, line, file, message }) => [
      severity === "violation" ? "✗" : "!",
      rule,
      cell?.toString() ?? "",
      (file === undefined ? "" : `${basename(file)}:`) + (line?.toString() ?? ""),
      message,
    ]),
  });
  const diffs = findings.flatMap(({ diff, cell }) =>
    diff === undefined ? [] : [`Cell ${cell}:\n${diff}`]
  );
  return [title, table, ...diffs].join("\n\n");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
