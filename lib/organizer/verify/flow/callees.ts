/** Which functions of the program calls may be of. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { bare } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { type Flow, MANY } from "./flow.ts";
import { functionsOf, type Objects } from "./objects.ts";
import type { FlowState } from "./state.ts";

/** What lists and the like have methods by. */
export const COLLECTIONS = [Array, Map, Set, String, Promise].map(({ prototype }) =>
  prototype as object
);
/** Of methods of one name no more are told apart. */
const MOST_OF_NAME = 64;

/** Finds functions by what is known of the program, and by where they got to. */
export class Callees {
  readonly #setters = new Map<string, NodePath[]>();

  constructor(
    private readonly state: FlowState,
    private readonly resolver: Resolver,
    private readonly objects: Objects,
    private readonly of: (path: NodePath) => Flow,
  ) {}

  /** The functions of the program that a call may be one of. */
  handlers(path: NodePath<t.CallExpression>): NodePath[] {
    const callee = bare(path.get("callee") as NodePath);
    if (path.isNewExpression()) {
      return this.objects.linesOf(path).flatMap(({ classes }) => constructorOf(classes));
    }
    if (!callee.isSuper()) return this.functions(callee);
    const owner = callee.findParent((it) => it.isClass()) as NodePath<t.Class> | null;
    return owner ? constructorOf(this.objects.lineOf(owner).classes.slice(1)) : [];
  }

  /** The functions that an expression may be. */
  functions(path: NodePath): NodePath[] {
    const held = path.isFunction() ? [] : functionsOf(this.of(path));
    if (this.#isHanded(path)) return held;
    const known = this.#methodsOf(path);
    return [...known, ...held.filter((it) => known.every(({ node }) => node !== it.node))];
  }

  /** The functions that an expression is by what is known without this. */
  #methodsOf(path: NodePath): NodePath[] {
    const known = this.resolver.resolve(path).flatMap((value) =>
      value.kind === "code" && value.path.isFunction() ? [value.path] : []
    );
    if (!path.isMemberExpression()) return known;
    if (known.length === 1) return known;
    // Of what was made by known classes it is one of theirs.
    const its = this.#ofMakers(path);
    if (its.length > 0) return its;
    return known.length > 0 ? known : this.#ofAnyOfName(path);
  }

  #ofMakers(path: NodePath<t.MemberExpression>): NodePath[] {
    const key = this.resolver.key(path);
    if (key === undefined) return [];
    const object = path.get("object");
    const owner = object.isSuper() ? object.findParent((it) => it.isClass()) : null;
    const lines = owner
      ? this.objects.lineOf(owner as NodePath<t.Class>).classes.slice(1, 2).map((it) =>
        this.objects.lineOf(it)
      )
      : this.objects.makersOf(object).flatMap((maker) => this.objects.linesOf(maker));
    return lines.flatMap(({ members }) => members.get(key) ?? []);
  }

  /** The functions that a field is, by its name. */
  namedMethodsOf(path: NodePath): NodePath[] {
    // A method whose name is not known may be any field.
    return this.#methodsOf(path).filter(({ node }) => (node as t.ClassMethod).computed !== true);
  }

  /** Of what nobody knows the method may be any of that name, unless lists and the like have one. */
  #ofAnyOfName(path: NodePath<t.MemberExpression>): NodePath[] {
    const key = this.resolver.key(path);
    const isAny = key !== undefined && !COLLECTIONS.some((it) => key in it) &&
      this.resolver.names(path).length === 0;
    const named = isAny ? this.resolver.fields(path).allOf(key) : [];
    if (named.length > MOST_OF_NAME) return [];
    return named.flatMap((it) => {
      if (it === undefined) return [];
      const value = it.isFunction() ? it : it.get("value") as NodePath;
      return !Array.isArray(value) && value.isFunction?.() ? [value] : [];
    });
  }

  /** Whether what is called is one of too many functions to be told apart. */
  isAny(callee: NodePath): boolean {
    if (this.of(callee).refs === MANY) return true;
    const key = callee.isMemberExpression() ? this.resolver.key(callee) : undefined;
    return key !== undefined && this.resolver.fields(callee).allOf(key).length > MOST_OF_NAME &&
      this.functions(callee).length === 0;
  }

  /** The functions that a field of a name is set by. */
  settersOf(member: NodePath<t.MemberExpression>): NodePath[] {
    const key = this.resolver.key(member);
    if (key === undefined) return [];
    let setters = this.#setters.get(key);
    if (setters === undefined) {
      const all = this.resolver.fields(member).allOf(key);
      setters = all.flatMap((it) => it?.isMethod() && it.node.kind === "set" ? [it] : []);
      this.#setters.set(key, setters);
    }
    return setters;
  }

  /** Whether something is a parameter of the function that is followed, whose callers are all known. */
  #isHanded(path: NodePath): boolean {
    const { frame: { owner }, contexts } = this.state;
    if (owner === undefined || !path.isIdentifier() || contexts.isFull(owner)) return false;
    const parameter = path.scope.getBinding(path.node.name)?.identifier;
    return (owner as t.Function).params.some((it) => it === parameter);
  }
}

/** What makes objects of a class: of one without, its base does. */
function constructorOf(classes: NodePath<t.Class>[]): NodePath[] {
  for (const path of classes) {
    const members = path.get("body.body") as unknown as NodePath[];
    const own = members.filter((it) => it.isClassMethod({ kind: "constructor" }));
    if (own.length > 0) return own;
  }
  return [];
}
