import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { callsOf } from "./functions.ts";
import { HANDED_PATHS } from "./names.ts";
import type { Resolver } from "./resolver.ts";
import {
  concatenate,
  knownText,
  limit,
  MAX_DEPTH,
  NAME,
  PIECE,
  UNKNOWN,
  type Value,
} from "./values.ts";

/** As many values of a variable are gathered; some more than are told apart in the end. */
const MOST_OF_VARIABLE = 256;

/** What variables stand for: by their declarations, by assignments, and by the calls of functions. */
export class Variables {
  readonly #bound = new WeakMap<Binding, Value[]>();

  constructor(private readonly resolver: Resolver) {}

  /** All that a variable may stand for. */
  of(binding: Binding, depth: number): Value[] {
    if (depth > MAX_DEPTH) return UNKNOWN;
    const known = this.#bound.get(binding);
    if (known !== undefined) return known;
    this.#bound.set(binding, UNKNOWN);
    const values = this.#binding(binding, depth);
    this.#bound.set(binding, values);
    return values;
  }

  #binding(binding: Binding, depth: number): Value[] {
    let values = (binding.kind as string) === "param"
      ? this.#handed(binding, depth)
      : this.#declared(binding, depth);
    for (const change of binding.constantViolations) {
      if (values.length > MOST_OF_VARIABLE) break;
      const { name } = binding.identifier;
      if (change.isAssignmentExpression()) {
        const right = this.resolver.resolve(change.get("right") as NodePath, depth + 1);
        const left = change.get("left") as NodePath;
        const { operator } = change.node;
        if (operator === "+=") values = limit([...values, ...concatenate(limit(values), right)]);
        else if (!/^(=|\?\?=|\|\|=|&&=)$/.test(operator)) values.push(...PIECE);
        else values = [...values, ...this.#destructured(left, name, right, depth)];
      } else if (change.isVariableDeclarator()) {
        if (!change.node.init) continue;
        const init = this.resolver.resolve(change.get("init") as NodePath, depth + 1);
        const id = change.get("id") as NodePath;
        values = [...values, ...this.#destructured(id, name, init, depth)];
      } else if (change.isForXStatement()) {
        const over = this.#looped(change, depth);
        values = [
          ...values,
          ...this.#destructured(change.get("left") as NodePath, name, over, depth),
        ];
      } else {
        values = [...values, ...(change.isUpdateExpression() ? PIECE : UNKNOWN)];
      }
    }
    return limit(isOfNamespace(binding) ? [...values, ...UNKNOWN] : values);
  }

  /** What the variable of a loop gets, one time after another. */
  #looped(loop: NodePath, depth: number): Value[] {
    const over = this.resolver.resolve(loop.get("right") as NodePath, depth + 1);
    if (!loop.isForInStatement()) return this.resolver.parts.elements(over, depth + 1);
    return over.every(({ kind }) => kind === "sounds") ? NAME : UNKNOWN;
  }

