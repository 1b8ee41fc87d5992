import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { PATH_NAMES } from "../template.ts";
import { resultOfCall } from "./calls.ts";
import { Escapes } from "./escapes.ts";
import { Fields } from "./fields.ts";
import { returnsOf } from "./functions.ts";
import { Parts } from "./parts.ts";
import type { Place } from "./program.ts";
import {
  canonicalModule,
  concatenate,
  DATA,
  knownText,
  limit,
  MAX_DEPTH,
  memberName,
  OPEN,
  PICKED,
  PIECE,
  ROOT,
  UNKNOWN,
  type Value,
} from "./values.ts";
import { thisOf } from "./this_of.ts";
import { Variables } from "./variables.ts";

/** What is known of the modules that code imports. */
export interface Imports {
  /** What a local module exports under a name, `*` for all of it; undefined for a package. */
  exported(module: string, name: string): Value[] | undefined;
  /** Called for each import. */
  visit(module: string, place: Place): void;
  /** Called for each file or folder that the set-up cell fetches or writes. */
  fetches(target: Value[]): void;
  /** The path of the code itself, as far as it is known to lie below the root. */
  here?: string;
}

/** Follows names to what they stand for. */
export class Resolver {
  /** What expressions stand for, once that is known: each is looked at once. */
  readonly #known = new WeakMap<object, Value[]>();
  readonly #fields = new WeakMap<object, Fields>();
  readonly #variables = new Variables(this);
  /** What values have. */
  readonly parts = new Parts(this);
  /** The program that is followed, once something of it was. */
  program?: NodePath;

  /**
   * @param imports What is imported.
   * @param isPath Whether a binding of the program's is that of the template's paths.
   */
  constructor(
    private readonly imports: Imports,
    private readonly isPath: (binding: Binding | undefined) => boolean,
  ) {}

  /** Tells of a module that is imported at a place. */
  visit(module: string, place: Place): void {
    this.imports.visit(module, place);
  }

  /** Tells of a file or a folder that the set-up cell fetches or writes. */
  fetches(target: Value[]): void {
    this.imports.fetches(target);
  }

  /** The path of the code, where it is known. */
  get here(): string | undefined {
    return this.imports.here;
  }

  /** What the program of an expression does with fields. */
  fields(path: NodePath): Fields {
    const program = path.scope.getProgramParent().path;
    let fields = this.#fields.get(program.node);
    if (fields === undefined) {
      // What is found while little is known of fields is not kept.
      const early = new Resolver(this.imports, this.isPath);
      // What escapes is found with what is known without that.
      const middle = new Resolver(this.imports, this.isPath);
      const ofEarly = (path: NodePath) => early.resolve(path);
      const before = new Fields(program, (path) => middle.resolve(path), ofEarly, () => undefined);
      let escapes: Escapes | undefined;
      const find = () => escapes ??= new Escapes(program, middle);
      fields = new Fields(program, (path) => this.resolve(path), ofEarly, find);
      early.#fields.set(program.node, before);
      middle.#fields.set(program.node, before);
      this.#fields.set(program.node, fields);
    }
    return fields;
  }

  /** All that an expression may stand for. */
  resolve(path: NodePath, depth = 0): Value[] {
    const node = path.node as t.Node | null | undefined;
    if (depth > MAX_DEPTH || node === null || node === undefined) return UNKNOWN;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    this.program ??= path.scope.getProgramParent().path;
    // What refers to itself stands for nothing that is known.
    const isMember = node.type === "MemberExpression" && node.computed;
    this.#known.set(
      node,
      isMember && this.key(path as NodePath<t.MemberExpression>) === undefined ? [PICKED] : UNKNOWN,
    );
    const values = limit(this.#resolve(path, depth));
    this.#known.set(node, values);
    return values;
  }

