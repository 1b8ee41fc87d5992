import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { CHANGES, type Escapes, REORDERS } from "./escapes.ts";
import { knownText, type Value } from "./values.ts";

/** What is assigned to a field is not followed into more cases than this. */
const MOST_ASSIGNED = 64;

/** What a program does with fields, by their names: gone through once, whatever is asked of it. */
export class Fields {
  /** Expressions that are assigned to a field of a name, with the object. */
  readonly #assigned = new Map<string, { object: NodePath; value?: NodePath }[]>();
  /** Uses of a field of a name. */
  readonly #uses = new Map<string, NodePath[]>();
  /** Fields and methods of classes and literals, by name. */
  readonly #declared = new Map<string, NodePath[]>();
  readonly #all = new Map<string, (NodePath | undefined)[]>();
  readonly #byObject = new Map<string, Map<t.Node | "any", (NodePath | undefined)[]>>();
  #byNode?: Map<t.Node | "any", (NodePath | undefined)[]>;
  readonly #below = new Map<string, Map<t.Node | "any", NodePath[]>>();
  /** Objects that are changed by a name that isn't known, or by a method. */
  readonly #changed: NodePath[] = [];
  readonly #reordered: NodePath[] = [];
  /** Uses by names that must be followed themselves. */
  readonly #computed: NodePath[] = [];
  readonly #computedMembers: NodePath[] = [];
  readonly #takenOut = new Map<string, boolean>();
  /** While names are followed, nothing is known of fields. */
  #state: "new" | "settling" | "settled" = "new";
  readonly #touched = new Set<t.Node>();
  readonly #changedNodes = new Set<t.Node>();
  /** What has parts that literals don't: an entry of a folder, a key with its value. */
  #changesPairs = false;

  /**
   * @param resolveEarly As `resolve`, of what keeps nothing of what it finds.
   * @param escapes What of the program's objects gets to where it can't be followed, once that is known.
   */
  constructor(
    program: NodePath,
    private readonly resolve: (path: NodePath) => Value[],
    private readonly resolveEarly: (path: NodePath) => Value[],
    private readonly escapes: () => Escapes | undefined,
  ) {
    program.traverse({
      MemberExpression: (path) => this.#member(path),
      OptionalMemberExpression: (path) => this.#member(path),
      ObjectPattern: (path) => this.#pattern(path),
      ClassProperty: (path) => this.#property(path),
      ClassAccessorProperty: (path) => this.#property(path),
      ClassPrivateProperty: (path) => this.#property(path),
      ClassMethod: (path) => this.#property(path),
      ClassPrivateMethod: (path) => this.#property(path),
      ObjectProperty: (path) => {
        if (path.parentPath.isObjectExpression()) this.#property(path);
      },
      ObjectMethod: (path) => this.#property(path),
    });
  }