  /** What a function is handed: a model's own methods, sounds; others, what they are called with. */
  #handed(binding: Binding, depth: number): Value[] {
    const handler = binding.scope.path;
    if (!handler.isFunction()) return UNKNOWN;
    const { name } = binding.identifier;
    const parameters = handler.get("params") as NodePath[];
    return parameters.flatMap((parameter, index): Value[] => {
      const isIts = Object.hasOwn(parameter.getBindingIdentifiers(), name);
      if (!isIts) return [];
      if (parameter.isRestElement()) return UNKNOWN;
      return this.#destructured(parameter, name, this.handedAt(handler, index, depth), depth);
    });
  }

  /** What a function is handed as the parameter at an index. */
  handedAt(handler: NodePath, index: number, depth: number): Value[] {
    const values: Value[] = [];
    const method = handler.isClassMethod() || handler.isObjectMethod()
      ? handler.node.key.type === "Identifier" && !handler.node.computed
        ? handler.node.key.name
        : ""
      : "";
    const calls = callsOf(handler, () => this.resolver.fields(handler));
    if (this.#isCalledOtherwise(handler)) values.push(...UNKNOWN);
    if (HANDED_PATHS.test(method)) {
      values.push({ kind: method === "computeSimilarities" ? "sounds" : "sound" });
    } else if (calls === undefined || calls.length === 0) {
      return UNKNOWN;
    }
    for (const call of calls ?? UNKNOWN.map(() => undefined)) {
      // More are not told apart.
      if (values.length > MOST_OF_VARIABLE) break;
      const argument = call?.argument(index);
      if (argument === "none") continue;
      if (argument === undefined) values.push(...UNKNOWN);
      else if (argument === "count") values.push(...PIECE);
      else if (argument !== "element") values.push(...this.resolver.resolve(argument, depth + 1));
      else {
        const over = this.resolver.resolve(call!.over!, depth + 1);
        values.push(...this.resolver.parts.elements(over, depth + 1));
      }
    }
    return values.length === 0 ? PIECE : values;
  }

  /** Whether what has a function gets to where it is called with anything. */
  #isCalledOtherwise(handler: NodePath): boolean {
    const field = handler.isMethod() ? handler : handler.parentPath!;
    const isField = field.isMethod() || field.isObjectProperty() || field.isClassProperty();
    if (!isField) return false;
    const { decorators } = field.node as t.ClassMethod;
    if (decorators?.length) return true;
    const owner = field.parentPath!.isClassBody() ? field.parentPath!.parent : field.parent;
    return this.resolver.fields(handler).isCalled(owner);
  }

  #declared(binding: Binding, depth: number): Value[] {
    const { path } = binding;
    if (path.isVariableDeclarator()) {
      const init = path.get("init") as NodePath;
      const id = path.get("id") as NodePath;
      const loop = path.parentPath?.parentPath;
      if (loop?.isForXStatement() && path.parentPath?.key === "left") {
        return this.#destructured(id, binding.identifier.name, this.#looped(loop, depth), depth);
      }
      if (init.node === null || init.node === undefined) return [];
      const values = this.resolver.resolve(init, depth + 1);
      return this.#destructured(id, binding.identifier.name, values, depth);
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
      return this.resolver.imported(source.value, imported);
    }
    const isCode = path.isFunctionDeclaration() || path.isClassDeclaration() ||
      path.isFunctionExpression() || path.isClassExpression();
    return isCode ? [{ kind: "code", path }] : UNKNOWN;
  }

  /** What `name` gets where a value is taken apart by a pattern. */
  #destructured(pattern: NodePath, name: string, values: Value[], depth: number): Value[] {
    if (pattern.isIdentifier()) return pattern.node.name === name ? values : [];
    if (pattern.isAssignmentPattern()) {
      const fallback = this.resolver.resolve(pattern.get("right") as NodePath, depth + 1);
      const all = [...values, ...fallback];
      return this.#destructured(pattern.get("left") as NodePath, name, all, depth);
    }
    if (pattern.isObjectPattern()) {
      return pattern.get("properties").flatMap((property): Value[] => {
        if (property.isRestElement()) {
          const rest = values.some(({ kind }) => kind === "name") ? values : UNKNOWN;
          return this.#destructured(property.get("argument") as NodePath, name, rest, depth);
        }
        const { key, computed } = property.node as t.ObjectProperty;
        const text = !computed && key.type === "Identifier"
          ? key.name
          : knownText(this.resolver.resolve(property.get("key") as NodePath, depth + 1)[0]);
        const inner = this.resolver.parts.property(values, text, depth + 1);
        return this.#destructured(property.get("value") as NodePath, name, inner, depth);
      });
    }
    if (pattern.isArrayPattern()) {
      return pattern.get("elements").flatMap((element, index): Value[] =>
        (element.node as t.Node | null) === null ? [] : this.#destructured(
          element as NodePath,
          name,
          (element as NodePath).isRestElement()
            ? values
            : this.resolver.parts.property(values, `${index}`, depth + 1),
          depth,
        )
      );
    }
    if (pattern.isRestElement()) {
      const of = this.resolver.parts.elements(values, depth + 1);
      const rest: Value[] = [{ kind: "list", of, at: pattern }];
      return this.#destructured(pattern.get("argument") as NodePath, name, rest, depth);
    }
    return [];
  }
}

/** Whether whoever has a namespace can change a variable: `N.path = …`. */
function isOfNamespace({ path, kind }: Binding): boolean {
  return kind !== "const" && path.isVariableDeclarator() &&
    path.findParent((parent) => parent.isTSModuleBlock()) !== null;
}

function importedName({ imported }: t.ImportSpecifier): string {
  return imported.type === "Identifier" ? imported.name : imported.value;
}
