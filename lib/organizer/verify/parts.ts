import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { counted, COUNTS } from "./counts.ts";
import { Members } from "./members.ts";
import type { Resolver } from "./resolver.ts";
import { BUILT, limit, memberName, NAME, PIECE, UNKNOWN, type Value } from "./values.ts";

/** What values have: properties, elements and the names of those. */
export class Parts {
  readonly #members: Members;
  /** What lists that are written in the program hold: each is looked at once. */
  readonly #literals = new WeakMap<object, Value[]>();

  constructor(private readonly resolver: Resolver) {
    this.#members = new Members(resolver);
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
        case "instance":
          return this.#members.of(value, key, depth);
        case "sounds":
          return [{ kind: "sound" }];
        case "list":
          if (key === "length") return PIECE;
          return key === undefined || /^\d+$/.test(key) ? this.#ofList(value) : UNKNOWN;
        case "pair":
          if (this.#changesPairs()) return UNKNOWN;
          return key === "0" ? value.first : key === "1" ? value.second : UNKNOWN;
        case "entry":
          return key === "name" && !this.#changesPairs() ? PIECE : UNKNOWN;
        case "text":
          // An address's own text: addresses are followed as the texts that they are made of.
          if (key === "href") return [value];
          return COUNTS.test(key ?? "") ? PIECE : UNKNOWN;
        default:
          return COUNTS.test(key ?? "")
            ? counted(this.resolver, this.resolver.program, key!, depth + 1)
            : UNKNOWN;
      }
    });
  }

  #changesPairs(): boolean {
    return this.resolver.program === undefined ||
      this.resolver.fields(this.resolver.program).changesPairs;
  }

  /** What a list holds, and what may have been put into it. */
  #ofList(value: Value & { kind: "list" }): Value[] {
    const isChanged = value.at === undefined ||
      this.resolver.fields(value.at).isChanged(value.at.node);
    return isChanged ? [...value.of, ...UNKNOWN] : value.of;
  }

  /** What a loop over values meets. */
  elements(values: Value[], depth = 0): Value[] {
    return values.flatMap((value): Value[] => {
      if (value.kind === "list") return this.#ofList(value);
      if (value.kind === "text" || value.kind === "built") return BUILT;
      if (value.kind !== "code" || !value.path.isArrayExpression()) return UNKNOWN;
      return this.#ofLiteral(value.path, depth);
    });
  }

  /** What a list holds that is written there. */
  #ofLiteral(list: NodePath<t.ArrayExpression>, depth: number): Value[] {
    const known = this.#literals.get(list.node);
    if (known !== undefined) return known;
    // A list that holds what it held before, as in `log = [...log, next]`, is met in itself.
    this.#literals.set(list.node, UNKNOWN);
    const all = list.get("elements").flatMap((element) => {
      const path = element as NodePath;
      if (path.isSpreadElement()) {
        return this.elements(this.resolver.resolve(path.get("argument"), depth + 1), depth + 1);
      }
      return path.node ? this.resolver.resolve(path, depth + 1) : [];
    });
    const isChanged = this.resolver.fields(list).isChanged(list.node);
    const found = all.length === 0 ? [] : limit(all);
    const elements = isChanged ? [...found, ...UNKNOWN] : found;
    this.#literals.set(list.node, elements);
    return elements;
  }

  /** The names of what values have. */
  keys(values: Value[]): Value[] {
    return values.flatMap((value): Value[] => {
      if (value.kind === "sounds") return NAME;
      const names = value.kind === "code" ? this.#members.namesOf(value.path) : undefined;
      return names?.map((text) => ({ kind: "text", text })) ?? UNKNOWN;
    });
  }

  /** Whether a value has a method `then`, so that awaiting it gives something else. */
  isThenable(value: Value, depth: number): boolean {
    if (value.kind !== "code" && value.kind !== "instance") return false;
    if (value.path.isFunction() || value.path.isArrayExpression()) return false;
    return this.#members.has(value, "then", depth);
  }
}
