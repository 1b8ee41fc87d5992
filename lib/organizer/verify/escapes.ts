/**
 * What of a program's own objects gets to where nobody can follow it: what is known of their fields,
 * and of what their methods are called with, holds no longer.
 */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Resolver } from "./resolver.ts";
import { knownText, type Value } from "./values.ts";

/** What of the runtime gives an argument back, or keeps it. */
const KEEPS =
  /^(Map|Set|WeakMap|WeakSet|WeakRef|Promise|Array|Iterator|Object|Proxy|Symbol|CustomEvent|Reflect|\w*Error|set(Timeout|Interval|Immediate))(\.(?!(keys|values|entries|freeze|seal|isArray|is|hasOwn|preventExtensions|getOwnPropertyNames)$).*)?$|^structuredClone$/;
/** What calls methods of what it is given, or gives them without their names. */
const REFLECTS =
  /^(Object\.(values|entries|assign|defineProperty|defineProperties|create|getOwnPropertyDescriptors?|fromEntries)|Reflect\..*|JSON\.stringify|(Writable|Readable|Transform)Stream|Iterator\.from|Array\.(from|fromAsync))$/;
/** Methods of others that do so. */
const REFLECTING =
  /^(addEventListener|isSubsetOf|isSupersetOf|isDisjointFrom|union|intersection|difference|symmetricDifference|call|apply|test)$/;
/** Functions that change the object that is their first argument. */
export const CHANGES_FIRST =
  /^(Object\.(assign|defineProperty|defineProperties|setPrototypeOf)|Reflect\..*)$/;
/** Methods that put what is there in another order, or take of it. */
export const REORDERS = /^(sort|reverse|pop|shift)$/;
/** Methods that change a list or a map. */
export const CHANGES =
  /^(push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set|add|delete|clear)$/;

/** Gone through once for a program, whatever is asked of it. */
export class Escapes {
  /** Objects whose fields, or whose methods' arguments, can't be told. */
  readonly #changed = new Set<t.Node>();
  readonly #called = new Set<t.Node>();
  /** Those that are kept somewhere, with what may happen to such. */
  readonly #lost = new Set<t.Node>();
  #changesObjects = false;
  #changesLists = false;
  #callsMethods = false;

  constructor(program: NodePath, private readonly resolver: Resolver) {
    const call = (path: NodePath) => this.#call(path);
    const member = (path: NodePath) => this.#member(path);
    program.traverse({
      CallExpression: call,
      OptionalCallExpression: call,
      NewExpression: call,
      MemberExpression: member,
      OptionalMemberExpression: member,
      SpreadElement: (path) => {
        // Methods of what is spread belong to another object as well.
        if (path.parentPath.isObjectExpression()) {
          this.#mark(this.#called, resolver.resolve(path.get("argument")));
        }
      },
      AssignmentExpression: (path) => {
        // A setter may be handed it.
        if (path.get("left").isMemberExpression()) this.#lose(path.get("right"));
      },
      // Who imports it may change it, and call its methods.
      ExportNamedDeclaration: (path) => this.#handOut(path),
      ExportDefaultDeclaration: (path) => this.#handOut(path),
      YieldExpression: (path) => this.#lose(path.get("argument") as NodePath),
      ThrowStatement: (path) => this.#lose(path.get("argument")),
      TemplateLiteral: (path) => {
        if (!path.parentPath.isTaggedTemplateExpression()) return;
        for (const value of path.get("expressions")) this.#lose(value as NodePath);
      },
    });
  }

  /** Whether a literal, or what a class makes, may be changed by what has no name of it. */
  isChanged(node: t.Node): boolean {
    if (this.#changed.has(node)) return true;
    const isList = node.type !== "ObjectExpression" && !node.type.startsWith("Class");
    return this.#lost.has(node) && (isList ? this.#changesLists : this.#changesObjects);
  }

  /** Whether methods may be called with anything, and with another `this`. */
  isCalled(node: t.Node): boolean {
    return this.#called.has(node) || this.#lost.has(node) && this.#callsMethods;
  }

  /** Whether what is kept somewhere may be extended, or made anew, unseen. */
  isLost(node: t.Node): boolean {
    return this.#lost.has(node);
  }

  #call(path: NodePath): void {
    const callee = path.get("callee") as NodePath;
    const args = (path.get("arguments") as NodePath[]).map((arg) =>
      arg.isSpreadElement() ? arg.get("argument") : arg
    );
    const called = this.resolver.resolve(callee);
    const member = callee.isMemberExpression() || callee.isOptionalMemberExpression()
      ? callee as NodePath<t.MemberExpression>
      : undefined;
    const key = member && this.resolver.key(member);
    // `a.push.call(b, …)`, and a method that is bound to another object.
    if (/^(call|apply|bind)$/.test(key ?? "")) this.#byAnother(member!, args);
    for (const value of called) {
      if (value.kind === "name") this.#named(value.name, args);
      else if (value.kind !== "code" || takesAll(value.path) || isMadeByBase(value.path)) {
        for (const arg of args) this.#lose(arg);
        if (REFLECTING.test(key ?? "")) { for (const arg of args) this.#reflect(arg); }
      }
    }
    if (
      member !== undefined && CHANGES.test(key ?? "") && !REORDERS.test(key!) && !isNamed(called)
    ) {
      const object = this.resolver.resolve(member.get("object") as NodePath);
      if (isUnknown(object)) this.#changesLists = true;
    }
  }

  #byAnother(member: NodePath<t.MemberExpression>, args: NodePath[]): void {
    const inner = member.get("object") as NodePath;
    if (!inner.isMemberExpression() || args[0] === undefined) return;
    if (!CHANGES.test(this.resolver.key(inner) ?? "")) return;
    const object = this.resolver.resolve(args[0]);
    this.#mark(this.#changed, object);
    if (isUnknown(object)) this.#changesLists = true;
  }

