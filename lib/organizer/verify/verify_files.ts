import { join } from "node:path";
import { describeFailure } from "../../io/errors.ts";
import { isFolder } from "../../io/is_folder.ts";
import { type Notebook, NotebookError, readNotebook } from "../../notebook/ipynb.ts";
import { PACKAGE_FOLDER, readTemplate } from "../template.ts";
import { claimedMrr } from "./claim.ts";
import { checkNames } from "./file_names.ts";
import { type Finding, mostOf, type Verification } from "./findings.ts";
import { inspectNotebooks } from "./verify.ts";

/**
 * The notebooks that are named, and those of folders. A link that leads nowhere is one: somebody has
 * handed it in.
 *
 * @returns Path → what there is to say of its name.
 * @throws {NotebookError} Where nothing lies at a path, or no notebook in a folder.
 */
export function listNotebooks(paths: string[]): Map<string, Finding[]> {
  const byFile = new Map<string, Finding[]>();
  for (const path of paths) {
    if (!isFolder(path)) {
      checkThere(path);
      byFile.set(path, []);
      continue;
    }
    const names = [...Deno.readDirSync(path)].map(({ name }) => name)
      // In capitals too: a submission would be left out without a word.
      .filter((name) => /\.ipynb$/i.test(name)).sort();
    if (names.length === 0) throw new NotebookError(`Expected notebooks in ${path} but found none`);
    for (const [name, findings] of checkNames(names)) byFile.set(join(path, name), findings);
  }
  return byFile;
}

/** Says of a name that was mistyped that nothing is there, and not that a team has broken a rule. */
function checkThere(path: string): void {
  try {
    Deno.lstatSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NotebookError(
      `Expected a notebook, or a folder of notebooks, but found nothing at ${path}`,
    );
  }
}

/**
 * Verifies notebooks.
 *
 * @param paths Their files; what is no notebook has a finding that says so.
 * @returns Path → what was found, and the powers that it uses.
 */
export async function verifyFiles(
  paths: string[],
  types: boolean,
): Promise<Map<string, Verification>> {
  const verified = new Map<string, Verification>();
  const readable: { notebook: Notebook; path: string }[] = [];
  for (const path of paths) {
    try {
      readable.push({ notebook: readNotebook(path), path });
    } catch (error) {
      const message = error instanceof NotebookError ? error.message : `${describeFailure(error)}`;
      verified.set(path, {
        findings: [{ rule: "syntax", severity: "violation", message }],
        powers: [],
      });
    }
  }
  const found = await inspectNotebooks(readable, {
    template: readTemplate(),
    packageFolder: PACKAGE_FOLDER,
    types,
  });
  readable.forEach(({ path, notebook }, i) =>
    verified.set(path, {
      ...found[i],
      findings: mostOf(found[i].findings),
      claimedMrr: claimedMrr(notebook),
    })
  );
  return verified;
}
