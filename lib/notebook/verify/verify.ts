import { dirname, resolve } from "node:path";
import type { Notebook } from "../ipynb.ts";
import { readPaths } from "../paths_cell.ts";
import { settleDeclarations } from "./declarations.ts";
import type { Finding } from "./findings.ts";
import { LocalModules } from "./modules.ts";
import { joinCells, type Program, ProgramError } from "./program.ts";
import { RuleChecker } from "./rules.ts";
import { checkStructure } from "./structure.ts";
import { checkTypes } from "./types.ts";

/** What a notebook is held against. */
export interface VerifyOptions {
  template: Notebook;
  /** The folder of the package, whose `deno.json` names the imports. */
  packageFolder: string;
  /** Whether the code is given to the type checker as well, which takes a second. */
  types?: boolean;
}

/**
 * Holds a notebook against the template and the rules that it states.
 *
 * @param path The notebook's own path: what it imports is looked for beside it.
 * @returns What was found: the cells first, then line by line.
 */
export async function verifyNotebook(
  notebook: Notebook,
  path: string,
  { template, packageFolder, types = true }: VerifyOptions,
): Promise<Finding[]> {
  const findings = checkStructure(notebook, template);
  const folder = dirname(resolve(path));
  let program: Program;
  try {
    program = joinCells(notebook);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const { cell, line } = error.place;
    return [...findings, {
      rule: "syntax",
      severity: "violation",
      cell,
      line,
      message: error.message,
    }];
  }
  findings.push(...settleDeclarations(program));
  const modules = new LocalModules(folder, readPaths(notebook).ROOT_PATH ?? ".", packageFolder);
  const resolver = modules.resolverIn(folder);
  try {
    findings.push(...new RuleChecker(program, resolver).check());
  } catch (error) {
    // The scopes of a program that declares a class or a function again can't be told apart.
    if (!(error instanceof TypeError || error instanceof Error)) throw error;
    findings.push({
      rule: "unclear",
      severity: "warning",
      message: `could not be followed: ${error.message.split("\n")[0]}`,
    });
  }
  findings.push(...modules.findings);
  if (types) findings.push(...await checkTypes(program, folder, packageFolder));
  return findings;
}
