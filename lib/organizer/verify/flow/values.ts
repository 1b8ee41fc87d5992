/** What may be in the values of a program's expressions, as far as it is known by now. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { bare, isWrapping } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { knownText } from "../values.ts";
import { Callees, COLLECTIONS } from "./callees.ts";
import { flowOfCall, holdsName, ofTextOrList } from "./calls.ts";
import type { Place } from "./class_fields.ts";
import {
  asText,
  elementOf,
  type Flow,
  HELD,
  isNothing,
  itemOf,
  join,
  listOf,
  metIn,
  NOTHING,
  ownOf,
  RECORD,
  refTo,
  tableOf,
  tupleOf,
} from "./flow.ts";
import { ITERATED, Objects } from "./objects.ts";
import { type FlowState, mapAt } from "./state.ts";

/** Methods by which an object is made a text. */
const MAKES_TEXT = /^(toString|valueOf|toJSON|\[Symbol\.toPrimitive\])$/;

/** What an error says. */
const SAYS = /^(message|stack|cause|errors)$/;

/** Tells of expressions of a program what may be in them. */
export class FlowValues {
  /** What is known in this round, by the places that call the functions which it is in. */
  #known = new Map<t.Node | undefined, Map<t.Node, Flow>>();

  readonly objects: Objects;
  readonly callees: Callees;