  #resolve(path: NodePath, depth: number): Value[] {
    const node = path.node as t.Node;
    const inner = (key: string) => this.resolve(path.get(key) as NodePath, depth + 1);
    switch (node.type) {
      case "Identifier":
        return this.#identifier(path as NodePath<t.Identifier>, depth);
      case "StringLiteral":
      case "NumericLiteral":
        return [{ kind: "text", text: String(node.value) }];
      case "BooleanLiteral":
      case "UpdateExpression":
      case "UnaryExpression":
        return PIECE;
      case "TemplateLiteral":
        return this.#template(path as NodePath<t.TemplateLiteral>, depth);
      case "BinaryExpression":
        return node.operator === "+" ? concatenate(inner("left"), inner("right")) : PIECE;
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.#member(path as NodePath<t.MemberExpression>, depth);
      case "AwaitExpression":
        // What has a method `then` gives what that says.
        return inner("argument").map((value): Value =>
          this.parts.isThenable(value, depth) ? { kind: "unknown" } : value
        );
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        return inner("expression");
      case "AssignmentExpression":
        return /^(=|\?\?=|\|\|=|&&=)$/.test(node.operator) ? inner("right") : UNKNOWN;
      case "SequenceExpression":
        return inner(`expressions.${node.expressions.length - 1}`);
      case "ConditionalExpression":
        return [...inner("consequent"), ...inner("alternate")];
      case "LogicalExpression":
        return [...inner("left"), ...inner("right")];
      case "NewExpression":
      case "CallExpression":
      case "OptionalCallExpression":
      case "TaggedTemplateExpression":
        return resultOfCall(this, path, depth).map((value) =>
          value.kind === "list" ? { at: path, ...value } : value
        );
      case "ImportExpression":
        return this.module(inner("source"));
      case "ThisExpression":
        return thisOf(this, path);
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

  /** What functions among values give where they are called. */
  returned(values: Value[], depth: number): Value[] {
    return values.flatMap((value): Value[] => {
      if (value.kind !== "code" || !value.path.isFunction()) return UNKNOWN;
      const found = returnsOf(value.path);
      return found?.flatMap((path) => this.resolve(path, depth + 1)) ?? UNKNOWN;
    });
  }

  /** The text of a property's name, where it is known. */
  key(path: NodePath<t.MemberExpression>): string | undefined {
    const { computed, property } = path.node;
    if (property.type === "PrivateName") return `#${property.id.name}`;
    if (!computed && property.type === "Identifier") return property.name;
    const values = this.resolve(path.get("property") as NodePath);
    return values.length === 1 ? knownText(values[0]) : undefined;
  }

  #identifier(path: NodePath<t.Identifier>, depth: number): Value[] {
    const { name } = path.node;
    const binding = path.scope.getBinding(name);
    if (binding === undefined && /^(undefined|NaN|Infinity)$/.test(name)) return PIECE;
    if ((PATH_NAMES as readonly string[]).includes(name) && this.isPath(binding)) {
      return [{ kind: "text", text: name === "ROOT_PATH" ? ROOT : DATA }];
    }
    if (binding === undefined) return name === "arguments" ? UNKNOWN : [{ kind: "name", name }];
    return this.binding(binding, depth);
  }

  /** All that a variable may stand for. */
  binding(binding: Binding, depth = 0): Value[] {
    return this.#variables.of(binding, depth);
  }

  /** What a function is handed as the parameter at an index. */
  handedAt(handler: NodePath, index: number, depth: number): Value[] {
    return this.#variables.handedAt(handler, index, depth);
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

  /** What a value gives that names a module, as a whole. */
  module(specifier: Value[]): Value[] {
    return specifier.flatMap((value) =>
      value.kind === "text" ? this.imported(value.text, "*") : UNKNOWN
    );
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
    const key = this.key(path);
    if (path.get("object").isMetaProperty()) {
      return this.here !== undefined && /^(url|filename)$/.test(key ?? "")
        ? [{ kind: "text", text: this.here }]
        : this.here !== undefined && key === "dirname"
        ? [{ kind: "text", text: this.here.replace(/\/[^/]*$/, "") }]
        : UNKNOWN;
    }
    const object = this.resolve(path.get("object") as NodePath, depth + 1);
    const values = this.parts.property(object, key, depth + 1);
    if (key !== undefined) return values;
    // An index, an id, and a name that is one of some are none that could be any.
    const isAny = this.resolve(path.get("property") as NodePath, depth + 1).some((value) =>
      value.kind === "unknown" || value.kind === "built" ||
      value.kind === "text" && value.text.includes(OPEN)
    );
    if (!isAny) return values;
    return values.length === 0 ? [PICKED] : values.map((it) => it.kind === "unknown" ? PICKED : it);
  }
}
