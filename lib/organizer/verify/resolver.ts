import { PATH_NAMES } from "../template.ts";
import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Place } from "./program.ts";
import {
  canonicalModule,
  concatenate,
  DATA,
  memberName,
  ROOT,
  UNKNOWN,
  type Value,
} from "./values.ts";

/** How many names in a row are followed. */
const MAX_DEPTH = 40;
const PATH_FUNCTIONS =
  /^(node:path|node:path\/posix|path)(\.default|\.posix)?\.(join|resolve|normalize)$/;

/** What is known of the modules that code imports. */
export interface Imports {
  /** What a local module exports under a name, `*` for all of it; undefined for a package. */
  exported(module: string, name: string): Value[] | undefined;
  /** Called for each import. */
  visit(module: string, place: Place): void;
}

/** Follows names to what they stand for. */
export class Resolver {
  constructor(private readonly imports: Imports) {}

  /** Tells of a module that is imported at a place. */
  visit(module: string, place: Place): void {
    this.imports.visit(module, place);
  }

  /** What expressions stand for, once that is known: each is looked at once. */
  readonly #known = new WeakMap<object, Value[]>();

  /** All that an expression may stand for. */
  resolve(path: NodePath, depth = 0): Value[] {
    const node = path.node as t.Node | null | undefined;
    if (depth > MAX_DEPTH || node === null || node === undefined) return UNKNOWN;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    // What refers to itself stands for nothing that is known.
    this.#known.set(node, UNKNOWN);
    const values = limit(this.#resolve(path, depth));
    this.#known.set(node, values);
    return values;
  }

  #resolve(path: NodePath, depth: number): Value[] {
    const node = path.node as t.Node | null;
    const inner = (key: string) => this.resolve(path.get(key) as NodePath, depth + 1);
    switch (node?.type) {
      case "Identifier":
        return this.#identifier(path as NodePath<t.Identifier>, depth);
      case "StringLiteral":
      case "NumericLiteral":
        return [{ kind: "text", text: String(node.value) }];
      case "TemplateLiteral":
        return this.#template(path as NodePath<t.TemplateLiteral>, depth);
      case "BinaryExpression":
        return node.operator === "+" ? concatenate(inner("left"), inner("right")) : UNKNOWN;
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.#member(path as NodePath<t.MemberExpression>, depth);
      case "AwaitExpression":
        return inner("argument");
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "ParenthesizedExpression":
        return inner("expression");
      case "AssignmentExpression":
        return inner("right");
      case "SequenceExpression":
        return inner(`expressions.${node.expressions.length - 1}`);
      case "ConditionalExpression":
        return [...inner("consequent"), ...inner("alternate")];
      case "LogicalExpression":
        return [...inner("left"), ...inner("right")];
      case "NewExpression":
      case "CallExpression":
      case "OptionalCallExpression":
        return this.#call(path as NodePath<t.CallExpression>, depth);
      case "ImportExpression":
        return this.#module(inner("source"));
      case "ObjectExpression":
      case "ArrayExpression":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassExpression":
        return [{ kind: "code", path }];
      default:
        return UNKNOWN;
    }
  }

  /** The names of the runtime and of packages that an expression may stand for. */
  names(path: NodePath): string[] {
    return this.resolve(path).flatMap((value) => value.kind === "name" ? [value.name] : []);
  }

  /** What a property of a value may stand for; `key` undefined where it is not known. */
  property(values: Value[], key: string | undefined, depth = 0): Value[] {
    return values.flatMap((value): Value[] => {
      if (key === undefined) return UNKNOWN;
      if (value.kind === "name") return [{ kind: "name", name: memberName(value.name, key) }];
      if (value.kind === "code") return this.#ofLiteral(value.path, key, depth);
      if (value.kind === "parameter") return [value];
      return UNKNOWN;
    });
  }