  constructor(readonly state: FlowState, private readonly resolver: Resolver) {
    const of = (path: NodePath) => this.of(path);
    this.objects = new Objects(state, resolver, of);
    this.callees = new Callees(state, resolver, this.objects, of);
  }

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
        if (binding !== undefined) {
          const { path: declared } = binding;
          const variable = this.state.variable(binding);
          return declared.isFunctionDeclaration() ? join(variable, refTo(declared)) : variable;
        }
        return node.name === "arguments" ? this.#arguments(path) : NOTHING;
      }
      case "ThisExpression":
      case "Super": {
        const known = this.objects.ofThis(path);
        return isNothing(known) ? this.#keptByAny(path) : known;
      }
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return refTo(path);
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.#member(path as NodePath<t.MemberExpression>);
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
        return this.#call(path as NodePath<t.CallExpression>);
      case "TaggedTemplateExpression": {
        const tags = this.callees.functions(path.get("tag") as NodePath);
        if (tags.length === 0) return inner("quasi");
        return join(...tags.map((it) => this.returnedAt(it, path)));
      }
      case "StringLiteral":
        return path.parentPath?.isArrayExpression() ? HELD : NOTHING;
      case "TemplateLiteral":
        return this.#asText(path.get("expressions") as NodePath[]);
      case "BinaryExpression":
        return node.operator === "+"
          ? {
            ...this.#asText(["left", "right"].map((it) => path.get(it) as NodePath)),
            isHeld: undefined,
          }
          : NOTHING;
      case "LogicalExpression":
        return join(inner("left"), inner("right"));
      case "ConditionalExpression":
        return join(inner("consequent"), inner("alternate"));
      case "AssignmentExpression":
        return inner("right");
      case "AwaitExpression":
        return inner("argument");
      case "YieldExpression":
        return join(inner("argument"), this.state.of.get("sent"));
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
    const isObject = this.resolver.resolve(path).some((value) =>
      value.kind === "instance" || value.kind === "code" && value.path.isObjectExpression()
    );
    const met = metIn(this.objects.withKept(this.of(path)));
    if (!isObject) return met;
    const places = this.objects.placesOf(path);
    // What an iterator's `next` gives has it as its value.
    const isOwn = this.resolver.fields(path).allOf("next").length > 0;
    const next = isOwn ? this.state.ofRecords.get("value") : NOTHING;
    return join(met, metIn(this.state.ofClasses.get(places, ITERATED)), next);
  }

  /** A text that is put together. */
  #asText(parts: NodePath[]): Flow {
    return join(...parts.map((part) => asText(this.objects.withKept(this.of(part)))));
  }

  /** What a function of the program's own is called with, by no name. */
  #arguments(path: NodePath): Flow {
    const owner = path.findParent((it) => it.isFunction() && !it.isArrowFunctionExpression());
    return owner ? this.state.calledWith.get(owner.node) ?? NOTHING : NOTHING;
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
      const key = keyText(it.node as t.ObjectProperty) ?? this.#symbolOf(it);
      if (MAKES_TEXT.test(key ?? "")) return asText(this.#returnedByMember(it));
      if (!it.isObjectProperty()) return NOTHING;
      if (key !== undefined) {
        return isNothing(this.of(it.get("value") as NodePath)) ? NOTHING : RECORD;
      }
      return tableOf(this.of(it.get("key") as NodePath), this.of(it.get("value") as NodePath));
    }));
  }

  #symbolOf(member: NodePath): string | undefined {
    const [name] = this.resolver.names(member.get("key") as NodePath);
    return name === undefined ? undefined : `[${name}]`;
  }

  #returnedByMember(member: NodePath): Flow {
    const value = member.isFunction() ? member : member.get("value") as NodePath;
    const functions = member.isFunction() ? [member] : this.callees.functions(value);
    return join(...functions.map((it) => this.returnedAt(it, value)));
  }

  #member(path: NodePath<t.MemberExpression>): Flow {
    const object = this.objects.withKept(this.of(path.get("object")));
    const { computed } = path.node, key = this.resolver.key(path);
    if (computed && (key === undefined || /^\d+$/.test(key))) {
      return key === undefined
        ? join(ofTextOrList(object), ...this.#ofOneOf(path, object))
        : itemOf(object, Number(key));
    }
    const field = this.ofField(object, key ?? "", this.objects.placesOf(path.get("object")));
    return path.key === "callee"
      ? field
      : join(field, ...this.callees.namedMethodsOf(path).map(refTo));
  }

  /** What an object has under one of several names, or under any of those that are written for it. */
  #ofOneOf(path: NodePath<t.MemberExpression>, object: Flow): Flow[] {
    if (!object.isRecord) return [];
    const keys = this.resolver.resolve(path.get("property") as NodePath).map(knownText);
    if (keys.every((key) => key !== undefined)) {
      return keys.map((key) => this.state.ofRecords.get(key) ?? NOTHING);
    }
    return [this.fieldsOf(path.get("object"))];
  }

  #call(path: NodePath<t.CallExpression>): Flow {
    const args = path.get("arguments") as NodePath[];
    const callee = bare(path.get("callee") as NodePath);
    const handlers = this.callees.handlers(path);
    const lines = path.isNewExpression() ? this.objects.linesOf(path) : [];
    if (handlers.length > 0 || lines.length > 0) {
      const made = lines.length > 0 ? refTo(path) : NOTHING;
      return join(made, ...handlers.map((it) => this.returnedAt(it, path)));
    }
    const returned = this.callees.isAny(callee) ? this.state.of.get("returned") : NOTHING;
    return join(returned, flowOfCall(path, args, this.resolver, this));
  }

  /** Whether something may be a text that the program knows. */
  isText(path: NodePath | undefined): boolean {
    return path !== undefined && this.resolver.resolve(path).some((it) => knownText(it));
  }

  /** What a function that is handed on gives. */
  returnedBy(path: NodePath): Flow {
    return join(...this.callees.functions(path).map((it) => this.returnedAt(it, path)));
  }

  /** What a function gives where a place calls it. */
  returnedAt(handler: NodePath, site: NodePath): Flow {
    const frames = this.state.framesAt(handler, site, this.objects.calledOn(site));
    return this.state.returnedIn(handler, frames);
  }

  /** Whether names of sounds are in something, or in the fields that are written for it. */
  holds(path: NodePath): boolean {
    return holdsName(this.objects.withKept(this.of(path))) || holdsName(this.fieldsOf(path));
  }

  /** What an object has under the names that are written for it. */
  fieldsOf(path: NodePath): Flow {
    return join(
      ...this.resolver.resolve(path).flatMap((value) => {
        if (value.kind !== "code" || !value.path.isObjectExpression()) return [];
        return value.path.get("properties").map((it) =>
          it.isObjectProperty() ? this.of(it.get("value") as NodePath) : NOTHING
        );
      }),
    );
  }

  /** What is put into `this` of a class of which nobody knows the object. */
  #keptByAny(path: NodePath): Flow {
    const roots = this.objects.placesOf(path).map(({ root }) => root);
    return join(
      ...roots.map((root) => typeof root === "string" ? NOTHING : this.state.kept.get(root)),
    );
  }

  /** What a value has under a name that is written there. */
  ofField(object: Flow, key: string, places: Place[]): Flow {
    if (/^(length|size|byteLength|constructor|prototype)$/.test(key)) return NOTHING;
    // What has a name in it is an address or an error: a text has no fields.
    const isNone = object.error === "whole" && !SAYS.test(key);
    const own = isNone ? NOTHING : ownOf(object);
    // What a list has by a name is a method of lists.
    const isMethod = COLLECTIONS.some((it) => key in it);
    const held = object.isMap || isMethod ? NOTHING : elementOf(object);
    const put = object.isRecord ? this.state.ofRecords.get(key) : NOTHING;
    return join(own, held, put, this.state.ofClasses.get(places, key));
  }
}
