import { join } from "node:path";
import { type Notebook, NotebookError, readNotebook } from "../../notebook/ipynb.ts";
import { PACKAGE_FOLDER, readTemplate } from "../template.ts";
import { checkNames } from "./file_names.ts";
import type { Finding } from "./findings.ts";
import { verifyNotebooks } from "./verify.ts";

/**
 * Verifies notebooks, and those of folders.
 *
 * @returns Path → what was found.
 */
export async function verifyAll(paths: string[], types: boolean): Promise<Map<string, Finding[]>> {
  const template = readTemplate();
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
  const found = await verifyNotebooks(readable, { template, packageFolder: PACKAGE_FOLDER, types });
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
