import { join } from "node:path";
import type { Report } from "../report/entry.ts";
import { BatchError } from "./batch_error.ts";

/**
 * Reads the report of an earlier re-run, or of another machine's part of one.
 *
 * @param folder The report's.
 * @param what What errors call it.
 * @returns Undefined where there is none.
 * @throws {BatchError} Where what is there is no report.
 */
export function readReport(folder: string, what: string): Report | undefined {
  const path = join(folder, "report.json");
  const fail = (found: string) => new BatchError(`Expected ${what} at ${path} but found ${found}`);
  let report: Report | null;
  try {
    report = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw fail(`no JSON: ${error.message}`);
  }
  const entries: unknown = report?.entries;
  if (!Array.isArray(entries)) throw fail("no list of entries");
  const isWhole = entries.every((entry) =>
    typeof entry?.name === "string" && Array.isArray(entry.runs) && Array.isArray(entry.findings)
  );
  if (!isWhole) throw fail("an entry without a name, its runs or its findings");
  return report!;
}
