/** Constructors and prototypes: by them functions are made of texts, and what all share is changed. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isCalled } from "./positions.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";
import { isKnown } from "./values.ts";

/** Looks at a member by its name, and at one whose name may be that of such. */
export function checkPrototype(
  member: NodePath<t.MemberExpression>,
  key: string | undefined,
  remarks: Remarks,
  resolver: Resolver,
): void {
  const object = member.get("object") as NodePath;
  if (key === undefined) {
    const reason = risk(member, object, resolver);
    if (reason !== undefined) remarks.look(member, reason);
  }
  if (key === "constructor" && !isHarmlessConstructor(member)) {
    remarks.look(member, "takes .constructor, which makes functions of texts");
  }
  if (/^__(proto|defineGetter|defineSetter|lookupGetter|lookupSetter)__$/.test(key ?? "")) {
    remarks.look(member, `uses ${key}; whose prototype that is can't be told`);
  }
  if (key === "prototype" && !isOwnClass(object, resolver)) {
    remarks.look(member, "reaches a prototype that others share");
  }
}

/** Why something by an unknown name may be `constructor` or `__proto__`. */
function risk(
  member: NodePath<t.MemberExpression>,
  object: NodePath,
  resolver: Resolver,
): string | undefined {
  const key = resolver.resolve(member.get("property") as NodePath);
  const isBuilt = key.some((value) =>
    value.kind === "built" ||
    value.kind === "text" && /^(constructor|__proto__|prototype)$/.test(value.text)
  );
  if (isBuilt) {
    return "reaches into something by a name that is put together, or one of a prototype";
  }
  // An index is no name.
  if (
    key.every((value) => value.kind === "segment" || value.kind === "text" && isKnown(value.text))
  ) return undefined;
  const isFunction = resolver.resolve(object).some((value) =>
    value.kind === "code" && (value.path.isFunction() || value.path.isClass())
  );
  const isLiteral = object.isStringLiteral() || object.isNumericLiteral() ||
    object.isBooleanLiteral() || object.isRegExpLiteral() || object.isTemplateLiteral() ||
    object.isObjectExpression() || object.isFunction();
  if (isFunction || isLiteral) {
    return "reaches into a function or a text by a name that can't be told";
  }
  const isInner = (object.isMemberExpression() || object.isOptionalMemberExpression()) &&
    resolver.key(object as NodePath<t.MemberExpression>) === undefined;
  if (isInner && isCalled(member)) return "calls something by names that can't be told";
  // A name that is put together where it is called is put together to hide it.
  const isJoined = key.some((value) => value.kind === "text" && !isKnown(value.text));
  return isJoined && isCalled(member) ? "calls something by a name that can't be told" : undefined;
}

function isOwnClass(object: NodePath, resolver: Resolver): boolean {
  if (object.isThisExpression()) return true;
  const values = resolver.resolve(object);
  return values.every((value) =>
    value.kind === "code" && (value.path.isClass() || value.path.isFunction())
  );
}

/** `x.constructor.name` and comparisons ask what something is. */
function isHarmlessConstructor(path: NodePath): boolean {
  const { parent, parentPath } = path;
  if (parent.type === "MemberExpression" && path.key === "object") {
    return !parent.computed && parent.property.type === "Identifier" &&
      parent.property.name === "name";
  }
  return parentPath!.isBinaryExpression() && parentPath.node.operator !== "+";
}