  /** Whether an expression is a list of what a function is handed, rather than one of them. */
  isList(path: NodePath): boolean {
    if (path.isIdentifier()) {
      const declared = path.scope.getBinding(path.node.name)?.path;
      const init = declared?.isVariableDeclarator() ? declared.get("init") as NodePath : undefined;
      return init?.node !== undefined && init.node !== null && this.isList(init);
    }
    if (!path.isCallExpression()) return false;
    const callee = path.get("callee") as NodePath;
    if (!callee.isMemberExpression()) return false;
    const object = callee.get("object") as NodePath;
    const key = this.key(callee);
    if (object.isIdentifier({ name: "Object" })) return /^(keys|values|entries)$/.test(key ?? "");
    return /^(slice|filter|sort|toSorted|reverse|toReversed|map|flat|flatMap|concat)$/.test(
      key ?? "",
    ) &&
      this.isList(object);
  }

  /** The text of a property's name, where it is known. */
  key(path: NodePath<t.MemberExpression>): string | undefined {
    const { computed, property } = path.node;
    if (!computed && property.type === "Identifier") return property.name;
    const values = this.resolve(path.get("property") as NodePath);
    return values.length === 1 && values[0].kind === "text" ? values[0].text : undefined;
  }

  #identifier(path: NodePath<t.Identifier>, depth: number): Value[] {
    const { name } = path.node;
    if (name === "undefined") return UNKNOWN;
    const binding = path.scope.getBinding(name);
    if ((PATH_NAMES as readonly string[]).includes(name)) {
      return [{ kind: "text", text: name === "ROOT_PATH" ? ROOT : DATA }];
    }
    if (binding === undefined) return [{ kind: "name", name }];
    return this.binding(binding, depth);
  }

  /** All that a variable may stand for. */
  binding(binding: Binding, depth = 0): Value[] {
    if (depth > MAX_DEPTH) return UNKNOWN;
    if (binding.kind === "param") return this.#handed(binding, depth);
    const values = this.#declared(binding, depth);
    for (const change of binding.constantViolations) {
      if (change.isAssignmentExpression()) {
        const left = change.get("left") as NodePath;
        const right = this.resolve(change.get("right") as NodePath, depth + 1);
        values.push(...this.#destructured(left, binding.identifier.name, right, depth));
      } else if (change.isVariableDeclarator() && change.node.init) {
        const init = this.resolve(change.get("init") as NodePath, depth + 1);
        const id = change.get("id") as NodePath;
        values.push(...this.#destructured(id, binding.identifier.name, init, depth));
      }
    }
    return values;
  }

  /**
   * What a function is handed: of the one that `map` or the like calls, what that goes over; of a
   * model's own methods, a sound's path; of others, what they are called with.
   */
  #handed(binding: Binding, depth: number): Value[] {
    const handler = binding.scope.path;
    const call = handler.parentPath;
    const callee = call?.isCallExpression() && handler.listKey === "arguments"
      ? call.get("callee") as NodePath
      : undefined;
    if (callee?.isMemberExpression()) {
      const over = this.resolve(callee.get("object") as NodePath, depth + 1);
      return over.some(({ kind }) => kind === "parameter") ? [{ kind: "parameter" }] : UNKNOWN;
    }
    if (isHandedPaths(handler)) return [{ kind: "parameter" }];
    const parameters = handler.isFunction() ? handler.get("params") as NodePath[] : [];
    const index = parameters.findIndex((parameter) => {
      const target = parameter.isAssignmentPattern()
        ? parameter.get("left") as NodePath
        : parameter;
      return target.isIdentifier() && target.node.name === binding.identifier.name;
    });
    const calls = index < 0 ? undefined : callsOf(handler);
    if (calls === undefined || calls.length === 0) return UNKNOWN;
    return calls.flatMap((call) => {
      const arg = (call.get("arguments") as NodePath[])[index];
      return arg === undefined || arg.isSpreadElement() ? UNKNOWN : this.resolve(arg, depth + 1);
    });
  }

  /** What `this.name` may stand for: all that the class sets it to. */
  #ofThis(path: NodePath, key: string, depth: number): Value[] {
    const owner = path.findParent((parent) => parent.isClass());
    if (owner === null) return UNKNOWN;
    const values: Value[] = [];
    owner.traverse({
      AssignmentExpression: (found) => {
        const left = found.get("left") as NodePath;
        if (!left.isMemberExpression() || !left.get("object").isThisExpression()) return;
        if (this.key(left) === key) {
          values.push(...this.resolve(found.get("right") as NodePath, depth + 1));
        }
      },
      ClassProperty: (found) => {
        const { key: name, computed } = found.node;
        if (computed || name.type !== "Identifier" || name.name !== key || !found.node.value) {
          return;
        }
        values.push(...this.resolve(found.get("value") as NodePath, depth + 1));
      },
    });
    return values.length > 0 ? values : UNKNOWN;
  }

  #declared(binding: Binding, depth: number): Value[] {
    const { path } = binding;
    if (path.isVariableDeclarator()) {
      const init = path.get("init") as NodePath;
      if (init.node === null || init.node === undefined) {
        // The variable of a loop over what a function is handed is handed as well.
        const loop = path.parentPath?.parentPath;
        if (loop?.isForOfStatement() || loop?.isForInStatement()) {
          const over = this.resolve(loop.get("right") as NodePath, depth + 1);
          return over.some(({ kind }) => kind === "parameter") ? [{ kind: "parameter" }] : UNKNOWN;
        }
        return [];
      }
      const values = this.resolve(init, depth + 1);
      return this.#destructured(path.get("id") as NodePath, binding.identifier.name, values, depth);
    }
    if (
      path.isImportSpecifier() || path.isImportDefaultSpecifier() ||
      path.isImportNamespaceSpecifier()
    ) {
      const { source } = path.parent as t.ImportDeclaration;
      const imported = path.isImportSpecifier()
        ? importedName(path.node)
        : path.isImportDefaultSpecifier()
        ? "default"
        : "*";
      return this.imported(source.value, imported);
    }
    if (path.isFunctionDeclaration() || path.isClassDeclaration()) return [{ kind: "code", path }];
    return [{ kind: "unknown" }];
  }

  /** What a module exports under a name; `*` for the module as a whole. */
  imported(module: string, name: string): Value[] {
    const local = this.imports.exported(module, name);
    if (local !== undefined) return local;
    const full = canonicalModule(module);
    return [{
      kind: "name",
      name: name === "*" || name === "default" ? full : memberName(full, name),
    }];
  }

  /** What `name` gets where a value is taken apart by a pattern. */
  #destructured(pattern: NodePath, name: string, values: Value[], depth: number): Value[] {
    if (pattern.isIdentifier()) return pattern.node.name === name ? values : [];
    if (pattern.isAssignmentPattern()) {
      const fallback = this.resolve(pattern.get("right") as NodePath, depth + 1);
      return this.#destructured(
        pattern.get("left") as NodePath,
        name,
        [...values, ...fallback],
        depth,
      );
    }
    if (pattern.isObjectPattern()) {
      return pattern.get("properties").flatMap((property): Value[] => {
        if (property.isRestElement()) {
          return this.#destructured(property.get("argument") as NodePath, name, values, depth);
        }
        const { key, computed } = property.node as t.ObjectProperty;
        let text = !computed && key.type === "Identifier" ? key.name : undefined;
        if (text === undefined) {
          const [value] = this.resolve(property.get("key") as NodePath, depth + 1);
          if (value?.kind === "text") text = value.text;
        }
        const inner = this.property(values, text, depth + 1);
        return this.#destructured(property.get("value") as NodePath, name, inner, depth);
      });
    }
    if (pattern.isArrayPattern()) {
      return pattern.get("elements").flatMap((element, index): Value[] =>
        (element.node as t.Node | null) === null ? [] : this.#destructured(
          element as NodePath,
          name,
          this.property(values, `${index}`, depth + 1),
          depth,
        )
      );
    }
    if (pattern.isRestElement()) {
      return this.#destructured(pattern.get("argument") as NodePath, name, values, depth);
    }
    return [];
  }

  #template(path: NodePath<t.TemplateLiteral>, depth: number): Value[] {
    const { quasis } = path.node;
    let values: Value[] = [{ kind: "text", text: quasis[0].value.cooked ?? "" }];
    path.get("expressions").forEach((expression, i) => {
      values = concatenate(values, this.resolve(expression as NodePath, depth + 1));
      values = concatenate(values, [{ kind: "text", text: quasis[i + 1].value.cooked ?? "" }]);
    });
    return values;
  }

  #member(path: NodePath<t.MemberExpression>, depth: number): Value[] {
    if (path.get("object").isThisExpression()) {
      const key = this.key(path);
      return key === undefined ? UNKNOWN : this.#ofThis(path, key, depth);
    }
    const object = this.resolve(path.get("object") as NodePath, depth + 1);
    return this.property(object, this.key(path), depth + 1);
  }

  #call(path: NodePath<t.CallExpression>, depth: number): Value[] {
    const callee = path.get("callee") as NodePath;
    const args = path.get("arguments") as NodePath[];
    const resolveArg = (i: number) => args[i] ? this.resolve(args[i], depth + 1) : UNKNOWN;
    if (callee.isImport()) return this.#module(resolveArg(0));
    if (callee.isMemberExpression()) {
      const key = this.key(callee);
      const object = this.resolve(callee.get("object") as NodePath, depth + 1);
      // What is bound or borrowed is still the same function.
      if (key === "bind") return object;
      if (object.some(({ kind }) => kind === "parameter")) return [{ kind: "parameter" }];
      if (key === "join" && object[0]?.kind === "code") {
        return this.#joined(object[0].path, args, depth);
      }
      if (key === "concat") return concatenate(object, resolveArg(0));
    }
    for (
      const name of this.resolve(callee, depth + 1).flatMap((v) =>
        v.kind === "name" ? [v.name] : []
      )
    ) {
      if (PATH_FUNCTIONS.test(name)) return this.#pathOf(args, name.endsWith("resolve"), depth);
      if (name === "Reflect.get") {
        const [key] = resolveArg(1);
        return this.property(resolveArg(0), key?.kind === "text" ? key.text : undefined, depth + 1);
      }
      if (name === "Object.freeze" || name === "Object" || name === "structuredClone") {
        return resolveArg(0);
      }
      if (name === "String" || name === "URL") return resolveArg(0);
      if (/^Object\.(keys|values|entries)$/.test(name) && resolveArg(0)[0]?.kind === "parameter") {
        return [{ kind: "parameter" }];
      }
    }
    return UNKNOWN;
  }

  /** `["a", "b"].join("")` as a text. */
  #joined(array: NodePath, args: NodePath[], depth: number): Value[] {
    if (!array.isArrayExpression()) return UNKNOWN;
    const between = args[0]
      ? this.resolve(args[0], depth + 1)
      : [{ kind: "text", text: "," } as Value];
    return array.get("elements").reduce<Value[]>((sum, element, i) => {
      const value = this.resolve(element as NodePath, depth + 1);
      return i === 0 ? value : concatenate(concatenate(sum, between), value);
    }, [{ kind: "text", text: "" }]);
  }

  /** Joins paths as far as they are known. */
  #pathOf(args: NodePath[], isResolve: boolean, depth: number): Value[] {
    let joined: Value[] = [{ kind: "text", text: "" }];
    for (const [i, arg] of args.entries()) {
      const values = this.resolve(arg, depth + 1);
      const isAbsolute = values.some((v) => v.kind === "text" && /^[/⟨]/.test(v.text));
      joined = i === 0 || isResolve && isAbsolute
        ? values
        : concatenate(concatenate(joined, [{ kind: "text", text: "/" }]), values);
    }
    return joined;
  }

  #module(specifier: Value[]): Value[] {
    return specifier.flatMap((value) =>
      value.kind === "text" ? this.imported(value.text, "*") : UNKNOWN
    );
  }

  #ofLiteral(path: NodePath, key: string, depth: number): Value[] {
    if (path.isObjectExpression()) {
      for (const property of path.get("properties")) {
        if (property.isObjectProperty()) {
          const node = property.node.key;
          const name = node.type === "Identifier" && !property.node.computed
            ? node.name
            : node.type === "StringLiteral"
            ? node.value
            : undefined;
          if (name === key) return this.resolve(property.get("value") as NodePath, depth + 1);
        } else if (property.isSpreadElement()) {
          const spread = this.resolve(property.get("argument") as NodePath, depth + 1);
          if (spread.some(({ kind }) => kind === "name")) {
            return this.property(spread, key, depth + 1);
          }
        }
      }
    }
    if (path.isArrayExpression()) {
      const element = path.get("elements")[Number(key)];
      if (element?.node) return this.resolve(element as NodePath, depth + 1);
    }
    return UNKNOWN;
  }
}

