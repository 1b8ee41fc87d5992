/** What calls give, as far as it can be told. */
import type { NodePath } from "@babel/traverse";
import { basename, dirname } from "node:path/posix";
import type * as t from "@babel/types";
import { MAKES_TEMPORARY } from "./names.ts";
import type { Resolver } from "./resolver.ts";
import { DECODES, decodeText, REWRITES, rewriteText } from "./texts.ts";
import {
  BUILT,
  concatenate,
  isKnown,
  knownText,
  limit,
  OPEN,
  PIECE,
  ROOT,
  UNKNOWN,
  type Value,
} from "./values.ts";

const PATH_FUNCTIONS =
  /^node:path(\/posix)?(\.posix)?\.(join|resolve|normalize|basename|dirname|extname)$/;
/** Functions of the runtime that give numbers, and texts without slashes. */
const COUNTS =
  /^(Math\..*|Number(\..*)?|parseInt|parseFloat|Date\.now|performance\.now|crypto\.randomUUID|encodeURIComponent|Boolean|isNaN|Symbol(\..*)?|BigInt|node:crypto\.randomUUID)$/;
/** Methods that give those, whatever they are called on. */
const COUNTING =
  /^(digest|toFixed|toPrecision|getTime|indexOf|lastIndexOf|findIndex|charCodeAt|codePointAt)$/;
/** Methods of lists that give such a list again, or one of it. */
const SAME_LIST =
  /^(slice|filter|sort|toSorted|reverse|toReversed|splice|toSpliced|concat|flat|fill|with|values|subarray)$/;
/** Those of them that put something else into it. */
const ADDS = /^(concat|with|toSpliced|splice|fill)$/;
const ONE_OF_LIST = /^(at|pop|shift|find|findLast)$/;
/** What gives its first argument back, as far as names and paths go. */
const SAME =
  /^(Object\.(freeze|seal|preventExtensions)|Object|structuredClone|String|node:url\.fileURLToPath|node:url\.pathToFileURL|Promise\.resolve)$/;
/** Listing a folder. */
const LISTS = /^Deno\.readDir(Sync)?$/,
  LISTS_NAMES = /^node:fs(\/promises|\.promises)?\.readdir(Sync)?$/;

/** What a call, a `new` or a tagged template gives. */
export function resultOfCall(resolver: Resolver, path: NodePath, depth: number): Value[] {
  if (path.isTaggedTemplateExpression()) return ofTag(resolver, path, depth);
  const callee = path.get("callee") as NodePath;
  const args = path.get("arguments") as NodePath[];
  const argument = (i: number): Value[] => args[i] ? resolver.resolve(args[i], depth + 1) : UNKNOWN;
  if (callee.isImport()) return resolver.module(argument(0));
  if (callee.isMemberExpression() || callee.isOptionalMemberExpression()) {
    const key = resolver.key(callee as NodePath<t.MemberExpression>);
    const object = resolver.resolve(callee.get("object") as NodePath, depth + 1);
    const given = ofMethod(resolver, object, key, args, depth);
    if (given !== undefined) return given;
  }
  const called = resolver.resolve(callee, depth + 1);
  return called.flatMap((value): Value[] => {
    if (value.kind === "name") return ofNamed(resolver, value.name, args, depth);
    if (value.kind !== "code") return UNKNOWN;
    if (path.isNewExpression()) {
      return value.path.isClass() ? [{ kind: "instance", path: value.path }] : UNKNOWN;
    }
    return resolver.returned([value], depth);
  });
}

