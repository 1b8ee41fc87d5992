import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Fields } from "./fields.ts";
import { keyText } from "./functions.ts";
import { UNKNOWN, type Value } from "./values.ts";

/** What `this` may stand for. */
export function thisOf(resolver: { fields(path: NodePath): Fields }, path: NodePath): Value[] {
  const owner = thisOwner(path);
  if (owner === undefined) return [{ kind: "name", name: "globalThis" }];
  const values = ofOwner(owner);
  return owner.isMethod() && isBorrowed(owner, resolver.fields(owner))
    ? [...values, ...UNKNOWN]
    : values;
}

/** What `this` is that of: a member of a class or an object, a function; undefined for the global one. */
export function thisOwner(path: NodePath): NodePath | undefined {
  const owner = path.findParent((parent) =>
    parent.isFunction() && !parent.isArrowFunctionExpression() || parent.isClassProperty() ||
    parent.isClassPrivateProperty() || parent.isClassAccessorProperty() || parent.isStaticBlock()
  );
  return owner ?? undefined;
}

/** Whether a method may be called on something else than what has it. */
function isBorrowed(method: NodePath<t.Method>, fields: Fields): boolean {
  const has = method.isObjectMethod() ? method.parent : method.parentPath!.parent;
  if (fields.isCalled(has)) return true;
  const key = keyText(method.node as t.ClassMethod);
  return method.node.kind === "method" && (key === undefined || fields.isTakenOut(key));
}

function ofOwner(owner: NodePath): Value[] {
  if (owner.isObjectMethod()) return [{ kind: "code", path: owner.parentPath }];
  const isMember = owner.isClassMethod() || owner.isClassPrivateMethod() ||
    owner.isClassProperty() ||
    owner.isClassPrivateProperty() || owner.isClassAccessorProperty() || owner.isStaticBlock();
  if (!isMember) return UNKNOWN;
  const isStatic = owner.isStaticBlock() || (owner.node as t.ClassMethod).static === true;
  return [{ kind: isStatic ? "code" : "instance", path: owner.parentPath!.parentPath! }];
}
