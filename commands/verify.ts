import { basename } from "node:path";
import { plain, plainLines } from "../lib/io/plain.ts";
import { type Verdict, verdictOf, type Verification } from "../lib/organizer/verify/findings.ts";
import { verifyApart } from "../lib/organizer/verify/verify_apart.ts";
import { formatTable } from "../lib/ui/table.ts";
import { defineCommand, NOTEBOOKS } from "./command.ts";

export const verifyCommand = defineCommand({
  name: "verify",
  summary: "Holds notebooks against the template and the rules that it states.",
  details: `Of a folder, all its notebooks are verified, and their names and numbers as well.

The exit status is
  0  where all notebooks are clean,
  3  where a person should look at one,
  1  where one breaks a rule,
  2  where nothing could be verified: a name was mistyped, or a folder has no notebooks.

What this command understands is not all that code can do: the re-run decides.`,
  positionals: NOTEBOOKS,
  failureStatus: 2,
  options: {
    json: {
      kind: "flag",
      help: 'print {"file": {"result", "powers", "findings"}, …} and nothing else',
    },
    "no-types": { kind: "flag", help: "leave the type checker out" },
  },
  async run(values, positionals) {
    const byFile = await verifyApart(positionals, {
      jobs: navigator.hardwareConcurrency,
      types: !values["no-types"],
      say: (line) => console.error(line),
    });
    if (values.json) {
      const results = Array.from(
        byFile,
        ([path, { findings, powers }]) => [path, { result: verdictOf(findings), powers, findings }],
      );
      console.log(JSON.stringify(Object.fromEntries(results), null, 2));
    } else {
      for (const [path, found] of byFile) console.log(`${formatVerification(path, found)}\n`);
      if (byFile.size > 1) console.log(formatSummary(Array.from(byFile.values())));
      if (values["no-types"]) console.log("The types were not checked.");
    }
    return STATUS[verdictOf(Array.from(byFile.values()).flatMap(({ findings }) => findings))];
  },
});

const STATUS: Record<Verdict, number> = { "clean": 0, "look": 3, "breaks a rule": 1 };

/** How many notebooks came to which verdict. */
function formatSummary(all: Verification[]): string {
  const of = (wanted: Verdict) =>
    all.filter(({ findings }) => verdictOf(findings) === wanted).length;
  return `${all.length} notebooks: ${of("clean")} clean, ${of("look")} to look at, ` +
    `${of("breaks a rule")} against a rule`;
}

/** What was found in a notebook, as a table with the differences and the powers below it. */
function formatVerification(path: string, { findings, powers }: Verification): string {
  const violations = findings.filter(({ severity }) => severity === "violation").length;
  const warnings = findings.length - violations;
  const title = `${plain(path)}: ${
    findings.length === 0
      ? "nothing found, clean"
      : `${count(violations, "violation")}, ${count(warnings, "warning")}: ${verdictOf(findings)}`
  }`;
  const used = powers.length === 0 ? [] : [`Powers used: ${plain(powers.join(", "))}`];
  if (findings.length === 0) return [title, ...used].join("\n");
  const table = formatTable({
    header: ["", "Rule", "Cell", "Line", "Found"],
    rows: findings.map(({ severity, rule, cell, line, file, message }) => [
      severity === "violation" ? "✗" : "!",
      rule,
      cell?.toString() ?? "",
      (file === undefined ? "" : `${plain(basename(file))}:`) + (line?.toString() ?? ""),
      plain(message),
    ]),
  });
  const diffs = findings.flatMap(({ diff, cell }) =>
    diff === undefined ? [] : [`Cell ${cell}:\n${plainLines(diff)}`]
  );
  return [title, table, ...diffs, ...used].join("\n\n");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
