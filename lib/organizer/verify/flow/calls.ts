/** Where names of sounds are in what functions and methods of the runtime give. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isOfPackage } from "../patching.ts";
import { bare } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import {
  asText,
  elementOf,
  type Flow,
  HELD,
  isNothing,
  join,
  keysOf,
  listOf,
  MARKED,
  metIn,
  NAMED,
  NOTHING,
  ownOf,
  RECORD,
  refTo,
  tableOf,
  tupleOf,
} from "./flow.ts";
import { madeBy, type Objects } from "./objects.ts";
import type { FlowState } from "./state.ts";
import { DATA } from "../values.ts";

/** What is known of what is called with. */
interface Known {
  of(path: NodePath): Flow;
  /** What arguments are, or give where they are spread. */
  given(args: NodePath[]): Flow[];
  /** What a function that is handed on gives. */
  returnedBy(path: NodePath): Flow;
  /** Whether names are in something, or in the fields that are written for it. */
  holds(path: NodePath): boolean;
  /** What an object has under the names that are written for it. */
  fieldsOf(path: NodePath): Flow;
  /** Whether something may be a text that the program knows. */
  isText(path: NodePath | undefined): boolean;
  objects: Pick<Objects, "asList" | "keeps" | "withKept">;
  state: Pick<FlowState, "kept" | "ofRecords" | "written">;
}

/** Functions that give what they are given, in another form or as it is. */
const SAME =
  /^(Object|WeakRef|structuredClone|Promise\.(resolve|all|allSettled)|Object\.(freeze|seal|preventExtensions|create|setPrototypeOf|defineProperty|defineProperties)|Iterator\.from|ReadableStream\.from|node:url\.URL)$/;
/** Functions that tell something, or give something that was read: nothing of a name that they are given. */
const TELLS =
  /^(Boolean|Math\..*|Number(\..*)?|BigInt(\..*)?|parse(Int|Float)|is(NaN|Finite)|Date(\..*)?|\w+Array(\.(of|from))?|Array\.isArray|Object\.(is|hasOwn|is\w+)|DataView|(Shared)?ArrayBuffer|Text(En|De)coder|(set|clear)\w+|queueMicrotask|fetch|(console|performance|crypto|Deno(?!\.inspect)|Atomics|WebAssembly|process|node:(fs|crypto|assert|os|perf_hooks|timers|process|zlib|async_hooks))(\W.*)?|node:path(\/posix)?\.(posix\.)?extname)$/;
/** What of the system gives a path again. */
const SAME_PATH =
  /^(Deno|node:fs(\/promises|\.promises)?)\.(realPath|realpath|readLink|readlink)(Sync)?$/;
/** Methods of a list that give one of what it holds. */
const ONE = /^(at|pop|shift|find|findLast|get|next|item)$/;
/** Methods that give a list, a map or a set as it is, or a part of it. */
const SAME_LIST =
  /^(filter|sort|toSorted|reverse|toReversed|splice|toSpliced|with|subarray|union|intersection|difference|symmetricDifference|take|drop|toArray|finally|deref)$/;
/** Methods of a text, or of both, that give such again. */
const PART = /^(slice|concat|valueOf)$/;
/** Methods of a text that tell something of it. */
const TELLS_OF_TEXT =
  /^(startsWith|endsWith|includes|indexOf|lastIndexOf|search|localeCompare|charCodeAt|codePointAt|isWellFormed|test|has|some|every|findIndex|findLastIndex|forEach|push|unshift|set|add|delete|clear)$/;
/** What gives something else than what is in what they are called on. */
const MAKES = /^(concat|map|flatMap|reduce|reduceRight|then|catch)$/;
/** What lists a folder. */
const LISTS = /^(Deno\.readDir|node:fs(\/promises|\.promises)?\.readdir)(Sync)?$/;
/** What reads a file, or an address, whole. */
const READS_TABLE =
  /^(fetch|qvim\.readSimilarities|(Deno|node:fs(\/promises|\.promises)?)\.read(Text)?File(Sync)?)$/;
/** What asks the system about a file. */
const ASKS_FILE = /^(Deno\.l?stat(Sync)?|node:fs(\/promises|\.promises)?\.l?stat(Sync)?)$/;

