/** What functions are called with, and what they give. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Fields } from "./fields.ts";

/** A call of a function: how its arguments are found. */
export interface Call {
  path: NodePath;
  /** The argument at an index; undefined where the call does not tell. */
  argument(index: number): NodePath | "none" | "element" | "count" | undefined;
  /** What a callback goes over. */
  over?: NodePath;
}

/** Methods of lists that call a function: which of its parameters are elements, and which counts. */
const CALLS_BACK = new Map<string, ("element" | "count" | undefined)[]>([
  ...["map", "forEach", "filter", "some", "every", "find", "findIndex", "findLast", "flatMap"].map(
    (name) => [name, ["element", "count"]] as [string, ("element" | "count")[]],
  ),
  ["sort", ["element", "element"]],
  ["toSorted", ["element", "element"]],
  ["reduce", [undefined, "element", "count"]],
  ["reduceRight", [undefined, "element", "count"]],
]);

/** All calls of a function; undefined where it may be called from elsewhere. */
export function callsOf(handler: NodePath, fields: () => Fields): Call[] | undefined {
  const { parentPath } = handler;
  const direct = parentPath && callBy(handler);
  if (direct !== undefined && direct !== null) return [direct];
  if (handler.isMethod()) return callsOfMethod(handler, fields);
  if (parentPath?.isObjectProperty() || parentPath?.isClassProperty()) {
    return callsOfKey(parentPath, fields);
  }
  const name = handler.isFunctionDeclaration()
    ? handler.node.id?.name
    : parentPath?.isVariableDeclarator() && parentPath.node.id.type === "Identifier"
    ? parentPath.node.id.name
    : undefined;
  const scope = handler.isFunctionDeclaration() ? parentPath!.scope : handler.scope.parent;
  const binding = name === undefined ? undefined : scope?.getBinding(name);
  if (binding === undefined || !binding.constant) return undefined;
  return allCalls([...binding.referencePaths, ...innerReferences(handler)]);
}

/** Uses of the name that a function or a class expression has for itself. */
function innerReferences(path: NodePath): NodePath[] {
  if (!path.isFunctionExpression() && !path.isClassExpression()) return [];
  const name = path.node.id?.name;
  const binding = name === undefined ? undefined : path.scope.getOwnBinding(name);
  return binding?.referencePaths ?? [];
}

/** The call of which a reference to a function is the callee, or that calls it back. */
function callBy(reference: NodePath): Call | undefined {
  const { parentPath } = reference;
  if (parentPath === null) return undefined;
  if (parentPath.isTSAsExpression() || parentPath.isTSNonNullExpression()) {
    return callBy(parentPath);
  }
  const isCall = parentPath.isCallExpression() || parentPath.isOptionalCallExpression() ||
    parentPath.isNewExpression();
  if (!isCall) return undefined;
  const args = parentPath.get("arguments") as NodePath[];
  if (reference.key === "callee") {
    const spread = args.findIndex((arg) => arg.isSpreadElement());
    return {
      path: parentPath,
      argument: (index) => spread >= 0 && index >= spread ? undefined : args[index] ?? "none",
    };
  }
  const callee = parentPath.get("callee") as NodePath;
  if (reference.listKey !== "arguments" || !callee.isMemberExpression() || callee.node.computed) {
    return undefined;
  }
  const method = (callee.node.property as t.Identifier).name;
  const object = callee.get("object") as NodePath;
  const isArray = object.isIdentifier() && /^(\w+\d)?(Clamped)?Array$/.test(object.node.name) &&
    !object.scope.hasBinding(object.node.name, true);
  if (reference.key === 1 && method === "from" && isArray) {
    return {
      path: parentPath,
      argument: (index) => index === 0 ? "element" : "count",
      over: args[0],
    };
  }
  const parameters = reference.key === 0 ? CALLS_BACK.get(method) : undefined;
  if (parameters === undefined) return undefined;
  return { path: parentPath, argument: (index) => parameters[index], over: object };
}

function callsOfMethod(method: NodePath, fields: () => Fields): Call[] | undefined {
  const node = method.node as t.ClassMethod | t.ClassPrivateMethod | t.ObjectMethod;
  if (node.kind === "constructor") {
    const owner = method.parentPath!.parentPath!;
    const { id } = owner.node as t.Class;
    const ofClass = owner.isClassExpression() && owner.parentPath.isVariableDeclarator() &&
        owner.parentPath.node.id.type === "Identifier"
      ? owner.parentPath.node.id.name
      : id?.name;
    const binding = ofClass === undefined ? undefined : owner.parentPath!.scope.getBinding(ofClass);
    return binding && allCalls([...binding.referencePaths, ...innerReferences(owner)]);
  }
  return callsOfKey(method, fields);
}

