import type { NodePath } from "@babel/traverse";

/**
 * What an expression may stand for, as far as it can be told without running it: a thing that the
 * runtime or a package names (`Deno.chdir`, `node:fs.readFileSync`), a text, a piece of the program,
 * what a function is handed, or nothing that is known.
 */
export type Value =
  | { kind: "name"; name: string }
  | { kind: "text"; text: string }
  | { kind: "code"; path: NodePath }
  | { kind: "parameter" }
  | { kind: "unknown" };

/** Stands in texts for the values of the two paths, which organizers replace. */
export const ROOT = "⟨ROOT_PATH⟩", DATA = "⟨DATA_PATH⟩";

/** Stands in texts for what isn't known. */
export const ANYTHING = "⟨…⟩";

/** What an expression may stand for is not followed into more cases than this. */
const MAX_VALUES = 64;

export const UNKNOWN: Value[] = [{ kind: "unknown" }];

/** What the runtime calls its outermost object. */
const GLOBAL_OBJECTS = new Set(["globalThis", "self", "window", "global"]);

/** The name of what an object with a name has. */
export function memberName(object: string, key: string): string {
  if (GLOBAL_OBJECTS.has(object)) return key;
  return key === "default" ? object : `${object}.${key}`;
}

/** `fs` and `node:fs/promises` → names with the prefix that Deno asks for. */
export function canonicalModule(module: string): string {
  return /^(fs|path|child_process|http|https|net|tls|dgram|dns|vm|process|os|cluster|worker_threads|module)(\/.*)?$/
      .test(module)
    ? `node:${module}`
    : module;
}

/** Texts one after another, as far as they are known. */
export function concatenate(first: Value[], second: Value[]): Value[] {
  if (first.length * second.length > MAX_VALUES) return UNKNOWN;
  return first.flatMap((a) =>
    second.map((b): Value => {
      if (a.kind === "text" && b.kind === "text") return { kind: "text", text: a.text + b.text };
      // A path that begins with one of ours and goes on with what isn't known is likely below it.
      if (a.kind === "text" && (a.text.startsWith(ROOT) || a.text.startsWith(DATA))) {
        return { kind: "text", text: a.text + ANYTHING };
      }
      if (a.kind === "parameter" || b.kind === "parameter") return { kind: "parameter" };
      return { kind: "unknown" };
    })
  );
}
