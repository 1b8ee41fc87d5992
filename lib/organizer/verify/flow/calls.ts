/** Where names of sounds are in what functions and methods of the runtime give. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import {
  elementOf,
  type Flow,
  isNothing,
  join,
  listOf,
  MARKED,
  metIn,
  NAMED,
  NOTHING,
  tableOf,
  tupleOf,
} from "./flow.ts";
import type { Resolver } from "../resolver.ts";
import { DATA } from "../values.ts";

/** What is known of what is called with. */
interface Known {
  of(path: NodePath): Flow;
  /** What arguments are, or give where they are spread. */
  given(args: NodePath[]): Flow[];
  /** What a function that is handed on gives. */
  returnedBy(path: NodePath): Flow;
}

/** Functions that give what they are given, in another form or as it is. */
const SAME =
  /^(Object|String|WeakRef|structuredClone|Promise\.(resolve|all|allSettled|race|any)|Object\.(freeze|seal|preventExtensions|create)|Array\.(of|fromAsync)|Iterator\.from|URL|URLSearchParams|Request|\w*Error|(de|en)codeURI(Component)?|(un)?escape|btoa|atob|node:path(\/posix)?\.(posix\.)?(join|resolve|normalize|basename|relative|dirname|format)|node:url\.(URL|fileURLToPath|pathToFileURL))$/;
/** Methods of a list that give one of what it holds. */
const ONE = /^(at|pop|shift|find|findLast|get|next|item)$/;
/** Methods that give a list, a map or a set as it is, or a part of it. */
const SAME_LIST =
  /^(filter|sort|toSorted|reverse|toReversed|splice|toSpliced|with|subarray|union|intersection|difference|symmetricDifference|take|drop|toArray|finally|deref)$/;
/** Methods of a text, or of both, that give such again. */
const PART =
  /^(slice|concat|substring|substr|toLowerCase|toUpperCase|toLocaleLowerCase|toLocaleUpperCase|trim|trimStart|trimEnd|normalize|replace|replaceAll|padStart|padEnd|repeat|charAt|toString|valueOf|toWellFormed)$/;
/** What gives something else than what is in what they are called on. */
const MAKES = /^(concat|map|flatMap|reduce|reduceRight|then|catch)$/;
/** What lists a folder. */
const LISTS = /^(Deno\.readDir|node:fs(\/promises|\.promises)?\.readdir)(Sync)?$/;
/** What asks the system about a file. */
const ASKS_FILE = /^(Deno\.l?stat(Sync)?|node:fs(\/promises|\.promises)?\.l?stat(Sync)?)$/;

/** What a call or a `new` gives, of what the runtime has. */
export function flowOfCall(
  path: NodePath<t.CallExpression>,
  args: NodePath[],
  resolver: Resolver,
  known: Known,
): Flow {
  const callee = path.get("callee") as NodePath;
  const given = known.given(args);
  const named = resolver.names(callee).map((name) =>
    LISTS.test(name) && args[0] && isOfData(resolver, args[0])
      ? listOf(NAMED)
      : ofNamed(name, args, given, known)
  );
  if (!callee.isMemberExpression() && !callee.isOptionalMemberExpression()) return join(...named);
  const key = resolver.key(callee as NodePath<t.MemberExpression>) ?? "";
  // A digest is one whatever has it.
  if (key === "digest") return MARKED;
  const object = known.of(callee.get("object") as NodePath);
  return join(...named, ofMethod(object, key, args, given, known));
}

function ofNamed(name: string, args: NodePath[], given: Flow[], known: Known): Flow {
  const [first = NOTHING] = given;
  if (ASKS_FILE.test(name)) return isNothing(first) ? NOTHING : MARKED;
  if (SAME.test(name)) return join(...given);
  switch (name) {
    case "JSON.stringify":
      return holdsName(first) ? NAMED : NOTHING;
    case "JSON.parse":
      return first.isName ? { ...NAMED, keys: NAMED, of: NAMED } : NOTHING;
    case "Map":
    case "WeakMap":
    case "Object.fromEntries":
      return ofEntries(metIn(first), name !== "Object.fromEntries");
    case "Set":
    case "Array.from":
      return listOf(args[1] ? known.returnedBy(args[1]) : metIn(first));
    case "Object.keys":
    case "Object.getOwnPropertyNames":
    case "Reflect.ownKeys":
      return listOf(first.keys ?? NOTHING);
    case "Object.values":
      return listOf(elementOf(first) ?? NOTHING);
    case "Object.entries":
      return listOf(tupleOf([first.keys ?? NOTHING, elementOf(first) ?? NOTHING]));
    case "Object.assign":
      return join(...given);
    case "Object.groupBy":
    case "Map.groupBy":
      return tableOf(
        args[1] ? known.returnedBy(args[1]) : NOTHING,
        listOf(metIn(first)),
        name === "Map.groupBy",
      );
    default:
      return NOTHING;
  }
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
  const own = { isName: object.isName, isMark: object.isMark };
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
      return listOf(object.keys ?? NOTHING);
    case "entries":
      return listOf(tupleOf([object.keys ?? NOTHING, of]));
    case "join":
      return { isName: of.isName, isMark: of.isMark };
    case "flat":
      return listOf(join(of, elementOf(of)));
    case "map":
      return listOf(args[0] ? known.returnedBy(args[0]) : NOTHING);
    case "flatMap": {
      const returned = args[0] ? known.returnedBy(args[0]) : NOTHING;
      return listOf(join(elementOf(returned)));
    }
    case "then":
    case "catch":
      return args[0] ? known.returnedBy(args[0]) : object;
    case "reduce":
    case "reduceRight":
      return join(given[1], args[0] ? known.returnedBy(args[0]) : NOTHING);
    default:
      return NOTHING;
  }
}

/** Whether a folder is one of the data's. */
function isOfData(resolver: Resolver, folder: NodePath): boolean {
  return resolver.resolve(folder).some((it) => it.kind === "text" && it.text.startsWith(DATA));
}

/** What stands at a place or under a key that can't be told. */
export function ofTextOrList(object: Flow): Flow {
  return join({ isName: object.isName, isMark: object.isMark }, elementOf(object));
}

export function holdsName(flow: Flow): boolean {
  return flow.isName ||
    [flow.keys, elementOf(flow)].some((it) => it !== undefined && holdsName(it));
}
