import { posix } from "node:path";
import type { Finding } from "./findings.ts";
import { ANYTHING, DATA, ROOT, type Value } from "./values.ts";

/**
 * Whether a submission may read or write what a value names.
 *
 * @returns What is wrong with it; undefined where nothing is.
 */
export function checkPath(
  value: Value,
  what: "reads" | "writes",
): Pick<Finding, "rule" | "severity" | "message"> | undefined {
  if (value.kind === "parameter" && what === "reads") return undefined;
  if (value.kind !== "text") {
    return {
      rule: "paths",
      severity: "warning",
      message: `${what} a path that can't be told from here`,
    };
  }
  const text = value.text.replace(/^file:\/\//, "");
  const base = [ROOT, DATA].find((base) => text.startsWith(base));
  if (base === undefined) {
    return {
      rule: "paths",
      severity: "violation",
      message: `${what} ${JSON.stringify(text)}, which is not below ROOT_PATH or DATA_PATH`,
    };
  }
  const below = posix.normalize(`./${text.slice(base.length)}`);
  const name = base.slice(1, -1);
  if (below.startsWith("..")) {
    return {
      rule: "paths",
      severity: "violation",
      message: `${what} ${name}/${below}, which is outside ${name}`,
    };
  }
  // A table is the business of another rule.
  if (what === "reads" && /\.csv$/i.test(below)) return undefined;
  if (what === "reads" && base === DATA && !/^(Items|Queries)(\/|$)/.test(below)) {
    const isTold = !below.includes(ANYTHING);
    const found = below === "."
      ? "lists what lies in DATA_PATH, its answers among it"
      : isTold
      ? `reads ${name}/${below}, which is none of the sounds`
      : `reads something below ${name} whose name can't be told`;
    return { rule: "paths", severity: "warning", message: found };
  }
  if (what === "writes" && base === DATA) {
    return {
      rule: "paths",
      severity: "violation",
      message: `writes to ${name}/${below}: the data`,
    };
  }
  if (what === "writes" && /^output(\/|$)/.test(below)) {
    return {
      rule: "output-folder",
      severity: "violation",
      message: `writes to ${name}/${below}, which the fixed cells alone may do`,
    };
  }
  if (what === "writes" && below.startsWith(ANYTHING)) {
    return {
      rule: "output-folder",
      severity: "warning",
      message: `writes to something below ${name} whose name can't be told`,
    };
  }
  return undefined;
}
