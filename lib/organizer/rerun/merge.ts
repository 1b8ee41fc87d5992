import { join } from "node:path";
import type { Report } from "../report/entry.ts";
import { writeAll } from "../report/write_all.ts";
import { BatchError } from "./batch_error.ts";

/**
 * Puts the reports of machines that shared the work together.
 *
 * @param folders Their report folders.
 * @param into Where the merged report goes, with all notebooks and scores.
 * @throws {BatchError} Where two of them were not run with the same.
 */
export function mergeReports(folders: string[], into: string): Report {
  const reports = folders.map((folder): Report => {
    try {
      return JSON.parse(Deno.readTextFileSync(join(folder, "report.json")));
    } catch (error) {
      throw new BatchError(`Expected a report in ${folder} but found ${error}`);
    }
  });
  const [first, ...others] = reports;
  for (const [i, other] of others.entries()) {
    for (const part of ["versions", "settings"] as const) {
      if (JSON.stringify(first[part]) === JSON.stringify(other[part])) continue;
      throw new BatchError(
        `Expected reports of one batch but ${folders[i + 1]} has other ${part} than ${folders[0]}`,
      );
    }
  }
  const entries = reports.flatMap((report) => report.entries)
    .sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new BatchError(`Expected each submission once but found ${twice} in two reports`);
  }
  Deno.mkdirSync(into, { recursive: true });
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) copyFiles(join(folder, name), join(into, name));
    }
  }
  const merged: Report = { ...first, entries, commandLine: first.commandLine };
  writeAll(into, merged);
  return merged;
}

function copyFiles(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
  }
}
