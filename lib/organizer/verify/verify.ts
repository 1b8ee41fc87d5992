import { dirname, resolve } from "node:path";
import type { Notebook } from "../../notebook/ipynb.ts";
import { shortened } from "../../io/plain.ts";
import { readPaths } from "../paths_cell.ts";
import { settleDeclarations } from "./declarations.ts";
import type { Finding, Verification } from "./findings.ts";
import { LocalModules } from "./modules.ts";
import { joinCells, type Program, ProgramError } from "./program.ts";
import { checkStructure } from "./structure.ts";
import { type CheckedProgram, checkTypes } from "./types.ts";

/** What notebooks are held against. */
export interface VerifyOptions {
  template: Notebook;
  /** The folder of the package, whose `deno.json` names the imports. */
  packageFolder: string;
  /** Whether the code is given to the type checker as well, which takes a second or two. */
  types: boolean;
}

/**
 * Holds notebooks against the template and the rules that it states.
 *
 * @param notebooks The notebooks and their own paths: what they import is looked for beside them.
 * @returns What was found in each: the cells first, then line by line.
 */
export async function verifyNotebooks(
  notebooks: { notebook: Notebook; path: string }[],
  { template, packageFolder, types }: VerifyOptions,
): Promise<Finding[][]> {
  const all = await inspectNotebooks(notebooks, { template, packageFolder, types });
  return all.map(({ findings }) => findings);
}

/** As {@linkcode verifyNotebooks}, with the powers that each notebook uses. */
export async function inspectNotebooks(
  notebooks: { notebook: Notebook; path: string }[],
  { template, packageFolder, types }: VerifyOptions,
): Promise<Verification[]> {
  const findings: Finding[][] = [];
  const powers = new Map<number, string[]>();
  const parsed: (CheckedProgram & { index: number })[] = [];
  for (const [index, { notebook, path }] of notebooks.entries()) {
    const size = tooLarge(notebook);
    findings.push(size ?? checkStructure(notebook, template));
    if (size !== undefined) continue;
    const folder = dirname(resolve(path));
    try {
      const program = joinCells(notebook);
      parsed.push({ program, folder, index });
      const root = readPaths(notebook).ROOT_PATH ?? ".";
      const modules = new LocalModules(folder, root, packageFolder);
      findings[index].push(...checkRules(program, modules));
      powers.set(index, modules.powers());
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      const { cell, line } = error.place;
      findings[index].push({
        rule: "syntax",
        severity: "violation",
        cell,
        line,
        message: error.message,
      });
    }
  }
  if (types && parsed.length > 0) {
    const found = await checkTypes(parsed, packageFolder);
    parsed.forEach(({ index }, i) => findings[index].push(...found[i]));
  }
  return findings.map((found, index) => ({
    findings: found.map(told),
    powers: powers.get(index) ?? [],
  }));
}

/** A message quotes what a stranger wrote: as much of it as anybody reads. */
const MOST_TOLD = 500;

function told(finding: Finding): Finding {
  const { message, diff } = finding;
  return {
    ...finding,
    message: shortened(message, MOST_TOLD),
    ...(diff !== undefined && { diff: shortened(diff) }),
  };
}

/** What nobody writes and nobody reads; it would take memory and time to follow all the same. */
const MOST_CELLS = 2_000, MOST_CODE = 2 ** 22;

function tooLarge({ cells }: Notebook): Finding[] | undefined {
  const code = cells.reduce((sum, { source }) => sum + source.length, 0);
  if (cells.length <= MOST_CELLS && code <= MOST_CODE) return undefined;
  const message = `expected at most ${MOST_CELLS} cells and ${MOST_CODE} characters but found ` +
    `${cells.length} and ${code}: it was not followed`;
  return [{ rule: "unclear", severity: "violation", message }];
}

function checkRules(program: Program, modules: LocalModules): Finding[] {
  const findings = settleDeclarations(program);
  try {
    findings.push(...modules.check(program));
  } catch (error) {
    // The scopes of a program that declares a class or a function again can't be told apart.
    if (!(error instanceof Error)) throw error;
    findings.push({
      rule: "unclear",
      severity: "violation",
      message: `can't be followed: ${error.message.split("\n")[0]}`,
    });
  }
  return [...findings, ...modules.findings];
}
