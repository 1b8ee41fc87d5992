import { join, resolve } from "node:path";
import { plain } from "../../io/plain.ts";
import type { Report } from "../report/entry.ts";
import { writeAll } from "../report/write_all.ts";
import { BatchError } from "./batch_error.ts";
import { readReport } from "./read_report.ts";

/**
 * Puts the reports of machines that shared the work together.
 *
 * @param folders Their report folders.
 * @param into Where the merged report goes, with all notebooks and scores.
 * @throws {BatchError} Where one is none, or two of them were not run with the same.
 */
export function mergeReports(folders: string[], into: string): Report {
  const reports = folders.map((folder) => {
    // It would be written over while it is read.
    if (resolve(folder) === resolve(into)) {
      throw new BatchError(
        `Expected another folder for the merged report than ${folder}, whose report goes into it`,
      );
    }
    const report = readReport(folder, "the report of a re-run");
    if (report !== undefined) return report;
    throw new BatchError(`Expected a report in ${folder} but found none`);
  });
  const [first, ...others] = reports;
  for (const [i, other] of others.entries()) {
    for (const part of ["versions", "settings", "keepViolations", "types"] as const) {
      if (JSON.stringify(first[part]) === JSON.stringify(other[part])) continue;
      throw new BatchError(
        `Expected reports of one batch but ${folders[i + 1]} has other ${part} than ${folders[0]}`,
      );
    }
  }
  const entries = reports.flatMap((report) => report.entries)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new BatchError(
      `Expected each submission once but found ${plain(twice)} in two reports`,
    );
  }
  const handedIn = first.handedIn ?? entries.length;
  if (reports.some((report) => report.handedIn !== first.handedIn) || entries.length !== handedIn) {
    const orders = new Set(entries.map(({ order }) => order));
    const missing = Array.from({ length: handedIn }, (_, k) => k).filter((k) => !orders.has(k));
    throw new BatchError(
      `Expected the ${handedIn} notebooks that were handed in but found ${entries.length}; ` +
        `the ${missing.slice(0, 5).map((k) => `${k + 1}.`).join(", ")} of them in no report`,
    );
  }
  const changed = reports.flatMap((report) => report.changed ?? []);
  Deno.mkdirSync(into, { recursive: true });
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) copyFiles(join(folder, name), join(into, name));
    }
  }
  const merged: Report = {
    ...first,
    entries,
    ...(changed.length > 0 && { changed }),
    heldBy: [...new Set(reports.map(({ heldBy }) => heldBy))].join(" | "),
    commandLine: withoutShard(first.commandLine ?? []),
  };
  writeAll(into, merged);
  return merged;
}

/** The merged report is that of one machine, which has no part of the work. */
function withoutShard(words: string[]): string[] {
  return words.filter((word, i) =>
    !word.startsWith("--shard=") && word !== "--shard" && words[i - 1] !== "--shard"
  );
}

function copyFiles(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
  }
}
