import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { PATH_NAMES } from "../template.ts";
import { resultOfCall } from "./calls.ts";
import { Fields } from "./fields.ts";
import { callsOf, returnsOf } from "./functions.ts";
import { HANDED_PATHS } from "./names.ts";
import { PARAMETER_PROPERTIES, type Place } from "./program.ts";
import {
  BUILT,
  canonicalModule,
  concatenate,
  DATA,
  knownText,
  limit,
  memberName,
  PIECE,
  ROOT,
  UNKNOWN,
  type Value,
} from "./values.ts";

/** How many names in a row are followed. */
const MAX_DEPTH = 40;
/** As many values of a variable are gathered; some more than are told apart in the end. */
const MOST_OF_VARIABLE = 256;
/** In a longer list an element is any of them. */
const MOST_IN_LIST = 256;
/** Fields that are counts, whatever has them. */
const COUNTS = /^(length|size|byteLength|byteOffset|sampleRate|numberOfChannels|lineno|line|cell)$/;

/** What is known of the modules that code imports. */
export interface Imports {
  /** What a local module exports under a name, `*` for all of it; undefined for a package. */
  exported(module: string, name: string): Value[] | undefined;
  /** Called for each import. */
  visit(module: string, place: Place): void;
  /** The path of the code itself, as far as it is known to lie below the root. */
  here?: string;
}

/** Follows names to what they stand for. */
export class Resolver {
  /** What expressions stand for, once that is known: each is looked at once. */
  readonly #known = new WeakMap<object, Value[]>();
  readonly #bound = new WeakMap<Binding, Value[]>();
  readonly #fields = new WeakMap<object, Fields>();
  /** What literals and classes have under names. */
  readonly #had = new WeakMap<object, Map<string, Value[]>>();
  readonly #members = new WeakMap<object, Members>();

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

  /** The path of the code, where it is known. */
  get here(): string | undefined {
    return this.imports.here;
  }

