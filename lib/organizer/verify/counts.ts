/** What is a number, or a digest, by its name, whatever has it: unless the program itself gives the name to more. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Resolver } from "./resolver.ts";
import { isSmall, PIECE, UNKNOWN, type Value } from "./values.ts";

/** Fields that are counts, whatever has them. */
export const COUNTS =
  /^(length|size|byteLength|byteOffset|sampleRate|numberOfChannels|lineno|line|cell)$/;

/** What a field gives that is a count, of an object of which nothing is known. */
export function counted(
  resolver: Resolver,
  program: NodePath | undefined,
  key: string,
  depth: number,
): Value[] {
  return isOwn(resolver, program, key, depth, (values) => values) ? UNKNOWN : PIECE;
}

/** What a method gives that counts, of an object of which nothing is known. */
export function countedBy(
  resolver: Resolver,
  program: NodePath,
  key: string,
  depth: number,
): Value[] {
  const called = (values: Value[]) => resolver.returned(values, depth + 1);
  return isOwn(resolver, program, key, depth, called) ? UNKNOWN : PIECE;
}

/** Whether the program has such a field or method of its own that gives something else. */
function isOwn(
  resolver: Resolver,
  program: NodePath | undefined,
  key: string,
  depth: number,
  given: (values: Value[]) => Value[],
): boolean {
  if (program === undefined) return false;
  return resolver.fields(program).allOf(key).some((member) => {
    if (member === undefined) return true;
    const values = member.isMethod() && (member.node as t.ObjectMethod).kind !== "get"
      ? given([{ kind: "code", path: member }])
      : member.isMethod()
      ? resolver.returned([{ kind: "code", path: member }], depth + 1)
      : given(resolver.resolve(valueOf(member), depth + 1));
    return !values.every(isSmall);
  });
}

function valueOf(member: NodePath): NodePath {
  const isField = member.isObjectProperty() || member.isClassProperty() ||
    member.isClassPrivateProperty() || member.isClassAccessorProperty();
  return isField ? member.get("value") as NodePath : member;
}
