/** What is a number, or a digest, by its name, whatever has it: unless the program itself gives the name to more. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Resolver } from "./resolver.ts";
import { isSmall, PIECE, UNKNOWN, type Value } from "./values.ts";

/** Fields that are counts, whatever has them. */
export const COUNTS =
  /^(length|size|byteLength|byteOffset|sampleRate|numberOfChannels|lineno|line|cell)$/;

/** What was found of a name once, by resolver. */
const known = new WeakMap<Resolver, Map<string, boolean>>();

/** What a field gives that is a count, of an object of which nothing is known. */
export function counted(
  resolver: Resolver,
  program: NodePath | undefined,
  key: string,
  depth: number,
): Value[] {
  return program && isOwn(resolver, program, key, depth, false) ? UNKNOWN : PIECE;
}

/** What a method gives that counts, of an object of which nothing is known. */
export function countedBy(
  resolver: Resolver,
  program: NodePath,
  key: string,
  depth: number,
): Value[] {
  return isOwn(resolver, program, key, depth, true) ? UNKNOWN : PIECE;
}

/** Whether the program has such a field or method of its own that gives something else. */
function isOwn(
  resolver: Resolver,
  program: NodePath,
  key: string,
  depth: number,
  isCalled: boolean,
): boolean {
  let ofResolver = known.get(resolver);
  if (ofResolver === undefined) known.set(resolver, ofResolver = new Map());
  const name = isCalled ? `${key}()` : key;
  const before = ofResolver.get(name);
  if (before !== undefined) return before;
  // What is told by itself is not told.
  ofResolver.set(name, true);
  const found = resolver.fields(program).allOf(key).some((member) =>
    member === undefined || !given(resolver, member, isCalled, depth).every(isSmall)
  );
  ofResolver.set(name, found);
  return found;
}

/** What a member of that name gives where it is read, or called. */
function given(resolver: Resolver, member: NodePath, isCalled: boolean, depth: number): Value[] {
  const isGetter = member.isMethod() && (member.node as t.ObjectMethod).kind === "get";
  const values: Value[] = member.isMethod()
    ? [{ kind: "code", path: member }]
    : resolver.resolve(valueOf(member), depth + 1);
  return isGetter || isCalled ? resolver.returned(values, depth + 1) : values;
}

function valueOf(member: NodePath): NodePath {
  const isField = member.isObjectProperty() || member.isClassProperty() ||
    member.isClassPrivateProperty() || member.isClassAccessorProperty();
  return isField ? member.get("value") as NodePath : member;
}
