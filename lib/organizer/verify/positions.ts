/** Where in the syntax an expression stands, and what may become of it there. */
import type { NodePath } from "@babel/traverse";

const skip = (path: NodePath) => path.skip();

/** For visitors: types are no code. */
export const TYPES = {
  TSType: skip,
  TSTypeAnnotation: skip,
  TSTypeParameterInstantiation: skip,
  TSTypeParameterDeclaration: skip,
  TSInterfaceDeclaration: skip,
  TSTypeAliasDeclaration: skip,
  TSInterfaceHeritage: skip,
  TSClassImplements: skip,
  TSDeclareMethod: skip,
  TSDeclareFunction: skip,
  TSIndexSignature: skip,
};

/** Whether a chain of names goes on: the whole of it is looked at, not its beginning. */
export function isBeginning(path: NodePath): boolean {
  const { parentPath } = path;
  return parentPath !== null && path.key === "object" &&
    (parentPath.isMemberExpression() || parentPath.isOptionalMemberExpression());
}

/** Whether it is called, or something is made of it. */
export function isCalled(path: NodePath): boolean {
  const { parentPath } = path;
  if (parentPath === null) return false;
  if (isWrapping(parentPath)) return isCalled(parentPath);
  return (parentPath.isCallExpression() || parentPath.isOptionalCallExpression() ||
    parentPath.isNewExpression()) && path.key === "callee";
}

/** Whether only its kind is asked for. What asks with it may be called: `Deno instanceof mine`. */
export function isOnlyAsked({ parentPath, key }: NodePath): boolean {
  if (parentPath?.isUnaryExpression({ operator: "typeof" })) return true;
  if (!parentPath?.isBinaryExpression()) return false;
  const { operator } = parentPath.node;
  return /^[!=]==?$/.test(operator) || key === "right" && /^(in|instanceof)$/.test(operator);
}

/** Whether an expression is its only part but for types. */
export function isWrapping({ node }: NodePath): boolean {
  return /^(TS(AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion)|ParenthesizedExpression)$/
    .test(node.type);
}

/** An expression without types around it. */
export function bare(path: NodePath): NodePath {
  return isWrapping(path) ? bare(path.get("expression") as NodePath) : path;
}

/** What a value is given to by another name: the pattern that it goes to. */
export function givenTo(path: NodePath): NodePath | undefined {
  const { parentPath } = path;
  if (parentPath === null) return undefined;
  if (isWrapping(parentPath)) return givenTo(parentPath);
  if (parentPath.isVariableDeclarator() && path.key === "init") {
    return parentPath.get("id") as NodePath;
  }
  const isAssigned = parentPath.isAssignmentExpression() && path.key === "right" &&
    /^(=|\?\?=|\|\|=|&&=)$/.test(parentPath.node.operator) &&
    (parentPath.parentPath.isExpressionStatement() || parentPath.parentPath.isForStatement());
  return isAssigned ? parentPath.get("left") as NodePath : undefined;
}

/** Whether an object is used otherwise than for something that it has, or to be given another name. */
export function isHandedOn(path: NodePath): boolean {
  const { parent } = path;
  switch (parent.type) {
    case "MemberExpression":
    case "OptionalMemberExpression":
      return path.key !== "object";
    case "VariableDeclarator":
    case "AssignmentExpression":
    case "UnaryExpression":
      return false;
    case "TSAsExpression":
    case "TSNonNullExpression":
    case "TSSatisfiesExpression":
    case "ParenthesizedExpression":
    case "SequenceExpression":
      return isHandedOn(path.parentPath!);
    default:
      return true;
  }
}