  /** What the program of an expression does with fields. */
  fields(path: NodePath): Fields {
    const program = path.scope.getProgramParent().path;
    let fields = this.#fields.get(program.node);
    if (fields === undefined) {
      fields = new Fields(program, (path) => this.resolve(path));
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
    // What refers to itself stands for nothing that is known.
    this.#known.set(node, UNKNOWN);
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
        return inner("argument");
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
        return resultOfCall(this, path, depth);
      case "ImportExpression":
        return this.module(inner("source"));
      case "ThisExpression":
        return this.#this(path);
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
      switch (value.kind) {
        case "name":
          return key === undefined
            ? UNKNOWN
            : [{ kind: "name", name: memberName(value.name, key) }];
        case "code":
          return this.#memo(value, key, () => this.#ofCode(value.path, key, depth));
        case "instance":
          return this.#memo(value, key, () => this.#ofInstance(value.path, key, depth));
        case "sounds":
          return [{ kind: "sound" }];
        case "list":
          return key === "length" ? PIECE : value.of;
        case "pair":
          return key === "0" ? value.first : key === "1" ? value.second : UNKNOWN;
        case "entry":
          return key === "name" ? PIECE : UNKNOWN;
        default:
          return COUNTS.test(key ?? "") ? PIECE : UNKNOWN;
      }
    });
  }

  /** What was found once is known. */
  #memo(
    { kind, path }: Value & { path: NodePath },
    key: string | undefined,
    find: () => Value[],
  ): Value[] {
    let known = this.#had.get(path.node);
    if (known === undefined) this.#had.set(path.node, known = new Map());
    const name = key === undefined ? kind : `${kind}.${key}`;
    const had = known.get(name);
    if (had !== undefined) return had;
    known.set(name, UNKNOWN);
    const found = find();
    // A field that is not there is not one that can't be told.
    const values = found.length === 0 ? found : limit(found);
    known.set(name, values);
    return values;
  }

  /** What a loop over values meets. */
  elements(values: Value[], depth = 0): Value[] {
    return values.flatMap((value): Value[] => {
      if (value.kind === "list") return value.of;
      if (value.kind === "text" || value.kind === "built") return BUILT;
      if (value.kind !== "code" || !value.path.isArrayExpression()) return UNKNOWN;
      const all = value.path.get("elements").flatMap((element) => {
        const path = element as NodePath;
        if (path.isSpreadElement()) {
          return this.elements(this.resolve(path.get("argument"), depth + 1), depth + 1);
        }
        return path.node ? this.resolve(path, depth + 1) : [];
      });
      return this.fields(value.path).isTouched(value.path.node) ? [...all, ...UNKNOWN] : all;
    });
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
    if (name === "undefined" || name === "NaN" || name === "Infinity") return PIECE;
    const binding = path.scope.getBinding(name);
    if ((PATH_NAMES as readonly string[]).includes(name) && this.isPath(binding)) {
      return [{ kind: "text", text: name === "ROOT_PATH" ? ROOT : DATA }];
    }
    if (binding === undefined) return name === "arguments" ? UNKNOWN : [{ kind: "name", name }];
    return this.binding(binding, depth);
  }

  /** All that a variable may stand for. */
  binding(binding: Binding, depth = 0): Value[] {
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
        const right = this.resolve(change.get("right") as NodePath, depth + 1);
        const left = change.get("left") as NodePath;
        const { operator } = change.node;
        if (operator === "+=") values = limit([...values, ...concatenate(limit(values), right)]);
        else if (!/^(=|\?\?=|\|\|=|&&=)$/.test(operator)) values.push(...PIECE);
        else values = [...values, ...this.#destructured(left, name, right, depth)];
      } else if (change.isVariableDeclarator()) {
        if (!change.node.init) continue;
        const init = this.resolve(change.get("init") as NodePath, depth + 1);
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
    return limit(values);
  }

  /** What the variable of a loop gets, one time after another. */
  #looped(loop: NodePath, depth: number): Value[] {
    const over = this.resolve(loop.get("right") as NodePath, depth + 1);
    if (!loop.isForInStatement()) return this.elements(over, depth + 1);
    return over.every(({ kind }) => kind === "sounds") ? PIECE : UNKNOWN;
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
    const calls = callsOf(handler, () => this.fields(handler));
    if (HANDED_PATHS.test(method)) {
      values.push({ kind: method === "computeSimilarities" ? "sounds" : "sound" });
    } else if (calls === undefined || calls.length === 0) {
      return UNKNOWN;
    }
    for (const call of calls ?? UNKNOWN.map(() => undefined)) {
      const argument = call?.argument(index);
      if (argument === "none") continue;
      if (argument === undefined) values.push(...UNKNOWN);
      else if (argument === "count") values.push(...PIECE);
      else if (argument !== "element") values.push(...this.resolve(argument, depth + 1));
      else {
        const over = this.resolve(call!.over!, depth + 1);
        values.push(...this.elements(over, depth + 1));
      }
    }
    return values.length === 0 ? PIECE : values;
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
      const values = this.resolve(init, depth + 1);
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
      return this.imported(source.value, imported);
    }
    const isCode = path.isFunctionDeclaration() || path.isClassDeclaration() ||
      path.isFunctionExpression() || path.isClassExpression();
    return isCode ? [{ kind: "code", path }] : UNKNOWN;
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

  /** What `name` gets where a value is taken apart by a pattern. */
  #destructured(pattern: NodePath, name: string, values: Value[], depth: number): Value[] {
    if (pattern.isIdentifier()) return pattern.node.name === name ? values : [];
    if (pattern.isAssignmentPattern()) {
      const fallback = this.resolve(pattern.get("right") as NodePath, depth + 1);
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
          : knownText(this.resolve(property.get("key") as NodePath, depth + 1)[0]);
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
      const rest: Value[] = [{ kind: "list", of: this.elements(values, depth + 1) }];
      return this.#destructured(pattern.get("argument") as NodePath, name, rest, depth);
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
    const key = this.key(path);
    if (path.get("object").isMetaProperty()) {
      return this.here !== undefined && /^(url|filename)$/.test(key ?? "")
        ? [{ kind: "text", text: this.here }]
        : this.here !== undefined && key === "dirname"
        ? [{ kind: "text", text: this.here.replace(/\/[^/]*$/, "") }]
        : UNKNOWN;
    }
    const object = this.resolve(path.get("object") as NodePath, depth + 1);
    return this.property(object, key, depth + 1);
  }

  #this(path: NodePath): Value[] {
    const owner = thisOwner(path);
    if (owner === undefined) return [{ kind: "name", name: "globalThis" }];
    if (owner.isObjectMethod()) return [{ kind: "code", path: owner.parentPath }];
    const isMember = owner.isClassMethod() || owner.isClassPrivateMethod() ||
      owner.isClassProperty() ||
      owner.isClassPrivateProperty() || owner.isClassAccessorProperty() || owner.isStaticBlock();
    if (!isMember) return UNKNOWN;
    const isStatic = owner.isStaticBlock() || (owner.node as t.ClassMethod).static === true;
    return [{ kind: isStatic ? "code" : "instance", path: owner.parentPath!.parentPath! }];
  }

  /** What an object, a list, a class or a function has under a name. */
  #ofCode(path: NodePath, key: string | undefined, depth: number): Value[] {
    if (path.isArrayExpression()) {
      if (key === "length") return PIECE;
      const { elements } = path.node;
      const isPlain = key !== undefined && /^\d+$/.test(key) && elements[Number(key)] &&
        elements.length <= MOST_IN_LIST && !elements.some((it) => it?.type === "SpreadElement");
      const values = isPlain
        ? this.resolve(path.get(`elements.${Number(key)}`) as NodePath, depth + 1)
        : this.#memo(
          { kind: "code", path },
          undefined,
          () => this.elements([{ kind: "code", path }], depth + 1),
        );
      return this.#withChanges(path, key, values, depth);
    }
    if (path.isObjectExpression()) return this.#ofObject(path, key, depth);
    if (path.isClass()) return this.#ofClass(path, key, true, depth);
    return COUNTS.test(key ?? "") ? PIECE : UNKNOWN;
  }

  #withChanges(path: NodePath, key: string | undefined, values: Value[], depth: number): Value[] {
    const fields = this.fields(path);
    if (key === undefined || fields.isTouched(path.node)) return [...values, ...UNKNOWN];
    const assigned = fields.assignedTo(path.node, key).flatMap((value) =>
      value === undefined ? UNKNOWN : this.resolve(value, depth + 1)
    );
    return [...values, ...assigned];
  }

  #ofObject(path: NodePath<t.ObjectExpression>, key: string | undefined, depth: number): Value[] {
    const { byKey, open } = this.#membersOf(path);
    const named = key === undefined ? [...byKey.values()].flat() : byKey.get(key) ?? [];
    const values = [...named, ...open].slice(0, MOST_IN_LIST).flatMap((member): Value[] => {
      if (!member.isSpreadElement()) return this.#ofMember(member, depth);
      const spread = this.resolve(member.get("argument") as NodePath, depth + 1);
      return this.property(spread, key, depth + 1);
    });
    const isMore = named.length + open.length > MOST_IN_LIST;
    return this.#withChanges(path, key, isMore ? [...values, ...UNKNOWN] : values, depth);
  }

  /** The members of a literal or a class by their names, gone through once. */
  #membersOf(path: NodePath): Members {
    const { node } = path;
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const found: Members = { byKey: new Map(), open: [] };
    this.#members.set(node, found);
    const members = path.get(path.isClass() ? "body.body" : "properties") as unknown as NodePath[];
    for (const member of members) {
      const name = memberKey(member);
      const names = name !== undefined
        ? [name]
        : member.isSpreadElement() || member.isStaticBlock()
        ? [undefined]
        : this.resolve(member.get("key") as NodePath).map(knownText);
      for (const name of names) {
        if (name === undefined) found.open.push(member);
        else if (found.byKey.has(name)) found.byKey.get(name)!.push(member);
        else found.byKey.set(name, [member]);
      }
    }
    return found;
  }

  /** What a field or a method of an object or a class is. */
  #ofMember(member: NodePath, depth: number): Value[] {
    if (member.isMethod()) {
      const { kind } = member.node as t.ClassMethod;
      if (kind === "get") return this.returned([{ kind: "code", path: member }], depth);
      return kind === "set" ? [] : [{ kind: "code", path: member }];
    }
    const value = member.get("value") as NodePath;
    return value.node ? this.resolve(value, depth + 1) : [];
  }

  #ofInstance(path: NodePath, key: string | undefined, depth: number): Value[] {
    if (!path.isClass()) return UNKNOWN;
    return key === undefined ? UNKNOWN : this.#ofClass(path, key, false, depth);
  }

  /** A field that is a parameter of the constructor as well: `constructor(private root: string)`. */
  #parameterProperty(constructor: NodePath, key: string, depth: number): Value[] {
    const parameters = constructor.get("params") as NodePath[];
    return parameters.flatMap((parameter, index): Value[] => {
      if (!PARAMETER_PROPERTIES.has(parameter.node)) return [];
      if (!Object.hasOwn(parameter.getBindingIdentifiers(), key)) return [];
      const handed = this.handedAt(constructor, index, depth);
      if (!parameter.isAssignmentPattern()) return handed;
      return [...handed, ...this.resolve(parameter.get("right") as NodePath, depth + 1)];
    });
  }

  /** What a class has under a name: as a class, or what it makes. */
  #ofClass(
    path: NodePath<t.Class>,
    key: string | undefined,
    isStatic: boolean,
    depth: number,
  ): Value[] {
    if (key === undefined) return UNKNOWN;
    const values: Value[] = [];
    const { byKey, open } = this.#membersOf(path);
    const [constructor] = byKey.get("constructor") ?? [];
    if (!isStatic && constructor !== undefined) {
      values.push(...this.#parameterProperty(constructor, key, depth));
    }
    const named = [...byKey.get(key) ?? [], ...open.filter((member) => !member.isStaticBlock())];
    for (const member of named) {
      const isOfIt = ((member.node as t.ClassMethod).static ?? false) === isStatic;
      if (isOfIt) values.push(...this.#ofMember(member, depth));
    }
    // Those that extend it may declare the field again.
    for (const field of this.fields(path).declaredBelow(path.node, key)) {
      values.push(...this.#ofMember(field, depth));
    }
    const base = path.get("superClass") as NodePath;
    const assigned = this.#withChanges(path, key, [], depth);
    if (values.length + assigned.length === 0 && base.node) {
      const inherited = this.resolve(base, depth + 1).flatMap((it): Value[] =>
        it.kind === "code" && it.path.isClass()
          ? this.#ofClass(it.path, key, isStatic, depth + 1)
          : UNKNOWN
      );
      return inherited;
    }
    return [...values, ...assigned];
  }
}

/** The members of a literal or a class. */
interface Members {
  byKey: Map<string, NodePath[]>;
  /** Those whose names can't be told, and what is spread. */
  open: NodePath[];
}

/** What `this` is that of: a member of a class or an object, a function; undefined for the global one. */
export function thisOwner(path: NodePath): NodePath | undefined {
  const owner = path.findParent((parent) =>
    parent.isFunction() && !parent.isArrowFunctionExpression() || parent.isClassProperty() ||
    parent.isClassPrivateProperty() || parent.isClassAccessorProperty() || parent.isStaticBlock()
  );
  return owner ?? undefined;
}

function memberKey(member: NodePath): string | undefined {
  const { key, computed } = member.node as t.ClassMethod;
  if (key === undefined) return undefined;
  const name = key as t.Node;
  if (name.type === "PrivateName") return `#${name.id.name}`;
  if (name.type === "StringLiteral") return name.value;
  return !computed && name.type === "Identifier" ? name.name : undefined;
}

function importedName({ imported }: t.ImportSpecifier): string {
  return imported.type === "Identifier" ? imported.name : imported.value;
}
