import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { COUNTS } from "./counts.ts";
import { returnsOf } from "./functions.ts";
import { PARAMETER_PROPERTIES } from "./program.ts";
import type { Resolver } from "./resolver.ts";
import { knownText, limit, PIECE, UNKNOWN, type Value } from "./values.ts";

/** In a longer list an element is any of them. */
const MOST_IN_LIST = 256;

/** The members of a literal or a class. */
interface Names {
  byKey: Map<string, NodePath[]>;
  /** Those whose names can't be told, and what is spread. */
  open: NodePath[];
}

/** What literals, classes and what they make have under names. */
export class Members {
  readonly #had = new WeakMap<object, Map<string, Value[]>>();
  readonly #named = new WeakMap<object, Names>();

  constructor(private readonly resolver: Resolver) {}

  /** What a literal, a class or what it makes has under a name; `key` undefined where it is not known. */
  of(
    value: Value & { kind: "code" | "instance" },
    key: string | undefined,
    depth: number,
  ): Value[] {
    return this.#memo(
      value,
      key,
      () =>
        value.kind === "code"
          ? this.#ofCode(value.path, key, depth)
          : this.#ofInstance(value.path, key, depth),
    );
  }

  /** Whether an object has, or may have, something under a name. */
  has(value: Value & { kind: "code" | "instance" }, key: string, depth: number): boolean {
    const { open } = this.#membersOf(value.path);
    return open.some((it) => !it.isStaticBlock()) ||
      this.of(value, key, depth).some(({ kind }) => kind !== "unknown");
  }

  /** The names that a literal has; undefined where it may have others. */
  namesOf(path: NodePath): string[] | undefined {
    if (!path.isObjectExpression() || this.resolver.fields(path).isChanged(path.node)) {
      return undefined;
    }
    const { byKey, open } = this.#membersOf(path);
    return open.length > 0 ? undefined : [...byKey.keys()];
  }

  /** What was found once is known. */
  #memo(
    { kind, path }: { kind: string; path: NodePath },
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

  /** What an object, a list, a class or a function has under a name. */
  #ofCode(path: NodePath, key: string | undefined, depth: number): Value[] {
    if (path.isArrayExpression()) {
      if (key === "length") return PIECE;
      const { elements } = path.node;
      // What is no index may be a method, or what somebody put there.
      if (key !== undefined && !/^\d+$/.test(key)) {
        const put = this.#withChanges(path, key, [], depth);
        return put.length === 0 ? UNKNOWN : put;
      }
      const isPlain = key !== undefined && elements[Number(key)] &&
        elements.length <= MOST_IN_LIST && !elements.some((it) => it?.type === "SpreadElement");
      const values = isPlain
        ? this.resolver.resolve(path.get(`elements.${Number(key)}`) as NodePath, depth + 1)
        : this.#memo(
          { kind: "code", path },
          undefined,
          () => this.resolver.parts.elements([{ kind: "code", path }], depth + 1),
        );
      return this.#withChanges(path, key, values, depth);
    }
    if (path.isObjectExpression()) return this.#ofObject(path, key, depth);
    if (path.isClass()) {
      return key === "prototype"
        ? [{ kind: "instance", path }]
        : this.#ofClass(path, key, true, depth);
    }
    // Functions have a length, and what is put there.
    return COUNTS.test(key ?? "") ? this.#withChanges(path, key, PIECE, depth) : UNKNOWN;
  }

  #withChanges(path: NodePath, key: string | undefined, values: Value[], depth: number): Value[] {
    const fields = this.resolver.fields(path);
    if (fields.isTouched(path.node)) return [...values, ...UNKNOWN];
    const isAny = key === undefined && fields.isChanged(path.node);
    if (key === undefined && !isAny) return values;
    const put = key === undefined ? fields.assignedToAny(path.node) : fields.assignedTo(
      path.node,
      key,
    );
    const assigned = put.flatMap((value) =>
      value === undefined ? UNKNOWN : this.resolver.resolve(value, depth + 1)
    );
    return [...values, ...assigned];
  }

  #ofObject(path: NodePath<t.ObjectExpression>, key: string | undefined, depth: number): Value[] {
    const { byKey, open } = this.#membersOf(path);
    const named = key === undefined ? [...byKey.values()].flat() : byKey.get(key) ?? [];
    const values = [...named, ...open].slice(0, MOST_IN_LIST).flatMap((member): Value[] => {
      if (!member.isSpreadElement()) return this.#ofMember(member, depth);
      const spread = this.resolver.resolve(member.get("argument") as NodePath, depth + 1);
      return this.resolver.parts.property(spread, key, depth + 1);
    });
    const isMore = named.length + open.length > MOST_IN_LIST;
    return this.#withChanges(path, key, isMore ? [...values, ...UNKNOWN] : values, depth);
  }

  /** The members of a literal or a class by their names, gone through once. */
  #membersOf(path: NodePath): Names {
    const { node } = path;
    const known = this.#named.get(node);
    if (known !== undefined) return known;
    const found: Names = { byKey: new Map(), open: [] };
    this.#named.set(node, found);
    const members = path.get(path.isClass() ? "body.body" : "properties") as unknown as NodePath[];
    for (const member of members) {
      const name = memberKey(member);
      const names = name !== undefined
        ? [name]
        : member.isSpreadElement() || member.isStaticBlock()
        ? [undefined]
        : this.resolver.resolve(member.get("key") as NodePath).map(knownText);
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
    // A decorator may put another thing in its place.
    const { decorators } = member.node as t.ClassMethod;
    return decorators?.length ? [...this.#written(member, depth), ...UNKNOWN] : this.#written(
      member,
      depth,
    );
  }

  #written(member: NodePath, depth: number): Value[] {
    if (member.isMethod()) {
      const { kind } = member.node as t.ClassMethod;
      if (kind === "get") return this.resolver.returned([{ kind: "code", path: member }], depth);
      return kind === "set" ? [] : [{ kind: "code", path: member }];
    }
    const value = member.get("value") as NodePath;
    return value.node ? this.resolver.resolve(value, depth + 1) : [];
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
      const handed = this.resolver.handedAt(constructor, index, depth);
      if (!parameter.isAssignmentPattern()) return handed;
      return [...handed, ...this.resolver.resolve(parameter.get("right") as NodePath, depth + 1)];
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
    const isReplaced = path.node.decorators?.length ||
      constructor !== undefined && returnsOf(constructor)?.length !== 0;
    if (isReplaced) values.push(...UNKNOWN);
    if (!isStatic && constructor !== undefined) {
      values.push(...this.#parameterProperty(constructor, key, depth));
    }
    const named = [...byKey.get(key) ?? [], ...open.filter(({ type }) => type !== "StaticBlock")];
    for (const member of named) {
      const isOfIt = ((member.node as t.ClassMethod).static ?? false) === isStatic;
      if (isOfIt) values.push(...this.#ofMember(member, depth));
    }
    // Those that extend it may declare the field again.
    for (const field of this.resolver.fields(path).declaredBelow(path.node, key)) {
      values.push(...this.#ofMember(field, depth));
    }
    const base = path.get("superClass") as NodePath;
    const assigned = this.#withChanges(path, key, [], depth);
    if (values.length + assigned.length === 0 && base.node) {
      const inherited = this.resolver.resolve(base, depth + 1).flatMap((it): Value[] =>
        it.kind === "code" && it.path.isClass()
          ? this.#ofClass(it.path, key, isStatic, depth + 1)
          : UNKNOWN
      );
      return inherited;
    }
    return [...values, ...assigned];
  }
}

function memberKey(member: NodePath): string | undefined {
  const { key, computed } = member.node as t.ClassMethod;
  if (key === undefined) return undefined;
  const name = key as t.Node;
  if (name.type === "PrivateName") return `#${name.id.name}`;
  if (name.type === "StringLiteral") return name.value;
  return !computed && name.type === "Identifier" ? name.name : undefined;
}
