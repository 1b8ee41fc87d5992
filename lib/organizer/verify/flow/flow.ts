/**
 * Where the names of sounds may be in a value: in itself, in its keys, in what it holds. What is kept in
 * lists, maps and objects is followed by this where what it is exactly can't be told any longer.
 */

import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";

/**
 * Functions of the program, and calls that make objects and promises, by their nodes: who has one can
 * call it, or is handed what it keeps.
 */
export type Refs = ReadonlyMap<t.Node, NodePath>;

/** What may be in a value. */
export interface Flow {
  /** It may be the name or the path of a sound. */
  isName: boolean;
  /** It may be a digest or the size of a sound's file, by which that is known again. */
  isMark: boolean;
  /** It is of a table that the notebook holds, or reads from a file that it does not write. */
  isHeld?: boolean;
  /** What its keys are, of a map or an object. */
  keys?: Flow;
  /** What it holds. */
  of?: Flow;
  /** What it holds at each place, of a list of a few. */
  items?: Flow[];
  /** A map: what goes over it meets its keys as well. */
  isMap?: boolean;
  /** An object with such under names that are written in the program: what, is known by those. */
  isRecord?: boolean;
  /** An error: what it was made of is in what it says, and in nothing else of it; or what one says. */
  error?: "whole" | "said";
  /** What it may be that can be called, or keeps something; {@linkcode MANY} where it is one of too many. */
  refs?: Refs;
}

/** Lists in lists are not followed any deeper, and the places of longer ones are not told apart. */
const MAX_DEPTH = 4, MOST_PLACES = 8;
/** More functions and objects than these are not told apart. */
const MOST_REFS = 16;

/** Stands for all functions of a program. */
export const MANY: Refs = new Map();

export const NOTHING: Flow = { isName: false, isMark: false };
export const NAMED: Flow = { isName: true, isMark: false };
export const HELD: Flow = { isName: false, isMark: false, isHeld: true };
export const MARKED: Flow = { isName: false, isMark: true };
/** Sounds by their ids, as a model is handed them. */
export const SOUNDS: Flow = { ...NOTHING, keys: NAMED, of: NAMED };

export const RECORD: Flow = { ...NOTHING, isRecord: true };

export function isNothing(flow: Flow): boolean {
  return flow === NOTHING ||
    !flow.isName && !flow.isMark && !flow.isRecord && !flow.isHeld && flow.refs === undefined &&
      flow.keys === undefined && flow.of === undefined && flow.items === undefined;
}

/** What may be one function, or one object. */
export function refTo(path: NodePath): Flow {
  return { ...NOTHING, refs: new Map([[path.node, path]]) };
}

function joinedErrors(a: Flow, b: Flow): Flow["error"] {
  if (a.error === b.error || a.error === undefined) return a.error;
  return b.error && "said";
}

function joinedRefs(a?: Refs, b?: Refs): Refs | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  if (a === MANY || b === MANY) return MANY;
  const more = [...b].filter(([node]) => !a.has(node));
  if (more.length === 0) return a;
  return a.size + more.length > MOST_REFS ? MANY : new Map([...a, ...more]);
}

/** What one of several may be. */
export function join(...flows: (Flow | undefined)[]): Flow {
  return flows.reduce<Flow>((sum, flow) => joined(sum, flow ?? NOTHING, 0), NOTHING);
}

function joined(a: Flow, b: Flow, depth: number): Flow {
  if (a === b || isNothing(b)) return a;
  if (isNothing(a)) return b;
  const inner = (x?: Flow, y?: Flow) => {
    if (x === undefined || y === undefined) return x ?? y;
    return depth < MAX_DEPTH ? joined(x, y, depth + 1) : x;
  };
  const isTuple = a.items !== undefined && a.items.length === b.items?.length;
  const items = isTuple ? a.items!.map((item, i) => inner(item, b.items![i])!) : undefined;
  return {
    isName: a.isName || b.isName,
    isMark: a.isMark || b.isMark,
    isHeld: a.isHeld || b.isHeld,
    keys: inner(a.keys, b.keys),
    of: isTuple ? undefined : inner(elementOf(a), elementOf(b)),
    items,
    isMap: a.isMap || b.isMap,
    isRecord: a.isRecord || b.isRecord,
    error: a.isName && b.isName ? joinedErrors(a, b) : a.isName ? a.error : b.error,
    refs: joinedRefs(a.refs, b.refs),
  };
}

