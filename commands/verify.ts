import { basename } from "node:path";
import type { Finding } from "../lib/organizer/verify/findings.ts";
import { verifyAll } from "../lib/organizer/verify/verify_files.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, NOTEBOOKS } from "./command.ts";

export const verifyCommand = defineCommand({
  name: "verify",
  summary: "Holds notebooks against the template and the rules that it states.",
  details: `Of a folder, all its notebooks are verified, and their names and numbers as well.
The exit status is 1 where a rule is broken and 0 where there are only warnings.`,
  positionals: NOTEBOOKS,
  options: {
    json: { kind: "flag", help: 'print {"file": [findings], …} and nothing else' },
    "no-types": { kind: "flag", help: "leave the type checker out" },
  },
  async run(values, positionals) {
    const byFile = await verifyAll(positionals, !values["no-types"]);
    if (values.json) console.log(JSON.stringify(Object.fromEntries(byFile), null, 2));
    else for (const [path, findings] of byFile) console.log(`${formatFindings(path, findings)}\n`);
    const all = [...byFile.values()].flat();
    return all.some(({ severity }) => severity === "violation") ? 1 : 0;
  },
});

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