/** What a call or a `new` gives, of what the runtime has. */
export function flowOfCall(
  path: NodePath<t.CallExpression>,
  args: NodePath[],
  resolver: Resolver,
  known: Known,
): Flow {
  const callee = bare(path.get("callee") as NodePath);
  const given = known.given(args).map((flow) => known.objects.withKept(flow));
  const named = resolver.names(callee).map((name) => {
    const [file] = args;
    if (file && LISTS.test(name) && isOfData(resolver, file)) return listOf(NAMED);
    if (!file || !READS_TABLE.test(name)) return ofNamed(name, path, args, given, known);
    return given[0].isName || known.state.written.has(file, resolver) ? NOTHING : HELD;
  });
  if (!callee.isMemberExpression() && !callee.isOptionalMemberExpression()) return join(...named);
  const key = resolver.key(callee as NodePath<t.MemberExpression>) ?? "";
  // A digest is one whatever has it.
  if (key === "digest") return MARKED;
  // `new TextDecoder().decode(bytes)`
  if (key === "decode" && given.some(({ isHeld }) => isHeld)) return HELD;
  if (key === "split" && known.isText(callee.get("object") as NodePath)) return listOf(HELD);
  const object = known.objects.withKept(known.of(callee.get("object") as NodePath));
  // What keeps something hands on what is kept by what it gives: `stream.getReader()`.
  if (madeBy(object).some((it) => known.objects.keeps(it))) return join(object, ...named, ...given);
  return join(...named, ofMethod(object, key, args, given, known));
}

function ofNamed(
  name: string,
  path: NodePath,
  args: NodePath[],
  given: Flow[],
  known: Known,
): Flow {
  const [first = NOTHING] = given;
  const met = () => metIn(known.objects.asList(first));
  if (ASKS_FILE.test(name)) return isNothing(first) ? NOTHING : MARKED;
  if (SAME.test(name)) return join(...given);
  if (SAME_PATH.test(name)) return asText(first);
  // A DOMException is made of what it is called, too.
  const isError = /^\w*Error$/.test(name) ||
    name === "DOMException" && !given.slice(1).some(holdsName);
  if (isError) return { ...asNames(args, given, known), error: "whole" };
  switch (name) {
    case "Promise":
      return known.state.kept.get(path.node) ?? NOTHING;
    case "Promise.withResolvers":
      return RECORD;
    case "Promise.race":
    case "Promise.any":
      return met();
    case "Promise.try":
      return args[0] ? known.returnedBy(args[0]) : NOTHING;
    case "Array":
    case "Array.of":
      return listOf(join(...given));
    case "JSON.stringify":
      return ofJson(first, asNames(args, given, known), known);
    case "JSON.parse":
      // It may be a list of objects.
      if (first.isRecord) return { ...RECORD, of: RECORD };
      if (first.isHeld || known.isText(args[0])) return HELD;
      return first.isName ? { ...NAMED, keys: NAMED, of: NAMED } : NOTHING;
    case "Map":
    case "WeakMap":
    case "Object.fromEntries":
      return ofEntries(met(), name !== "Object.fromEntries");
    case "Set":
    case "Array.from":
    case "Array.fromAsync":
      return listOf(args[1] ? known.returnedBy(args[1]) : met());
    case "Object.keys":
    case "Object.getOwnPropertyNames":
    case "Reflect.ownKeys":
      return listOf(keysOf(first));
    case "Object.values":
      return listOf(valuesOf(first, args, known));
    case "Object.entries":
      return listOf(tupleOf([keysOf(first), valuesOf(first, args, known)]));
    case "Object.assign":
      return join(...given);
    case "Object.groupBy":
    case "Map.groupBy":
      return tableOf(
        args[1] ? known.returnedBy(args[1]) : NOTHING,
        listOf(met()),
        name === "Map.groupBy",
      );
    default:
      return ofOther(name, path, args, given, known);
  }
}

/** What else the runtime has gives what it is given, in whatever form; a package hears a sound by its name. */
function ofOther(
  name: string,
  path: NodePath,
  args: NodePath[],
  given: Flow[],
  known: Known,
): Flow {
  if (/^qvim\b/.test(name) || isOfPackage(name) || TELLS.test(name)) return NOTHING;
  const names = asNames(args, given, known);
  if (!path.isNewExpression() || !known.objects.keeps(path)) return names;
  const kept = join(...given, refTo(path));
  // An event has what it is given under the names that this has there.
  return /Event$/.test(name) ? kept : join(kept, names, listOf(names));
}