/** What a method of a value gives; undefined where the function itself says. */
function ofMethod(
  resolver: Resolver,
  object: Value[],
  key: string | undefined,
  args: NodePath[],
  depth: number,
): Value[] | undefined {
  if (key === undefined) return undefined;
  // What is bound is still the same function.
  if (key === "bind") return object;
  if (COUNTING.test(key)) return PIECE;
  const argument = (i: number): Value[] => args[i] ? resolver.resolve(args[i], depth + 1) : [];
  if (/^replace(All)?$/.test(key) && args[0] && leavesNoSlash(args[0])) return PIECE;
  const isList = object.every((value) =>
    value.kind === "list" || value.kind === "code" && value.path.isArrayExpression()
  );
  if (isList) {
    if (key === "join") {
      return limit(object.flatMap((value) => joinedList(resolver, value, args, depth)));
    }
    if (SAME_LIST.test(key)) {
      const of = resolver.elements(object, depth + 1);
      const more = ADDS.test(key)
        ? args.flatMap((_, i) =>
          argument(i).flatMap((value) =>
            key === "concat" && (value.kind === "list" || value.kind === "code")
              ? resolver.elements([value], depth + 1)
              : [value]
          )
        )
        : [];
      return [{ kind: "list", of: limit([...of, ...more]) }];
    }
    if (ONE_OF_LIST.test(key)) return resolver.elements(object, depth + 1);
    if (key === "keys") return [{ kind: "list", of: PIECE }];
    if (key === "entries") {
      return [{
        kind: "list",
        of: [{ kind: "pair", first: PIECE, second: resolver.elements(object, depth + 1) }],
      }];
    }
    if (key === "map") return [{ kind: "list", of: limit(resolver.returned(argument(0), depth)) }];
    if (key === "flatMap") {
      return [{
        kind: "list",
        of: resolver.elements(resolver.returned(argument(0), depth), depth),
      }];
    }
    return undefined;
  }
  if (object.every(({ kind }) => kind === "segment")) {
    if (key === "split") return [{ kind: "list", of: PIECE }];
    return REWRITES.test(key) ? PIECE : undefined;
  }
  if (key === "toString" && args.length === 1) return PIECE;
  if (!REWRITES.test(key)) return undefined;
  if (object.some(({ kind }) => kind === "code" || kind === "name" || kind === "instance")) {
    return undefined;
  }
  if (key === "split") {
    const [separator] = argument(0).map(knownText);
    return object.map((value): Value => {
      const text = knownText(value);
      if (text === undefined || separator === undefined || text.includes("⟨")) {
        return { kind: "unknown" };
      }
      return {
        kind: "list",
        of: limit(text.split(separator).map((text) => ({ kind: "text", text }))),
      };
    });
  }
  return object.map((value): Value => {
    if (value.kind === "built") return value;
    if (value.kind !== "text") return { kind: "unknown" };
    const known = args.map((_, i) => knownText(argument(i)[0]));
    const text = known.every((it) => it !== undefined)
      ? rewriteText(value.text, key, known)
      : undefined;
    if (text !== undefined) return { kind: "text", text };
    return isKnown(value.text) && !value.text.includes("⟨")
      ? { kind: "built" }
      : { kind: "unknown" };
  });
}

/** Whether what is replaced leaves no slash. */
function leavesNoSlash(pattern: NodePath): boolean {
  if (pattern.isStringLiteral()) return pattern.node.value === "/";
  if (!pattern.isRegExpLiteral() || !pattern.node.flags.includes("g")) return false;
  const text = pattern.node.pattern;
  return /^\[\^[^\]/]*\]\+?$/.test(text) || /^(\\\/|\\W|\[[^\]^][^\]]*\/[^\]]*\])\+?$/.test(text);
}

/** `["a", "b"].join("")` as a text. */
function joinedList(resolver: Resolver, value: Value, args: NodePath[], depth: number): Value[] {
  const between: Value[] = args[0]
    ? resolver.resolve(args[0], depth + 1)
    : [{ kind: "text", text: "," }];
  if (value.kind !== "code" || !value.path.isArrayExpression()) {
    // Texts of which only a list is known are not a path's: somebody puts them together.
    const of = value.kind === "list" ? value.of : [];
    const isSmall = (it: Value) => it.kind === "segment" || knownText(it)?.includes("/") === false;
    if (of.length > 0 && of.every(({ kind }) => kind === "segment") && between.every(isSmall)) {
      return PIECE;
    }
    const isBuilt = of.some((it) => it.kind === "built" || it.kind === "text");
    return isBuilt ? BUILT : UNKNOWN;
  }
  const elements = value.path.get("elements") as NodePath[];
  if (
    elements.some((it) => it.isSpreadElement()) ||
    resolver.fields(value.path).isTouched(value.path.node)
  ) return BUILT;
  return elements.reduce<Value[]>((sum, element, i) => {
    const next = resolver.resolve(element, depth + 1);
    return i === 0 ? next : concatenate(concatenate(sum, between), next);
  }, [{ kind: "text", text: "" }]);
}