/** Methods that a model is handed paths by. */
const HANDED_PATHS = /^(computeSimilarities|embedItem|embedQuery)$/;

function isHandedPaths(handler: NodePath): boolean {
  return (handler.isClassMethod() || handler.isObjectMethod()) &&
    handler.node.key.type === "Identifier" && HANDED_PATHS.test(handler.node.key.name);
}

/** All calls of a function; undefined where it may be called from elsewhere. */
function callsOf(handler: NodePath): NodePath<t.CallExpression>[] | undefined {
  if (handler.isClassMethod() || handler.isClassPrivateMethod()) return callsOfMethod(handler);
  const { parentPath } = handler;
  const name = handler.isFunctionDeclaration()
    ? handler.node.id?.name
    : parentPath?.isVariableDeclarator() && parentPath.node.id.type === "Identifier"
    ? parentPath.node.id.name
    : undefined;
  const scope = handler.isFunctionDeclaration() ? handler.parentPath.scope : handler.scope.parent;
  const binding = name === undefined ? undefined : scope?.getBinding(name);
  if (binding === undefined || !binding.constant) return undefined;
  return allCalls(binding.referencePaths);
}

function callsOfMethod(
  method: NodePath<t.ClassMethod> | NodePath<t.ClassPrivateMethod>,
): NodePath<t.CallExpression>[] | undefined {
  const owner = method.findParent((parent) => parent.isClass())!;
  if (method.isClassMethod() && method.node.kind === "constructor") {
    const name = (owner.node as t.Class).id?.name;
    const binding = name === undefined ? undefined : owner.parentPath!.scope.getBinding(name);
    return binding && allCalls(binding.referencePaths);
  }
  const { key } = method.node;
  const name = key.type === "PrivateName" ? key.id.name : key.type === "Identifier" ? key.name : "";
  const uses: NodePath[] = [];
  method.scope.getProgramParent().path.traverse({
    MemberExpression: (found) => {
      const { property, computed } = found.node;
      const isIt = property.type === "PrivateName"
        ? property.id.name === name
        : !computed && property.type === "Identifier" && property.name === name;
      if (isIt) uses.push(found);
    },
  });
  return allCalls(uses);
}

function allCalls(references: NodePath[]): NodePath<t.CallExpression>[] | undefined {
  const calls: NodePath<t.CallExpression>[] = [];
  for (const reference of references) {
    const { parentPath } = reference;
    const isCall = (parentPath?.isCallExpression() || parentPath?.isNewExpression()) &&
      reference.key === "callee";
    // Being extended, asked for or exported calls nothing.
    if (isCall) calls.push(parentPath as NodePath as NodePath<t.CallExpression>);
    else if (!parentPath?.isBinaryExpression({ operator: "instanceof" })) return undefined;
  }
  return calls;
}

/** As many cases as are told apart. */
const MAX_CASES = 64;

function limit(values: Value[]): Value[] {
  return values.length > MAX_CASES ? [...values.slice(0, MAX_CASES), ...UNKNOWN] : values;
}

function importedName({ imported }: t.ImportSpecifier): string {
  return imported.type === "Identifier" ? imported.name : imported.value;
}