  #isSettled(): boolean {
    if (this.#state === "new") {
      this.#state = "settling";
      for (const path of this.#computedMembers) {
        const keys = this.resolveEarly(path.get("key") as NodePath).map(knownText);
        for (const key of keys) if (key !== undefined) append(this.#declared, key, path);
      }
      for (const path of this.#computed) {
        const property = path.get(path.isObjectProperty() ? "key" : "property") as NodePath;
        const keys = this.resolveEarly(property).map(knownText);
        const { object, value, isTarget } = targetOf(path);
        for (const key of keys) {
          if (key !== undefined) append(this.#uses, key, path);
          if (CHANGES.test(key ?? "")) this.#changed.push(object);
          if (!isTarget) continue;
          if (key === undefined) this.#changed.push(object);
          else append(this.#assigned, key, { object, value });
        }
      }
      for (const value of this.#changed.flatMap((object) => this.resolveEarly(object))) {
        this.#changes(this.#touched, value);
      }
      for (const value of this.#reordered.flatMap((object) => this.resolveEarly(object))) {
        // Of a list nobody knows the order.
        if (value.kind === "code") this.#touched.add(value.path.node);
      }
      for (const { object } of [...this.#assigned.values()].flat()) {
        for (const value of this.resolveEarly(object)) this.#changes(this.#changedNodes, value);
      }
      this.#state = "settled";
    }
    return this.#state === "settled";
  }

  #changes(set: Set<t.Node>, value: Value): void {
    if (value.kind === "code") set.add(value.path.node);
    if (value.kind === "list" && value.at !== undefined) set.add(value.at.node);
    if (value.kind === "pair" || value.kind === "entry") this.#changesPairs = true;
  }

  /** Whether something is assigned to a part of what is listed of a folder or an object. */
  get changesPairs(): boolean {
    return !this.#isSettled() || this.#changesPairs;
  }

  /** What the program itself declares or assigns under a name, of whatever object; undefined is unknown. */
  allOf(key: string): (NodePath | undefined)[] {
    if (!this.#isSettled()) return [undefined];
    let all = this.#all.get(key);
    if (all === undefined) {
      const assigned = (this.#assigned.get(key) ?? []).map(({ value }) => value);
      this.#all.set(key, all = [...this.#declared.get(key) ?? [], ...assigned]);
    }
    return all;
  }

  /** What is assigned to a field of an object, or of one that may be it; a missing value is unknown. */
  assignedTo(node: t.Node, key: string): (NodePath | undefined)[] {
    if (!this.#isSettled()) return [undefined];
    const byObject = this.#assignedUnder(key);
    const all = [...byObject.get(node) ?? [], ...byObject.get("any") ?? []];
    // More are not told apart.
    return all.length > MOST_ASSIGNED ? [undefined] : all;
  }

  /** What is assigned to any field of an object; a missing value is unknown. */
  assignedToAny(node: t.Node): (NodePath | undefined)[] {
    if (!this.#isSettled() || this.escapes()?.isLost(node) !== false) return [undefined];
    if (this.#byNode === undefined) {
      this.#byNode = new Map();
      for (const key of this.#assigned.keys()) {
        for (const [it, values] of this.#assignedUnder(key)) {
          for (const value of values) append(this.#byNode, it, value);
        }
      }
    }
    const all = this.#byNode.get(node) ?? [];
    return all.length > MOST_ASSIGNED ? [undefined] : all;
  }

  #assignedUnder(key: string): Map<t.Node | "any", (NodePath | undefined)[]> {
    let byObject = this.#byObject.get(key);
    if (byObject === undefined) {
      this.#byObject.set(key, byObject = new Map());
      for (const { object, value } of this.#assigned.get(key) ?? []) {
        for (const node of this.#objectsOf(object)) append(byObject, node, value);
      }
    }
    return byObject;
  }

  /** Uses of a field of a name, of any object; undefined where they can't be told. */
  usesOf(key: string): NodePath[] | undefined {
    return this.#isSettled() ? this.#uses.get(key) ?? [] : undefined;
  }

  /** Fields of a name that classes declare which extend a class. */
  declaredBelow(base: t.Node, key: string): NodePath[] {
    let byBase = this.#below.get(key);
    if (byBase === undefined) {
      this.#below.set(key, byBase = new Map());
      for (const field of this.#declared.get(key) ?? []) {
        const owner = field.parentPath!.parentPath as NodePath<t.Class>;
        if (!owner.isClass() || !owner.node.superClass) continue;
        for (const value of this.resolve(owner.get("superClass") as NodePath)) {
          if (value.kind === "code") append(byBase, value.path.node, field);
          if (value.kind === "unknown") append(byBase, "any", field);
        }
      }
    }
    const unseen = this.escapes()?.isLost(base) ? byBase.get("any") ?? [] : [];
    return [...byBase.get(base) ?? [], ...unseen];
  }

  /** Whether a literal may be changed otherwise than by an assignment to a field that is named. */
  isTouched(node: t.Node): boolean {
    return !this.#isSettled() || this.#touched.has(node) ||
      (this.escapes()?.isChanged(node) ?? false);
  }

  /** Whether methods of a literal or a class may be called with anything, and with another `this`. */
  isCalled(owner: t.Node): boolean {
    return this.escapes()?.isCalled(owner) ?? false;
  }

  /** Whether a method is used otherwise than by calling it, or binding it to what has it. */
  isTakenOut(key: string): boolean {
    const known = this.#takenOut.get(key);
    if (known !== undefined) return known;
    const isTaken = this.#isSettled() && (this.#uses.get(key) ?? []).some((use) => {
      const { parentPath } = use;
      if (use.isObjectProperty()) return true;
      if (parentPath!.isCallExpression() || parentPath!.isOptionalCallExpression()) {
        return use.key !== "callee";
      }
      const isBound = parentPath!.isMemberExpression() && use.key === "object" &&
        !parentPath!.node.computed && (parentPath!.node.property as t.Identifier).name === "bind";
      return !isBound || !this.#isBoundToItself(use, parentPath!.parentPath!);
    });
    this.#takenOut.set(key, isTaken);
    return isTaken;
  }

  #isBoundToItself(use: NodePath, call: NodePath): boolean {
    if (!call.isCallExpression()) return false;
    const [self] = call.get("arguments") as NodePath[];
    const object = use.get("object") as NodePath;
    return self !== undefined && self.node.type === object.node.type &&
      (self.isThisExpression() ||
        self.isIdentifier() && self.node.name === (object.node as t.Identifier).name);
  }

  /** Whether anything of a literal is assigned to, by whatever name. */
  isChanged(node: t.Node): boolean {
    return this.isTouched(node) || this.#changedNodes.has(node);
  }

  /** The literals and classes that an object may be, or any. */
  #objectsOf(object: NodePath): (t.Node | "any")[] {
    const owner = object.isThisExpression()
      ? object.findParent((parent) => parent.isClass()) as NodePath<t.Class> | null
      : null;
    if (owner !== null) {
      const { superClass } = owner.node;
      const base = superClass ? this.resolve(owner.get("superClass") as NodePath) : [];
      return [owner.node, ...base.flatMap((it) => it.kind === "code" ? [it.path.node] : [])];
    }
    return this.resolve(object).flatMap((value): (t.Node | "any")[] =>
      value.kind === "code" || value.kind === "instance"
        ? [value.path.node]
        : value.kind === "name"
        ? []
        : ["any" as const]
    );
  }

  #member(path: NodePath): void {
    const { computed, property } = path.node as t.MemberExpression;
    const key = property.type === "PrivateName"
      ? `#${property.id.name}`
      : !computed && property.type === "Identifier"
      ? property.name
      : undefined;
    if (key === undefined) return void this.#computed.push(path);
    append(this.#uses, key, path);
    const { object, value, isTarget } = targetOf(path);
    if (isTarget) append(this.#assigned, key, { object, value });
    // Whoever has such a method can call it: `const push = a.push.bind(a)`.
    else if (REORDERS.test(key)) this.#reordered.push(object);
    else if (CHANGES.test(key)) this.#changed.push(object);
  }

  #pattern(path: NodePath): void {
    for (const property of path.get("properties") as NodePath[]) {
      if (!property.isObjectProperty()) continue;
      const { key, computed } = property.node;
      if (!computed && key.type === "Identifier") append(this.#uses, key.name, property);
      else this.#computed.push(property);
    }
  }

  #property(path: NodePath): void {
    const { key, computed } = path.node as
      | t.ClassProperty
      | t.ClassPrivateProperty & { computed: boolean };
    if (key.type === "PrivateName") append(this.#declared, `#${key.id.name}`, path);
    else if (!computed && key.type === "Identifier") append(this.#declared, key.name, path);
    else if (key.type === "StringLiteral") append(this.#declared, key.value, path);
    else if (computed) this.#computedMembers.push(path);
  }
}

/** The object of a member, and what the member is assigned where it is. */
function targetOf(path: NodePath): { object: NodePath; value?: NodePath; isTarget: boolean } {
  const object = path.get("object") as NodePath;
  const target = path.isObjectProperty() ? undefined : assignmentOf(path);
  return { object, value: target?.value, isTarget: target !== undefined };
}

/** What a member is assigned; undefined where it is only read. */
function assignmentOf(path: NodePath): { value?: NodePath } | undefined {
  const { parentPath, key } = path;
  if (parentPath === null) return undefined;
  if (parentPath.isAssignmentExpression() && key === "left") {
    const isPlain = /^(=|\?\?=|\|\|=|&&=)$/.test(parentPath.node.operator);
    return { value: isPlain ? parentPath.get("right") as NodePath : undefined };
  }
  if (parentPath.isUpdateExpression() || parentPath.isUnaryExpression({ operator: "delete" })) {
    return {};
  }
  // Targets of patterns and of loops.
  const isTarget = parentPath.isForXStatement() && key === "left" || parentPath.isArrayPattern() ||
    parentPath.isRestElement() || parentPath.isAssignmentPattern() && key === "left" ||
    parentPath.isObjectProperty() && key === "value" && parentPath.parentPath.isObjectPattern();
  if (isTarget) return {};
  const isWrapped = parentPath.isTSAsExpression() || parentPath.isTSNonNullExpression() ||
    parentPath.isTSSatisfiesExpression() || parentPath.isParenthesizedExpression();
  return isWrapped ? assignmentOf(parentPath) : undefined;
}

function append<K, T>(map: Map<K, T[]>, key: K, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
