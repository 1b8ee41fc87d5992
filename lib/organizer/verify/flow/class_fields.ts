/** Where names of sounds are in the fields of classes, told apart by the classes as far as these are known. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Resolver } from "../resolver.ts";
import { thisOwner } from "../this_of.ts";
import { type Flow, join, NOTHING } from "./flow.ts";

/** Classes that extend each other are not followed any further. */
const MAX_DEPTH = 10;
/** Stands for a class that can't be told. */
export const ANY_CLASS = "any";

/** The class that others extend, or any. */
export type ClassRoot = t.Node | typeof ANY_CLASS;

/** The class of an object, and what made that; undefined is any of the class. */
export interface Place {
  root: ClassRoot;
  maker?: t.Node;
}

/** What fields are, by their classes, what made the objects, and names. */
export class ClassFields {
  readonly #byRoot = new Map<ClassRoot, Map<t.Node | undefined, Map<string, Flow>>>();

  /** What fields of a name are, of objects of classes or of any. */
  get(places: Place[], key: string): Flow {
    if (places.length === 0) return NOTHING;
    const isAny = places.some(({ root }) => root === ANY_CLASS);
    const all: Place[] = isAny
      ? [...this.#byRoot.keys()].map((root) => ({ root }))
      : [...places, { root: ANY_CLASS }];
    return join(
      ...all.flatMap(({ root, maker }) => {
        const makers = this.#byRoot.get(root);
        if (makers === undefined) return [];
        return maker === undefined
          ? [...makers.values()]
          : [makers.get(undefined), makers.get(maker)];
      }).map((fields) => fields?.get(key)),
    );
  }

  /** What is known of the fields of objects of a class. */
  of({ root, maker }: Place): Map<string, Flow> {
    let makers = this.#byRoot.get(root);
    if (makers === undefined) this.#byRoot.set(root, makers = new Map());
    let fields = makers.get(maker);
    if (fields === undefined) makers.set(maker, fields = new Map());
    return fields;
  }
}

/** The class that a member of one is in. */
export function rootOfMember(member: NodePath, resolver: Resolver): ClassRoot {
  const owner = member.parentPath?.parentPath;
  return owner?.isClass() ? rootOf(owner, resolver) : ANY_CLASS;
}

/** The classes that an object may be of, or any; none of an object whose plain fields are written there. */
export function rootsOf(object: NodePath, resolver: Resolver): ClassRoot[] {
  if (object.isThisExpression() || object.isSuper()) {
    const owner = thisOwner(object);
    return [owner === undefined ? ANY_CLASS : rootOfMember(owner, resolver)];
  }
  return resolver.resolve(object).flatMap((value) => {
    if (value.kind !== "instance" && value.kind !== "code") return ANY_CLASS;
    if (value.path.isClass()) return rootOf(value.path, resolver);
    return isPlainLiteral(value.path) ? [] : ANY_CLASS;
  });
}

/** The class that a class comes of. */
export function rootOf(owner: NodePath<t.Class>, resolver: Resolver, depth = 0): ClassRoot {
  if (!owner.node.superClass || depth > MAX_DEPTH) return owner.node;
  for (const value of resolver.resolve(owner.get("superClass") as NodePath)) {
    if (value.kind === "code" && value.path.isClass()) {
      return rootOf(value.path, resolver, depth + 1);
    }
    // One that is made by a function, or chosen.
    if (value.kind !== "name") return ANY_CLASS;
  }
  return owner.node;
}

function isPlainLiteral(path: NodePath): boolean {
  return path.isObjectExpression() &&
    path.node.properties.every(({ type }) => type !== "ObjectMethod");
}
