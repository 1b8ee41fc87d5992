import { join } from "node:path";
import { type Notebook, NotebookError, readNotebook } from "../../notebook/ipynb.ts";
import { PACKAGE_FOLDER, readTemplate } from "../template.ts";
import { checkNames } from "./file_names.ts";
import type { Finding, Verification } from "./findings.ts";
import { inspectNotebooks } from "./verify.ts";

/**
 * The notebooks that are named, and those of folders.
 *
 * @returns Path → what there is to say of its name.
 */
export function listNotebooks(paths: string[]): Map<string, Finding[]> {
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
  return byFile;
}

/**
 * Verifies notebooks, and those of folders.
 *
 * @returns Path → what was found, and the powers that it uses.
 */
export async function verifyAll(
  paths: string[],
  types: boolean,
): Promise<Map<string, Verification>> {
  const template = readTemplate();
  const byFile = listNotebooks(paths);
  const readable: { notebook: Notebook; path: string }[] = [];
  for (const [path, findings] of byFile) {
    try {
      readable.push({ notebook: readNotebook(path), path });
    } catch (error) {
      if (!(error instanceof NotebookError)) throw error;
      findings.push({ rule: "syntax", severity: "violation", message: error.message });
    }
  }
  const found = await inspectNotebooks(readable, {
    template,
    packageFolder: PACKAGE_FOLDER,
    types,
  });
  const powers = new Map<string, string[]>();
  readable.forEach(({ path }, i) => {
    byFile.get(path)!.push(...found[i].findings);
    powers.set(path, found[i].powers);
  });
  return new Map(
    Array.from(byFile, ([path, findings]) => [path, { findings, powers: powers.get(path) ?? [] }]),
  );
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
