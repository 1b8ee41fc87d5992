/** What may be in the values of a program's expressions, as far as it is known by now. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { isWrapping } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { flowOfCall, ofTextOrList } from "./calls.ts";
import {
  elementOf,
  type Flow,
  isNothing,
  itemOf,
  join,
  listOf,
  metIn,
  NOTHING,
  RECORD,
  tableOf,
  tupleOf,
} from "./flow.ts";
import { type ClassRoot, rootsOf } from "./class_fields.ts";
import { type FlowState, mapAt } from "./state.ts";

/** What lists and the like have methods by. */
const COLLECTIONS = [Array, Map, Set, String, Promise].map(({ prototype }) => prototype as object);

/** Bases of a class are not followed any higher. */
const MOST_BASES = 8;

/** Stands for what a loop over an object of a class meets. */
export const ITERATED = "[Symbol.iterator]";

/** Tells of expressions of a program what may be in them. */
export class FlowValues {
  /** What is known in this round, by the places that call the functions which it is in. */
  #known = new Map<t.Node | undefined, Map<t.Node, Flow>>();

  constructor(readonly state: FlowState, private readonly resolver: Resolver) {}

  /** Expressions are looked at anew. */
  begin(): void {
    this.#known = new Map();
  }

  /** Where names may be in what an expression gives. */
  of(path: NodePath): Flow {
    const node = path.node as t.Node | null | undefined;
    if (!node) return NOTHING;
    const all = mapAt(this.#known, this.state.frame.site);
    const known = all.get(node);
    if (known !== undefined) return known;
    all.set(node, NOTHING);
    const found = this.#of(path, node);
    all.set(node, found);
    return found;
  }

  #of(path: NodePath, node: t.Node): Flow {
    const inner = (key: string) => this.of(path.get(key) as NodePath);
    if (isWrapping(path)) return inner("expression");
    switch (node.type) {
      case "Identifier": {
        const binding = path.scope.getBinding(node.name);
        return binding ? this.state.variable(binding) : NOTHING;
      }
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.#member(path as NodePath<t.MemberExpression>);
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
        return this.#call(path as NodePath<t.CallExpression>);
      case "TaggedTemplateExpression": {
        const tags = this.functions(path.get("tag") as NodePath);
        if (tags.length === 0) return inner("quasi");
        return join(...tags.map((it) => this.state.returnedAt(it, path)));
      }
      case "TemplateLiteral":
        return this.#asText(path.get("expressions") as NodePath[]);
      case "BinaryExpression":
        return node.operator === "+"
          ? this.#asText([path.get("left") as NodePath, path.get("right") as NodePath])
          : NOTHING;
      case "LogicalExpression":
        return join(inner("left"), inner("right"));
      case "ConditionalExpression":
        return join(inner("consequent"), inner("alternate"));
      case "AssignmentExpression":
        return inner("right");
      case "AwaitExpression":
      case "YieldExpression":
        return inner("argument");
      case "SequenceExpression":
        return inner(`expressions.${node.expressions.length - 1}`);
      case "ArrayExpression":
        return this.#list(path.get("elements") as NodePath[]);
      case "ObjectExpression":
        return this.#object(path.get("properties") as NodePath[]);
      default:
        return NOTHING;
    }
  }

  /** What a loop over it meets. */
  metIn(path: NodePath): Flow {
    const isInstance = this.resolver.resolve(path).some(({ kind }) => kind === "instance");
    const roots = isInstance ? rootsOf(path, this.resolver) : [];
    const own = this.state.ofClasses.get(roots, ITERATED);
    return join(metIn(this.of(path)), metIn(own));
  }