/** A text of what is given, if names are in that. */
function asNames(args: NodePath[], given: Flow[], known: Known): Flow {
  return {
    isName: given.some(holdsName) || args.some((arg) => known.holds(arg)),
    isMark: given.some(({ isMark }) => isMark),
  };
}

/** The text of objects has in it what these have under names that are written in the program. */
function ofJson(flow: Flow, names: Flow, { state }: Known): Flow {
  const isRecord = hasRecord(flow);
  const isName = names.isName || isRecord && [...state.ofRecords.values()].some(holdsName);
  return { ...names, isName, isRecord };
}

function hasRecord(flow: Flow): boolean {
  const held = elementOf(flow);
  return flow.isRecord === true || held !== undefined && hasRecord(held);
}

function valuesOf(flow: Flow, [object]: NodePath[], known: Known): Flow {
  const fields = flow.isRecord && object ? known.fieldsOf(object) : NOTHING;
  return join(elementOf(flow), flow.isHeld ? HELD : NOTHING, fields);
}

function ofEntries(entry: Flow, isMap: boolean): Flow {
  const [keys, of] = entry.items ?? [entry.of, entry.of];
  return tableOf(keys ?? NOTHING, of ?? NOTHING, isMap);
}

function ofMethod(
  object: Flow,
  key: string,
  args: NodePath[],
  given: Flow[],
  known: Known,
): Flow {
  // `[0, 1].map((i) => ids[i])` gives what it calls gives.
  if (isNothing(object) && !MAKES.test(key)) return NOTHING;
  if (object.error === "whole" && key !== "toString") return NOTHING;
  const own = ownOf(object);
  const of = object.isMap ? object.of ?? NOTHING : elementOf(object) ?? NOTHING;
  if (ONE.test(key)) return join(own, of);
  if (SAME_LIST.test(key)) return object;
  if (PART.test(key)) return join(object, key === "concat" ? join(...given) : NOTHING);
  switch (key) {
    case "split":
    case "match":
    case "matchAll":
      return listOf(own);
    case "values":
      return listOf(join(own, of));
    case "keys":
      return listOf(keysOf(object));
    case "entries":
      return listOf(tupleOf([keysOf(object), of]));
    case "join":
      return ownOf(of);
    case "flat":
      return listOf(join(of, elementOf(of)));
    case "map":
      return listOf(args[0] ? known.returnedBy(args[0]) : NOTHING);
    case "flatMap": {
      const returned = args[0] ? known.returnedBy(args[0]) : NOTHING;
      return listOf(join(elementOf(returned)));
    }
    case "toString":
    case "toLocaleString":
      return asText(object);
    case "then":
    case "catch":
      return args[0] ? known.returnedBy(args[0]) : object;
    case "reduce":
    case "reduceRight":
      return join(given[1], args[0] ? known.returnedBy(args[0]) : NOTHING);
    default:
      // `id.padStart(20)`, and whatever else texts have.
      return TELLS_OF_TEXT.test(key) ? NOTHING : own;
  }
}

/** Whether a folder is one of the data's. */
function isOfData(resolver: Resolver, folder: NodePath): boolean {
  return resolver.resolve(folder).some((it) => it.kind === "text" && it.text.startsWith(DATA));
}

/** What stands at a place or under a key that can't be told. */
export function ofTextOrList(object: Flow): Flow {
  return join(ownOf(object), elementOf(object));
}

/** What every object has, or a list or a map. */
const OF_ALL = new Set(
  [Object, Array, Map, Promise].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
);

/** Whether a sound is asked for by a name that the program knows, where names of sounds are the keys. */
export function isAskedFor(flow: Flow, key: string | undefined): boolean {
  return key !== undefined && flow.keys?.isName === true && !flow.isMap && !flow.isRecord &&
    !flow.isName && !OF_ALL.has(key);
}

export function holdsName(flow: Flow): boolean {
  return flow.isName ||
    [flow.keys, elementOf(flow)].some((it) => it !== undefined && holdsName(it));
}