/** The calls of a function that is a field of something. */
function callsOfKey(owner: NodePath, fields: () => Fields): Call[] | undefined {
  const key = keyText(owner.node as t.ObjectProperty);
  const uses = key === undefined ? undefined : fields().usesOf(key);
  if (uses === undefined) return undefined;
  if (!calls.has(uses)) {
    calls.set(uses, allCalls(uses.filter((use) => !isOfRuntime(use, fields))));
  }
  return calls.get(uses);
}

/** The calls that uses of a field are: looked for once, however many classes have one of that name. */
const calls = new WeakMap<NodePath[], Call[] | undefined>();

/** Whether a method is one of a collection of the runtime's: `this.#memory.get` with `#memory = new Map()`. */
function isOfRuntime(use: NodePath, fields: () => Fields): boolean {
  if (!use.isMemberExpression() || use.key !== "callee") return false;
  const object = use.get("object");
  if (object.isIdentifier()) {
    const binding = object.scope.getBinding(object.node.name);
    return binding?.constant === true && binding.path.isVariableDeclarator() &&
      isCollection(binding.path.get("init") as NodePath);
  }
  if (!object.isMemberExpression() || !object.get("object").isThisExpression()) return false;
  const { property, computed } = object.node;
  if (computed) return false;
  const key = property.type === "PrivateName"
    ? `#${property.id.name}`
    : (property as t.Identifier).name;
  const all = fields().allOf(key);
  return all.length > 0 &&
    all.every((field) =>
      field !== undefined && (field.isClassProperty() || field.isClassPrivateProperty()) &&
      isCollection(field.get("value") as NodePath)
    );
}

function isCollection(path: NodePath): boolean {
  if (!path.isNewExpression()) return false;
  const callee = path.get("callee");
  return callee.isIdentifier() && /^(Weak)?(Map|Set)$/.test(callee.node.name) &&
    !callee.scope.hasBinding(callee.node.name, true);
}

export function keyText(
  node: t.ObjectProperty | t.ClassMethod | t.ClassPrivateMethod,
): string | undefined {
  const { key } = node;
  if (key.type === "PrivateName") return `#${key.id.name}`;
  if (key.type === "StringLiteral") return key.value;
  return key.type === "Identifier" && !(node as t.ObjectProperty).computed ? key.name : undefined;
}

function allCalls(references: NodePath[]): Call[] | undefined {
  const calls: Call[] = [];
  for (const reference of references) {
    const { parentPath } = reference;
    if (isType(reference)) continue;
    const call = callBy(reference);
    // To be asked for calls nothing.
    if (call !== undefined) calls.push(call);
    else if (!parentPath?.isBinaryExpression({ operator: "instanceof" })) return undefined;
  }
  return calls;
}

/** Whether a reference is one of types alone. */
export function isType(reference: NodePath): boolean {
  const { parent } = reference;
  return parent.type.startsWith("TS") &&
    !/^TS(As|NonNull|Satisfies|Instantiation)/.test(parent.type) &&
    parent.type !== "TSParameterProperty" && parent.type !== "TSExportAssignment" &&
    parent.type !== "TSEnumMember" && parent.type !== "TSTypeAssertion";
}

/** What functions return, by their nodes: looked for once, however often they are called. */
const returned = new WeakMap<t.Node, NodePath[] | undefined>();

/** What a function returns; undefined where that can't be told. */
export function returnsOf(handler: NodePath): NodePath[] | undefined {
  if (!returned.has(handler.node)) returned.set(handler.node, findReturns(handler));
  return returned.get(handler.node);
}

function findReturns(handler: NodePath): NodePath[] | undefined {
  const node = handler.node as t.Function;
  if (node.generator) return undefined;
  const body = handler.get("body") as NodePath;
  if (!body.isBlockStatement()) return [body];
  const found: NodePath[] = [];
  body.traverse({
    Function: (inner) => inner.skip(),
    ReturnStatement: (statement) => {
      if (statement.node.argument) found.push(statement.get("argument") as NodePath);
    },
  });
  return found;
}
