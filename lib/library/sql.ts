import { sep } from "node:path";

/** A text in a predicate. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** That a column has one of some texts. */
export function isOneOf(column: string, texts: string[]): string {
  return texts.length === 0 ? "false" : `${column} IN (${texts.map(quote).join(", ")})`;
}

/**
 * That a path lies below a folder, or is it: as a range, which an index finds at once.
 *
 * @param folder Absolute, without a separator at its end.
 */
export function isBelow(folder: string): string {
  // What begins with "folder/" lies from there to the character after the separator.
  const base = folder.endsWith(sep) ? folder.slice(0, -1) : folder;
  const after = String.fromCharCode(sep.charCodeAt(0) + 1);
  return `(path = ${quote(folder)} OR ` +
    `(path >= ${quote(base + sep)} AND path < ${quote(base + after)}))`;
}

/** Folders that stand in one predicate: where there are thousands, LanceDB ends the program. */
const TOGETHER = 100;

/**
 * That a path lies below one of some folders, as predicates for some of these each; see
 * {@linkcode isBelow}.
 */
export function areBelow(folders: string[]): string[] {
  const parts = Array.from(
    { length: Math.ceil(folders.length / TOGETHER) },
    (_, i) => folders.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
  return parts.map((part) => `(${part.map(isBelow).join(" OR ")})`);
}

/** That a column holds a text somewhere. */
export function holds(column: string, text: string): string {
  return `contains(${column}, ${quote(text)})`;
}

/** Predicates that all have to hold; undefined where there are none. */
export function all(predicates: (string | undefined)[]): string | undefined {
  const given = predicates.filter((predicate) => predicate !== undefined);
  return given.length === 0 ? undefined : given.join(" AND ");
}