  /** A text that is put together. */
  #asText(parts: NodePath[]): Flow {
    const { isName, isMark } = join(...parts.map((part) => this.of(part)));
    return { isName, isMark };
  }

  #list(elements: NodePath[]): Flow {
    const values = this.given(elements);
    return elements.some((it) => it.isSpreadElement()) ? listOf(join(...values)) : tupleOf(values);
  }

  /** What arguments or elements are, or give where they are spread. */
  given(paths: NodePath[]): Flow[] {
    return paths.map((it) => it.isSpreadElement() ? this.metIn(it.get("argument")) : this.of(it));
  }

  /** What an object has under names that are written there is known by those. */
  #object(properties: NodePath[]): Flow {
    return join(...properties.map((it) => {
      if (it.isSpreadElement()) return this.of(it.get("argument"));
      if (!it.isObjectProperty()) return NOTHING;
      if (keyText(it.node) !== undefined) {
        return isNothing(this.of(it.get("value") as NodePath)) ? NOTHING : RECORD;
      }
      return tableOf(this.of(it.get("key") as NodePath), this.of(it.get("value") as NodePath));
    }));
  }

  #member(path: NodePath<t.MemberExpression>): Flow {
    const object = this.of(path.get("object"));
    const { computed } = path.node, key = this.resolver.key(path);
    if (computed && (key === undefined || /^\d+$/.test(key))) {
      return key === undefined ? ofTextOrList(object) : itemOf(object, Number(key));
    }
    return this.ofField(object, key ?? "", rootsOf(path.get("object"), this.resolver));
  }

  #call(path: NodePath<t.CallExpression>): Flow {
    const args = path.get("arguments") as NodePath[];
    const handlers = this.handlers(path);
    if (handlers.length > 0) {
      return join(...handlers.map((it) => this.state.returnedAt(it, path)));
    }
    return flowOfCall(path, args, this.resolver, this);
  }

  /** What a function that is handed on gives. */
  returnedBy(path: NodePath): Flow {
    return join(...this.functions(path).map((it) => this.state.returnedAt(it, path)));
  }

  /** The functions of the program that a call may be one of. */
  handlers(path: NodePath<t.CallExpression>): NodePath[] {
    const callee = path.get("callee") as NodePath;
    if (path.isNewExpression()) return this.#constructors(callee);
    if (!callee.isSuper()) return this.functions(callee);
    const owner = callee.findParent((it) => it.isClass());
    return owner ? this.#constructors(owner.get("superClass") as NodePath) : [];
  }

  /** What makes objects of a class: of one without, its base does. */
  #constructors(ofClass: NodePath, depth = 0): NodePath[] {
    if (!ofClass.node || depth > MOST_BASES) return [];
    return this.resolver.resolve(ofClass).flatMap((value) => {
      if (value.kind !== "code" || !value.path.isClass()) return [];
      const members = value.path.get("body.body") as unknown as NodePath[];
      const own = members.filter((it) => it.isClassMethod({ kind: "constructor" }));
      if (own.length > 0) return own;
      return this.#constructors(value.path.get("superClass") as NodePath, depth + 1);
    });
  }

  functions(path: NodePath): NodePath[] {
    const handed = this.#handed(path);
    if (handed === null) return [];
    const known = this.resolver.resolve(handed ?? path).flatMap((value) =>
      value.kind === "code" && value.path.isFunction() ? [value.path] : []
    );
    if (known.length > 0 || !path.isMemberExpression()) return known;
    // Of what nobody knows the method may be any of that name, unless lists and the like have one.
    const key = this.resolver.key(path);
    const isAny = key !== undefined && !COLLECTIONS.some((it) => key in it);
    const named = isAny ? this.resolver.fields(path).allOf(key) : [];
    return named.flatMap((it) => {
      if (it === undefined) return [];
      const value = it.isFunction() ? it : it.get("value") as NodePath;
      return !Array.isArray(value) && value.isFunction?.() ? [value] : [];
    });
  }

  /** The functions that a field of a name is set by. */
  settersOf(member: NodePath<t.MemberExpression>): NodePath[] {
    const key = this.resolver.key(member);
    const all = key === undefined ? [] : this.resolver.fields(member).allOf(key);
    return all.flatMap((it) => it?.isMethod() && it.node.kind === "set" ? [it] : []);
  }

  /**
   * What a parameter of the function that is followed is where it is called from; null where no place
   * calls it, undefined where that can't be told.
   */
  #handed(path: NodePath): NodePath | undefined | null {
    const { frame: { owner, site }, contexts } = this.state;
    if (owner === undefined || !path.isIdentifier()) return undefined;
    const parameter = path.scope.getBinding(path.node.name)?.identifier;
    const index = (owner as t.Function).params.findIndex((it) => it === parameter);
    if (index < 0) return undefined;
    if (site === undefined) return contexts.isFull(owner) ? undefined : null;
    const call = contexts.siteOf(owner, site);
    if (!call?.isCallExpression()) return undefined;
    const args = call.get("arguments") as NodePath[];
    return args.slice(0, index + 1).some((it) => it.isSpreadElement()) ? undefined : args[index];
  }

  /** What a value has under a name that is written there. */
  ofField(object: Flow, key: string, roots: ClassRoot[]): Flow {
    if (/^(length|size|byteLength|constructor|prototype)$/.test(key)) return NOTHING;
    // What has a name in it is an address or an error: a text has no fields.
    const own = { isName: object.isName, isMark: object.isMark };
    const held = object.isMap ? NOTHING : elementOf(object);
    const put = object.isRecord ? this.state.ofRecords.get(key) : NOTHING;
    return join(own, held, put, this.state.ofClasses.get(roots, key));
  }
}