/** A list of such; what is too deep is what it holds itself. */
export function listOf(of: Flow): Flow {
  return isNothing(of) || depthOf(of) >= MAX_DEPTH ? of : { ...NOTHING, of };
}

/** A list whose places are told apart. */
export function tupleOf(items: Flow[]): Flow {
  if (items.length > MOST_PLACES) return listOf(join(...items));
  if (items.every(isNothing)) return NOTHING;
  if (items.some((item) => depthOf(item) >= MAX_DEPTH)) return join(...items);
  return { ...NOTHING, items };
}

/** An object or a map. */
export function tableOf(keys: Flow, of: Flow, isMap = false): Flow {
  if (isNothing(keys) && isNothing(of)) return NOTHING;
  if (Math.max(depthOf(keys), depthOf(of)) >= MAX_DEPTH) return join(keys, of);
  return {
    ...NOTHING,
    keys: isNothing(keys) ? undefined : keys,
    of: isNothing(of) ? undefined : of,
    isMap,
  };
}

function depthOf({ keys, of, items = [] }: Flow): number {
  const inner = [keys, of, ...items].filter((it) => it !== undefined);
  return inner.length === 0 ? 0 : 1 + Math.max(...inner.map(depthOf));
}

/** Whatever it holds, under a key that can't be told. */
export function elementOf(flow: Flow): Flow | undefined {
  return flow.items === undefined ? flow.of : join(flow.of, ...flow.items);
}

/** What it holds at a place. */
export function itemOf(flow: Flow, index: number): Flow {
  return flow.items?.[index] ?? flow.of ?? NOTHING;
}

/** What a loop over it meets. */
export function metIn(flow: Flow): Flow {
  // What a text has is letters of it.
  if (flow.isMap) return tupleOf([flow.keys ?? NOTHING, flow.of ?? NOTHING]);
  const inText = join(flow.isName ? NAMED : NOTHING, flow.isHeld ? HELD : NOTHING);
  return flow.isHeld ? join(elementOf(flow), inText) : elementOf(flow) ?? inText;
}

/** Whether nothing more is in one than in the other. */
export function isSame(a: Flow, b: Flow): boolean {
  if (a === b) return true;
  const one = (x?: Flow, y?: Flow) => isSame(x ?? NOTHING, y ?? NOTHING);
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  return a.isName === b.isName && a.isMark === b.isMark && !a.isHeld === !b.isHeld &&
    !a.isMap === !b.isMap &&
    !a.isRecord === !b.isRecord && a.error === b.error && isSameRefs(a.refs, b.refs) &&
    one(a.keys, b.keys) && one(a.of, b.of) && a.items?.length === b.items?.length &&
    (a.items ?? []).every((item, i) => isSame(item, b.items![i]));
}

/** Refs only grow: as many are the same ones. */
function isSameRefs(a?: Refs, b?: Refs): boolean {
  return a === b || a !== MANY && b !== MANY && a?.size === b?.size;
}

/** What is in a value itself, or in a part of its text. */
export function ownOf({ isName, isMark, isHeld, error }: Flow): Flow {
  return { isName, isMark, isHeld, error: error && "said" };
}

/** What its keys may be. */
export function keysOf(flow: Flow): Flow {
  return join(flow.keys, flow.isHeld ? HELD : NOTHING);
}

/** What is in the text of something: of a list, in all that it holds. */
export function asText(flow: Flow): Flow {
  const own = ownOf(flow);
  const held = elementOf(flow);
  return held === undefined || flow.keys !== undefined ? own : join(own, asText(held));
}
