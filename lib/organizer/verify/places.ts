import { posix } from "node:path";
import type { Finding } from "./findings.ts";
import { READS_SOUNDS, REPLACES } from "./names.ts";
import { DATA, NAMED, OPEN, PART, ROOT, SEGMENT, SOUND, type Value } from "./values.ts";

/** What of the package lies at its top, where ROOT_PATH is it: nobody writes there. */
const PACKAGE =
  /^(lib|commands|notebooks|tests|tools|training|bench|docs|node_modules|helpers\.ts|cli\.ts|deno\.jsonc?|deno\.lock|package\.json|submission\.ipynb)(\/|$)/i;
/** Where the package's data sets lie: below ROOT_PATH, where that is the package. */
const DATA_FOLDER = /^data\/[^/]+(?=\/|$)/i;

/** What is wrong with a path. */
type Fault = Pick<Finding, "rule" | "severity" | "message">;

/**
 * Whether a submission may read or write what a value names.
 *
 * @param name The function that does it.
 * @returns What is wrong with it; undefined where nothing is.
 */
export function checkPath(
  value: Value,
  what: "reads" | "writes",
  name: string,
): Fault | undefined {
  if (value.kind === "sound" && what === "reads") return undefined;
  // What gives nothing but samples tells nothing of what is no sound.
  const isHarmless = READS_SOUNDS.test(name);
  if (value.kind !== "text" || /^⟨(…|id|sound|\.\.|\?)⟩/.test(value.text)) {
    return isHarmless ? undefined : warning(`${what} a path that can't be told from here`);
  }
  const text = value.text.replace(/^file:\/\//, "").replaceAll(NAMED, SEGMENT)
    .replaceAll(SOUND, OPEN);
  const base = [ROOT, DATA].find((base) => text.startsWith(base));
  if (base === undefined) {
    const told = JSON.stringify(readable(text));
    return violation("paths", `${what} ${told}, which is not below ROOT_PATH or DATA_PATH`);
  }
  const rest = text.slice(base.length).replaceAll("\\", "/").split("/").map(openIfDots).join("/");
  const below = posix.normalize(`./${rest}`).replace(/\/$/, "");
  const data = base === ROOT && below.match(DATA_FOLDER);
  if (data) {
    return checkPath({ kind: "text", text: DATA + below.slice(data[0].length) }, what, name);
  }
  const at = `${base.slice(1, -1)}/${readable(below)}`;
  if (/^⟨/.test(rest)) return warning(`${what} ${at}, of which a part can't be told`);
  if (below.startsWith("..") || !/^(\/|$)/.test(rest)) {
    return violation("paths", `${what} ${at}, which is outside ${base.slice(1, -1)}`);
  }
  if (what === "writes") return checkWrite(below, at, base, name);
  // A table is the business of another rule.
  if (/\.csv$/i.test(below) && !below.includes(OPEN)) return undefined;
  const isWhole = below === "data" && /(cp|copyFile)(Sync)?$/.test(name);
  if (base === ROOT && (isWhole || mayBeData(below, name))) {
    return warning(`reads ${at}, which may be the data, its answers among it`);
  }
  if (base === DATA && !/^(Items|Queries)(\/|$)/.test(below)) {
    if (below === ".") return warning("lists what lies in DATA_PATH, its answers among it");
    return below.includes(OPEN) || below.includes(SEGMENT)
      ? warning(`reads something below DATA_PATH whose name can't be told`)
      : warning(`reads ${at}, which is none of the sounds`);
  }
  if (!below.includes(OPEN) || isHarmless) return undefined;
  return warning(`reads ${at}, of which a part can't be told: it may lead elsewhere`);
}

function checkWrite(below: string, at: string, base: string, name: string): Fault | undefined {
  if (base === DATA) return violation("paths", `writes to ${at}: the data`);
  if (below === "data" && REPLACES.test(name)) return violation("paths", `moves ${at}: the data`);
  if (PACKAGE.test(below)) return violation("paths", `writes to ${at}, which is the package's own`);
  // Disks of other systems don't tell upper from lower case.
  if (/^output[. ]*(\/|$)/i.test(below)) {
    return violation("output-folder", `writes to ${at}, which the fixed cells alone may do`);
  }
  if (below === "." && REPLACES.test(name)) {
    return violation("output-folder", "replaces ROOT_PATH itself, with the output in it");
  }
  if (mayBeOutput(below)) {
    const rule = "output-folder",
      message = "writes to something below ROOT_PATH whose name can't be told";
    return { rule, severity: "warning", message };
  }
  if (!below.includes(OPEN)) return undefined;
  return warning(`writes to ${at}, of which a part can't be told: it may lead elsewhere`);
}

/** A part of a path of which nothing is known but that it has no slash may be `..`, and lead anywhere. */
function openIfDots(part: string): string {
  const isDots = part.includes(PART) &&
    part.replaceAll(PART, "").replaceAll(SEGMENT, "").replaceAll(".", "") === "";
  return isDots ? OPEN : part.replaceAll(PART, SEGMENT);
}

/** Whether what isn't known of a path may make it one in the output folder. */
function mayBeOutput(below: string): boolean {
  if (below.startsWith(OPEN)) return true;
  const [first] = below.split("/");
  return first.includes(SEGMENT) && mayBe(first, "output");
}

/** Whether what isn't known of a path below the root may make it one of a data set's. */
function mayBeData(below: string, name: string): boolean {
  const parts = below.split("/");
  if (!mayBe(parts[0], "data") || !below.includes(SEGMENT)) return false;
  if (parts.length < 3) return parts.length === 2 && /readdir|opendir|glob/i.test(name);
  return !/^(items|queries)$/i.test(parts[2]);
}

function mayBe(part: string, name: string): boolean {
  const parts = part.split(SEGMENT).map((part) => part.replace(/[^\w]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(name);
}

/** A path as a person reads it. */
export function readable(text: string): string {
  return text.replace(/⟨(ROOT_PATH|DATA_PATH)⟩/g, "$1").replace(/⟨(…|id|sound|\.\.|\?)⟩/g, "…");
}

function warning(message: string): Fault {
  return { rule: "paths", severity: "warning", message };
}

function violation(rule: Fault["rule"], message: string): Fault {
  return { rule, severity: "violation", message };
}
