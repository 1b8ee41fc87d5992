/** What methods of lists and texts give, as far as it can be told. */
import type { NodePath } from "@babel/traverse";
import { countedBy } from "./counts.ts";
import type { Resolver } from "./resolver.ts";
import { REWRITES, rewriteText } from "./texts.ts";
import {
  BUILT,
  concatenate,
  isKnown,
  isName,
  isSmall,
  knownText,
  limit,
  PARTS,
  PIECE,
  UNKNOWN,
  type Value,
} from "./values.ts";

/** Methods that give those, whatever they are called on. */
const COUNTING =
  /^(digest|toISOString|toFixed|toPrecision|getTime|indexOf|lastIndexOf|findIndex|charCodeAt|codePointAt)$/;
/** Methods of lists that give such a list again, or one of it. */
const SAME_LIST =
  /^(slice|filter|sort|toSorted|reverse|toReversed|splice|toSpliced|concat|flat|fill|with|values|subarray)$/;
/** Those of them that put something else into it. */
const ADDS = /^(concat|with|toSpliced|splice|fill)$/;
const ONE_OF_LIST = /^(at|pop|shift|find|findLast)$/;
/** What a method of a value gives; undefined where the function itself says. */
export function ofMethod(
  resolver: Resolver,
  path: NodePath,
  object: Value[],
  key: string | undefined,
  args: NodePath[],
  depth: number,
): Value[] | undefined {
  if (key === undefined) return undefined;
  // What is bound is still the same function.
  if (key === "bind") return object;
  const isOwn = object.some(({ kind }) => kind === "code" || kind === "instance");
  if (COUNTING.test(key) && !isOwn) return countedBy(resolver, path, key, depth + 1);
  const argument = (i: number): Value[] => args[i] ? resolver.resolve(args[i], depth + 1) : [];
  if (/^replace(All)?$/.test(key) && args[0] && leavesNoSlash(args[0], key) && !isOwn) {
    return args[1] !== undefined && argument(1).every((by) => isSmall(by) || isDots(by))
      ? PARTS
      : UNKNOWN;
  }
  const isList = object.every((value) =>
    value.kind === "list" || value.kind === "code" && value.path.isArrayExpression()
  );
  if (isList) {
    if (key === "join") {
      return limit(object.flatMap((value) => joinedList(resolver, value, args, depth)));
    }
    if (SAME_LIST.test(key)) {
      const all = resolver.parts.elements(object, depth + 1);
      const of = key === "flat" ? [...all, ...resolver.parts.elements(all, depth + 1)] : all;
      const more = ADDS.test(key)
        ? args.flatMap((_, i) =>
          argument(i).flatMap((value) =>
            key === "concat" && (value.kind === "list" || value.kind === "code")
              ? resolver.parts.elements([value], depth + 1)
              : [value]
          )
        )
        : [];
      return [{ kind: "list", of: limit([...of, ...more]) }];
    }
    if (ONE_OF_LIST.test(key)) return resolver.parts.elements(object, depth + 1);
    if (key === "keys") return [{ kind: "list", of: PIECE }];
    if (key === "entries") {
      return [{
        kind: "list",
        of: [{ kind: "pair", first: PIECE, second: resolver.parts.elements(object, depth + 1) }],
      }];
    }
    if (key === "reduce" || key === "reduceRight") return ofReduce(resolver, argument, depth);
    if (key === "map") return [{ kind: "list", of: limit(resolver.returned(argument(0), depth)) }];
    if (key === "flatMap") {
      return [{
        kind: "list",
        of: resolver.parts.elements(resolver.returned(argument(0), depth), depth),
      }];
    }
    return undefined;
  }
  if (object.every(isSmallOrPart) && object.some((value) => knownText(value) === undefined)) {
    if (key === "split") return [{ kind: "list", of: PARTS }];
    const added = /^replace/.test(key) ? args.slice(1) : /^(concat|pad)/.test(key) ? args : [];
    const isSame = added.every((arg) => resolver.resolve(arg, depth + 1).every(isSmallOrPart));
    if (!REWRITES.test(key)) return undefined;
    if (!isSame) return UNKNOWN;
    return object.map((value) => ({ kind: "part", isName: isName(value) }));
  }
  if (key === "reduce" || key === "reduceRight") return ofReduce(resolver, argument, depth);
  // A number in letters.
  if (key === "toString" && args.length === 1 && object.every(isSmallOrUnknown)) {
    return countedBy(resolver, path, key, depth + 1);
  }
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
  // A name is still one behind another text.
  if (key === "concat" && args.some((_, i) => argument(i).some(isName))) {
    return [{ kind: "unknown", isName: true }];
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

/** What comes of a list, one after another. */
function ofReduce(resolver: Resolver, argument: (i: number) => Value[], depth: number): Value[] {
  return limit([...resolver.returned(argument(0), depth), ...argument(1), ...UNKNOWN]);
}

function isSmallOrPart(value: Value): boolean {
  return value.kind === "part" || isSmall(value) || isDots(value);
}

function isSmallOrUnknown(value: Value): boolean {
  return value.kind === "unknown" || isSmall(value);
}

function isDots(value: Value): boolean {
  return /^\.*$/.test(knownText(value) ?? "/");
}

/** Whether what is replaced leaves no slash. */
function leavesNoSlash(pattern: NodePath, method: string): boolean {
  if (pattern.isStringLiteral()) return pattern.node.value === "/" && method === "replaceAll";
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
    const isPlain = (it: Value) => knownText(it)?.includes("/") === false;
    if (
      of.length > 0 && of.every(({ kind }) => /^(segment|part)$/.test(kind)) &&
      between.every(isPlain)
    ) {
      return of.some(isName) ? [{ kind: "part", isName: true }] : PARTS;
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