  #named(name: string, args: NodePath[]): void {
    if (CHANGES_FIRST.test(name) && args[0]) {
      const object = this.resolver.resolve(args[0]);
      this.#mark(this.#changed, object);
      if (isUnknown(object)) this.#changesObjects = this.#changesLists = true;
    }
    for (const arg of args) {
      if (REFLECTS.test(name)) this.#reflect(arg);
      if (KEEPS.test(name)) this.#lose(arg);
    }
  }

  /** Something is done with all that an object has. */
  #reflect(arg: NodePath): void {
    const values = this.resolver.resolve(arg);
    this.#mark(this.#called, values);
    if (isUnknown(values)) this.#callsMethods = true;
  }

  /** What an object has under a name that can't be told. */
  #member(path: NodePath): void {
    const member = path as NodePath<t.MemberExpression>;
    const name = this.resolver.key(member) ?? "";
    if (CHANGES.test(name) && !REORDERS.test(name)) {
      for (const it of this.resolver.resolve(member.get("object") as NodePath)) {
        if (it.kind === "list" && it.at !== undefined) this.#changed.add(it.at.node);
        if (it.kind === "code" && it.path.isArrayExpression()) this.#changed.add(it.path.node);
      }
    }
    if (!member.node.computed || this.resolver.key(member) !== undefined) return;
    const key = this.resolver.resolve(member.get("property") as NodePath);
    // An index, or an id.
    if (key.every(({ kind }) => kind === "segment")) return;
    const object = this.resolver.resolve(member.get("object") as NodePath);
    const { parentPath } = member;
    const isTarget = parentPath.isAssignmentExpression() && member.key === "left";
    if (isTarget) {
      if (key.every((value) => knownText(value) !== undefined)) return;
      this.#mark(this.#changed, object.filter(({ kind }) => kind === "instance"));
      if (isUnknown(object)) this.#changesObjects = true;
      return;
    }
    this.#mark(this.#called, object.filter(({ kind }) => kind !== "list"));
    const isCalled = parentPath.isCallExpression() && member.key === "callee";
    if (isCalled && isUnknown(object)) this.#callsMethods = true;
  }

  #handOut(path: NodePath<t.ExportNamedDeclaration | t.ExportDefaultDeclaration>): void {
    const given = path.isExportDefaultDeclaration()
      ? path.get("declaration") as NodePath
      : undefined;
    const values = given?.isExpression() ? [...this.resolver.resolve(given)] : [];
    for (const name of Object.keys(path.getOuterBindingIdentifiers())) {
      const binding = path.scope.getBinding(name);
      if (binding !== undefined) values.push(...this.resolver.binding(binding));
    }
    for (const specifier of path.isExportNamedDeclaration() ? path.node.specifiers : []) {
      if (specifier.type !== "ExportSpecifier" || specifier.local.type !== "Identifier") continue;
      const binding = path.scope.getBinding(specifier.local.name);
      if (binding !== undefined) values.push(...this.resolver.binding(binding));
    }
    for (const set of [this.#changed, this.#called, this.#lost]) this.#mark(set, values);
  }

  #lose(path: NodePath): void {
    if (path.node) this.#mark(this.#lost, this.resolver.resolve(path));
  }

  /** Marks objects, and those that are in them. */
  #mark(set: Set<t.Node>, values: Value[]): void {
    for (const value of values) {
      if (value.kind === "list") {
        if (value.at !== undefined) set.add(value.at.node);
        this.#mark(set, value.of);
      }
      if (value.kind !== "code" && value.kind !== "instance") continue;
      const { path } = value;
      if (set.has(path.node)) continue;
      set.add(path.node);
      if (path.isArrayExpression()) this.#mark(set, this.resolver.parts.elements([value]));
      if (path.isObjectExpression()) {
        this.#mark(set, this.resolver.parts.property([value], undefined));
      }
    }
  }
}

/** Whether a function has parameters that are not followed one by one. */
function takesAll(path: NodePath): boolean {
  return path.isFunction() && path.node.params.some(({ type }) => type === "RestElement");
}

/** Whether what a class makes is made by the constructor of another. */
function isMadeByBase(path: NodePath): boolean {
  return path.isClass() && path.node.superClass !== null && path.node.superClass !== undefined &&
    !path.node.body.body.some((it) => it.type === "ClassMethod" && it.kind === "constructor");
}

function isNamed(values: Value[]): boolean {
  return values.every(({ kind }) => kind === "name");
}

function isUnknown(values: Value[]): boolean {
  return values.some(({ kind }) => kind === "unknown");
}