/** What a function gives that the runtime or a package names. */
function ofNamed(resolver: Resolver, name: string, args: NodePath[], depth: number): Value[] {
  const argument = (i: number): Value[] => args[i] ? resolver.resolve(args[i], depth + 1) : UNKNOWN;
  if (PATH_FUNCTIONS.test(name)) return ofPath(resolver, name.match(/\w+$/)![0], args, depth);
  if (COUNTS.test(name)) return PIECE;
  if (name === "Array") return [{ kind: "list", of: UNKNOWN }];
  if (name === "Deno.execPath") return [{ kind: "text", text: "deno" }];
  if (DECODES.test(name)) {
    const known = args.map((_, i) => knownText(argument(i)[0]));
    const text = known.every((it) => it !== undefined) ? decodeText(name, known) : undefined;
    return text === undefined ? BUILT : [{ kind: "text", text }];
  }
  if (name === "Reflect.get") {
    return resolver.property(argument(0), knownText(argument(1)[0]), depth + 1);
  }
  if (name === "Array.from" || name === "Array.fromAsync") {
    const of = args[1]
      ? resolver.returned(argument(1), depth)
      : resolver.elements(argument(0), depth + 1);
    return [{ kind: "list", of: limit(of) }];
  }
  if (SAME.test(name) || name === "Request") return argument(0);
  if (name === "URL" || name === "node:url.URL") {
    return args[1] ? ofUrl(argument(0), argument(1)) : argument(0);
  }
  if (/^Object\.(keys|values|entries)$/.test(name)) {
    return ofObject(resolver, name, argument(0), depth);
  }
  if (MAKES_TEMPORARY.test(name)) {
    const folder = resolver.property(argument(0), "dir", depth + 1);
    return concatenate(concatenate(folder, [{ kind: "text", text: "/tmp-" }]), PIECE);
  }
  if (LISTS.test(name)) return [{ kind: "list", of: [{ kind: "entry" }] }];
  if (LISTS_NAMES.test(name)) return [{ kind: "list", of: PIECE }];
  if (/^(qvim\/helpers\.getRootPath)$/.test(name)) return [{ kind: "text", text: ROOT }];
  return UNKNOWN;
}

/** An address that is told from where another is. */
function ofUrl(relative: Value[], base: Value[]): Value[] {
  return limit(relative.flatMap((a) =>
    base.map((b): Value => {
      if (
        a.kind !== "text" || b.kind !== "text" || /^(\/|\w+:)/.test(a.text)
      ) return a.kind === "text" ? a : { kind: "unknown" };
      return { kind: "text", text: `${b.text.replace(/[^/]*$/, "")}${a.text}` };
    })
  ));
}

function ofObject(resolver: Resolver, name: string, object: Value[], depth: number): Value[] {
  const isSounds = object.every(({ kind }) => kind === "sounds");
  const values = isSounds
    ? [{ kind: "sound" } as Value]
    : resolver.property(object, undefined, depth + 1);
  const keys = limit(resolver.keys(object));
  if (name.endsWith("keys")) return [{ kind: "list", of: keys }];
  if (name.endsWith("values")) return [{ kind: "list", of: limit(values) }];
  return [{ kind: "list", of: [{ kind: "pair", first: keys, second: limit(values) }] }];
}

function ofPath(resolver: Resolver, name: string, args: NodePath[], depth: number): Value[] {
  const values = args.map((arg) =>
    arg.isSpreadElement() ? UNKNOWN : resolver.resolve(arg, depth + 1)
  );
  if (name === "extname") return PIECE;
  if (name === "basename") {
    return (values[0] ?? UNKNOWN).map((value) => {
      const text = knownText(value);
      return text === undefined || text.includes("⟨")
        ? PIECE[0]
        : { kind: "text", text: basename(text) };
    });
  }
  if (name === "dirname") {
    return (values[0] ?? UNKNOWN).map((value) =>
      value.kind === "text" && !value.text.includes(OPEN) && value.text.includes("/")
        ? { kind: "text", text: dirname(value.text) }
        : { kind: "unknown" }
    );
  }
  return values.reduce<Value[]>((sum, next, i) => {
    const isAbsolute = next.some((v) =>
      v.kind === "text" && /^([/]|⟨(ROOT|DATA)_PATH⟩)/.test(v.text)
    );
    if (i === 0 || name === "resolve" && isAbsolute) return next;
    return concatenate(concatenate(sum, [{ kind: "text", text: "/" }]), next);
  }, [{ kind: "text", text: "" }]);
}

/** What a template gives whose tag is a function. */
function ofTag(
  resolver: Resolver,
  path: NodePath<t.TaggedTemplateExpression>,
  depth: number,
): Value[] {
  const names = resolver.resolve(path.get("tag") as NodePath, depth + 1);
  const isRaw = names.length === 1 && names[0].kind === "name" && names[0].name === "String.raw";
  if (!isRaw) return UNKNOWN;
  const text = path.node.quasi.quasis.map(({ value }) => value.raw).join("");
  return path.node.quasi.expressions.length === 0 ? [{ kind: "text", text }] : BUILT;
}
