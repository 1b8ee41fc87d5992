import { dirname, join, relative, resolve } from "node:path";
import { counted, someOf } from "../../io/counted.ts";
import { describeFailure } from "../../io/errors.ts";
import { isFolder } from "../../io/is_folder.ts";
import { plain } from "../../io/plain.ts";
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
 * @param say Is told of notebooks that lie further in, where they are not named otherwise.
 * @returns Path → what there is to say of its name.
 * @throws {NotebookError} Where nothing lies at a path, or no notebook in a folder.
 */
export function listNotebooks(
  paths: string[],
  say: (sentence: string) => void = () => {},
): Map<string, Finding[]> {
  const byFile = new Map<string, Finding[]>(), places = new Map<string, string>();
  const furtherIn = new Map<string, string[]>();
  // One that is named twice, as below a folder and by itself, is one notebook.
  const take = (path: string, findings: Finding[]) => {
    const place = resolve(path), known = places.get(place);
    if (known === undefined) places.set(place, path);
    if (known === undefined || findings.length > 0) byFile.set(known ?? path, findings);
  };
  for (const path of paths) {
    if (!isFolder(path)) {
      checkThere(path);
      take(path, []);
      continue;
    }
    const { notebooks, below } = lookInto(path);
    if (notebooks.length === 0) {
      const found = below.length === 0 ? "none" : tellFurtherIn(path, below);
      throw new NotebookError(`Expected notebooks in ${path} but found ${found}`);
    }
    furtherIn.set(path, below);
    for (const [name, findings] of checkNames(notebooks)) take(join(path, name), findings);
  }
  for (const [folder, below] of furtherIn) {
    const left = below.filter((path) => !places.has(resolve(path)));
    if (left.length > 0) say(`Left out below ${plain(folder)}: ${tellFurtherIn(folder, left)}`);
  }
  return byFile;
}

/** How many notebooks lie further in, and where. */
function tellFurtherIn(folder: string, paths: string[]): string {
  const folders = new Set(paths.map((path) => plain(relative(folder, dirname(path)))));
  const count = counted(paths.length, "notebook");
  return `${count} further in (${someOf([...folders])}): name their folders`;
}

/**
 * The names of the notebooks in a folder, and the paths of those further in: not of what is hidden,
 * as Jupyter's own copies are, and nothing behind links.
 */
function lookInto(folder: string): { notebooks: string[]; below: string[] } {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  // In capitals too: a submission would be left out without a word.
  const isNotebook = (name: string) => /\.ipynb$/i.test(name);
  const notebooks = entries.map(({ name }) => name).filter(isNotebook);
  const below = entries.flatMap(({ name, isDirectory }) => {
    if (!isDirectory || name.startsWith(".") || isNotebook(name)) return [];
    const path = join(folder, name);
    try {
      const inner = lookInto(path);
      return [...inner.notebooks.map((name) => join(path, name)), ...inner.below];
    } catch {
      // It can't be looked into, and nobody has named it.
      return [];
    }
  });
  return { notebooks, below };
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
