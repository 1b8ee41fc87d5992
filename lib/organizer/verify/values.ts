import type { NodePath } from "@babel/traverse";

/**
 * What an expression may stand for, as far as it can be told without running it: a thing that the
 * runtime or a package names (`Deno.chdir`, `node:fs.readFileSync`), a text, a piece of the program, a
 * sound that the model is handed, or nothing that is known.
 */
export type Value =
  | { kind: "name"; name: string }
  /** May hold {@linkcode ROOT}, {@linkcode DATA}, {@linkcode SEGMENT} and {@linkcode OPEN}. */
  | { kind: "text"; text: string }
  /** A function, a class, or the literal of an object or a list. */
  | { kind: "code"; path: NodePath }
  /** What `new` gives of a class of the program. */
  | { kind: "instance"; path: NodePath }
  /** The path of a sound that a model is handed. */
  | { kind: "sound" }
  /** Sounds by their ids, as `computeSimilarities` is handed them. */
  | { kind: "sounds" }
  /** `at` is what made it: changes of it are known by that. */
  | { kind: "list"; of: Value[]; at?: NodePath }
  | { kind: "pair"; first: Value[]; second: Value[] }
  /** What listing a folder gives of a file. */
  | { kind: "entry" }
  /** A text or number that is not known, without a slash: a count, a digest, the name of a sound. */
  | { kind: "segment"; isName?: boolean }
  /** The same that may be `..`: a text of which slashes were taken. */
  | { kind: "part"; isName?: boolean }
  /** A text that is put together from letters, so that nobody can read it. */
  | { kind: "built" }
  /**
   * `isPicked`: taken of something by a name that can't be told; `held`: a table of the
   * notebook's, and what it is made of.
   */
  | { kind: "unknown"; isPicked?: true; held?: NodePath[]; isName?: boolean };

/** Stands in texts for the values of the two paths, which organizers replace. */
export const ROOT = "⟨ROOT_PATH⟩", DATA = "⟨DATA_PATH⟩";

/**
 * Stands in texts for what isn't known and holds no slash, for the name and the path of a sound, for what may be `..`,
 * and for what isn't known at all.
 */
export const SEGMENT = "⟨…⟩", NAMED = "⟨id⟩", SOUND = "⟨sound⟩", PART = "⟨..⟩", OPEN = "⟨?⟩";

/** How many names in a row are followed. */
export const MAX_DEPTH = 40;

/** What an expression may stand for is not followed into more cases than this. */
const MAX_VALUES = 64;
/** Longer texts are nobody's paths and names. */
export const MAX_TEXT = 10_000;

export const UNKNOWN: Value[] = [{ kind: "unknown" }];
export const PICKED: Value = { kind: "unknown", isPicked: true };
export const PIECE: Value[] = [{ kind: "segment" }];
/** The name of a sound, which may have its class in it. */
export const NAME: Value[] = [{ kind: "segment", isName: true }];
export const PARTS: Value[] = [{ kind: "part" }];
export const BUILT: Value[] = [{ kind: "built" }];

/** Whether nothing of a text is left open. */
export function isKnown(text: string): boolean {
  return !/⟨(…|id|sound|\.\.|\?)⟩/.test(text);
}

/** Whether a value is the path of a sound, or made of one. */
export function isSound(value: Value): boolean {
  return value.kind === "sound" || value.kind === "text" && value.text.includes(SOUND);
}

/** Whether a value is the name of a sound, or made of one. */
export function isName(value: Value): boolean {
  if (value.kind === "text") return value.text.includes(NAMED);
  const mayBe = value.kind === "segment" || value.kind === "part" || value.kind === "unknown";
  return mayBe && value.isName === true;
}

/** Whether a value is a number or a text that names no other folder. */
export function isSmall(value: Value): boolean {
  const text = knownText(value);
  return value.kind === "segment" || text !== undefined && !/[/\\]|^\.+$/.test(text);
}

/** A text that is known to its last letter; undefined where a value is none. */
export function knownText(value: Value | undefined): string | undefined {
  return value?.kind === "text" && isKnown(value.text) ? value.text : undefined;
}

/** As many cases as are told apart; the rest is unknown. Nothing at all is unknown as well. */
export function limit(values: Value[]): Value[] {
  if (values.length === 0) return UNKNOWN;
  return values.length > MAX_VALUES ? [...values.slice(0, MAX_VALUES), ...UNKNOWN] : values;
}

/** What the runtime calls its outermost object. */
const GLOBAL_OBJECTS = new Set(["globalThis", "self", "window", "global"]);

/** The name of what an object with a name has. */
export function memberName(object: string, key: string): string {
  if (GLOBAL_OBJECTS.has(object)) return key;
  return key === "default" ? object : `${object}.${key}`;
}

const NODE_MODULES =
  /^(assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel|dns|domain|events|fs|http|http2|https|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|sys|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib)(\/.*)?$/;

/** `fs` and `node:fs/promises` → names with the prefix that Deno asks for. */
export function canonicalModule(module: string): string {
  return NODE_MODULES.test(module) ? `node:${module}` : module;
}

/** Texts one after another, as far as they are known. */
export function concatenate(first: Value[], second: Value[]): Value[] {
  if (first.length * second.length > MAX_VALUES) return UNKNOWN;
  return first.flatMap((a) => second.map((b) => joined(a, b)));
}

function joined(a: Value, b: Value): Value {
  const text = pieceOf(a) + pieceOf(b);
  const isBelow = text.startsWith(ROOT) || text.startsWith(DATA);
  if (!isBelow && (a.kind === "built" || b.kind === "built")) return { kind: "built" };
  if (text.length > MAX_TEXT || text === OPEN + OPEN) return { kind: "unknown" };
  const rest = text.replaceAll(SEGMENT, "").replaceAll(NAMED, "");
  const isName = text.includes(NAMED) ? true : undefined;
  if (text === SOUND) return { kind: "sound" };
  if (rest === "") return { kind: "segment", isName };
  const isPart = /^(⟨\.\.⟩|\.)*$/.test(rest) && !isKnown(text);
  return isPart ? { kind: "part", isName } : { kind: "text", text };
}

function pieceOf(value: Value): string {
  if (value.kind === "text") return value.text;
  if (value.kind === "sound") return SOUND;
  if (value.kind !== "unknown" && isName(value)) return NAMED;
  return value.kind === "segment" ? SEGMENT : value.kind === "part" ? PART : OPEN;
}
