/** What calls give, as far as it can be told. */
import type { NodePath } from "@babel/traverse";
import { basename, dirname } from "node:path/posix";
import type * as t from "@babel/types";
import { ofMethod } from "./methods.ts";
import { MAKES_TEMPORARY } from "./names.ts";
import type { Resolver } from "./resolver.ts";
import { DECODES, decodeText } from "./texts.ts";
import {
  BUILT,
  concatenate,
  isName,
  isSound,
  knownText,
  limit,
  NAME,
  OPEN,
  PARTS,
  PIECE,
  ROOT,
  UNKNOWN,
  type Value,
} from "./values.ts";

const PATH_FUNCTIONS =
  /^node:path(\/posix)?(\.posix)?\.(join|resolve|normalize|basename|dirname|extname)$/;
/** Functions of the runtime that give numbers, and texts without slashes. */
const COUNTS =
  /^(Math\..*|Number(\..*)?|parseInt|parseFloat|Date\.now|performance\.now|crypto\.randomUUID|Boolean|isNaN|Symbol(\..*)?|BigInt|node:crypto\.randomUUID)$/;
/** What gives its first argument back, as far as names and paths go. */
const SAME =
  /^(Object\.(freeze|seal|preventExtensions)|Object|structuredClone|String|Promise\.resolve)$/;
/** What makes a table of what the notebook has in it. */
const HOLDS = /^(Map|Set|JSON\.parse|Object\.fromEntries)$/;
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
    const given = ofMethod(resolver, path, object, key, args, depth);
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

/** What a function gives that the runtime or a package names. */
function ofNamed(resolver: Resolver, name: string, args: NodePath[], depth: number): Value[] {
  const argument = (i: number): Value[] => args[i] ? resolver.resolve(args[i], depth + 1) : UNKNOWN;
  if (PATH_FUNCTIONS.test(name)) return ofPath(resolver, name.match(/\w+$/)![0], args, depth);
  if (COUNTS.test(name)) return PIECE;
  if (HOLDS.test(name) && args[0]) {
    const held = heldBy(args[0], argument(0));
    if (held.length > 0) return [{ kind: "unknown", held }];
  }
  if (name === "encodeURIComponent") return argument(0).some(isName) ? NAME : PARTS;
  if (name === "Array") return [{ kind: "list", of: UNKNOWN }];
  if (name === "Deno.execPath") return [{ kind: "text", text: "deno" }];
  if (/^JSON\.stringify$|^(de|en)codeURI$|^(un)?escape$|^btoa$/.test(name)) {
    const isOfNames = argument(0).some((value) =>
      value.kind === "sounds" || isName(value) || isSound(value) ||
      value.kind === "list" && value.of.some((it) => isName(it) || isSound(it))
    );
    if (isOfNames) return [{ kind: "unknown", isName: true }];
  }
  if (DECODES.test(name)) {
    const known = args.map((_, i) => knownText(argument(i)[0]));
    const text = known.every((it) => it !== undefined) ? decodeText(name, known) : undefined;
    return text === undefined ? BUILT : [{ kind: "text", text }];
  }
  if (name === "Reflect.get") {
    return resolver.parts.property(argument(0), knownText(argument(1)[0]), depth + 1);
  }
  if (name === "Array.from" || name === "Array.fromAsync") {
    const of = args[1]
      ? resolver.returned(argument(1), depth)
      : resolver.parts.elements(argument(0), depth + 1);
    return [{ kind: "list", of: limit(of) }];
  }
  if (/^node:url\.(fileURLToPath|pathToFileURL)$/.test(name)) return argument(0).map(asAddress);
  if (SAME.test(name) || name === "Request") return argument(0);
  if (name === "URL" || name === "node:url.URL") {
    return (args[1] ? ofUrl(argument(0), argument(1)) : argument(0)).map(asAddress);
  }
  if (/^Object\.(keys|values|entries)$/.test(name)) {
    return ofObject(resolver, name, argument(0), depth);
  }
  if (MAKES_TEMPORARY.test(name)) {
    const folder = resolver.parts.property(argument(0), "dir", depth + 1);
    return concatenate(concatenate(folder, [{ kind: "text", text: "/tmp-" }]), PIECE);
  }
  if (LISTS.test(name)) return [{ kind: "list", of: [{ kind: "entry" }] }];
  if (LISTS_NAMES.test(name)) return [{ kind: "list", of: PIECE }];
  if (/^(qvim\/helpers\.getRootPath)$/.test(name)) return [{ kind: "text", text: ROOT }];
  return UNKNOWN;
}

/** What a table is made of that is written in the notebook: a list, or a text. */
function heldBy(path: NodePath, values: Value[]): NodePath[] {
  return values.flatMap((value) => {
    if (value.kind === "code" && value.path.isArrayExpression()) {
      return value.path.node.elements.length > 0 ? [value.path] : [];
    }
    return /[{[]/.test(knownText(value) ?? "") ? [path] : [];
  });
}

/** An address as it is read: `%2e` is a dot, and a backslash is a slash. */
function asAddress(value: Value): Value {
  if (value.kind !== "text" || !/^(file:|⟨)/.test(value.text)) return value;
  try {
    const text = decodeURIComponent(value.text.replace(/[\t\n\r]/g, "").replaceAll("\\", "/"));
    return { kind: "text", text };
  } catch {
    return { kind: "unknown" };
  }
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
    : resolver.parts.property(object, undefined, depth + 1);
  const keys = limit(resolver.parts.keys(object));
  if (name.endsWith("keys")) return [{ kind: "list", of: keys }];
  if (name.endsWith("values")) return [{ kind: "list", of: limit(values) }];
  return [{ kind: "list", of: [{ kind: "pair", first: keys, second: limit(values) }] }];
}

function ofPath(resolver: Resolver, name: string, args: NodePath[], depth: number): Value[] {
  const values = args.map((arg) =>
    arg.isSpreadElement() ? UNKNOWN : resolver.resolve(arg, depth + 1)
  );
  if (name === "extname") return PARTS;
  if (name === "basename") {
    return (values[0] ?? UNKNOWN).map((value) => {
      const text = knownText(value);
      if (value.kind === "sound") return NAME[0];
      return text === undefined || text.includes("⟨")
        ? PARTS[0]
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
