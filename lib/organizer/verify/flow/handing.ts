/** What functions are handed where they are called, and what is put into lists and maps by their methods. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { bare } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { holdsName } from "./calls.ts";
import { FlowDefinitions } from "./definitions.ts";
import { type Flow, join, listOf, metIn, NAMED, NOTHING, tableOf } from "./flow.ts";
import type { FlowKeeping } from "./keeping.ts";
import type { FlowState } from "./state.ts";
import type { FlowTargets } from "./targets.ts";
import type { FlowValues } from "./values.ts";

/** Methods that put an argument, or what stands behind a first one, into what they are called on. */
const PUTS = /^(push|unshift|add|fill)$/, PUTS_UNDER = /^(set|with)$/;

/** Gives names of sounds to what is called with them. */
export class FlowHanding {
  readonly #definitions: FlowDefinitions;

  constructor(
    private readonly state: FlowState,
    private readonly resolver: Resolver,
    private readonly values: FlowValues,
    private readonly targets: FlowTargets,
    private readonly keeping: FlowKeeping,
  ) {
    this.#definitions = new FlowDefinitions(values, targets, resolver);
  }

  /** What functions are handed, and what is put into lists and maps. */
  called(path: NodePath<t.CallExpression>): void {
    const callee = bare(path.get("callee") as NodePath);
    const args = path.get("arguments") as NodePath[];
    const handlers = this.values.callees.handlers(path);
    const on = handlers.length > 0 ? this.values.objects.calledOn(path) : [];
    for (const handler of handlers) {
      this.state.enter(handler, path, on);
      this.#hand(handler, path, args);
    }
    this.keeping.called(path, callee, args, handlers.length > 0);
    for (const { unasked } of path.isNewExpression() ? this.values.objects.linesOf(path) : []) {
      for (const it of unasked) this.state.enter(it, path, [path]);
    }
    if (handlers.length > 0) return;
    if (callee.isMemberExpression() || callee.isOptionalMemberExpression()) {
      this.#method(callee as NodePath<t.MemberExpression>, args);
    } else if (args[1]) this.#callsBack(args[1], this.values.metIn(args[0]));
  }

  /** What a function gets as its arguments. */
  #hand(handler: NodePath, site: NodePath, args: NodePath[]): void {
    args.forEach((arg, i) => {
      if (!arg.isSpreadElement()) return this.targets.hand(handler, site, i, this.values.of(arg));
      this.#spread(handler, site, this.values.metIn(arg.get("argument")), i);
    });
  }

  #method(callee: NodePath<t.MemberExpression>, args: NodePath[]): void {
    const object = callee.get("object"), key = this.resolver.key(callee) ?? "";
    if (/^(call|apply|bind)$/.test(key)) {
      for (const handler of this.values.callees.functions(object)) {
        if (key === "bind") {
          this.state.bind(handler.node, callee.node, Math.max(0, args.length - 1));
        }
        this.state.enter(handler, object, this.values.objects.calledOn(object));
        if (key !== "apply") this.#hand(handler, object, args.slice(1));
        else if (args[1]) this.#spread(handler, object, this.values.metIn(args[1]));
      }
      return;
    }
    const given = this.values.given(args);
    this.#puts(object, key, args, given);
    const over = this.values.objects.asList(this.values.of(object)), met = metIn(over);
    if (/^reduce(Right)?$/.test(key) && args[0]) {
      const sum = join(given[1] ?? met, this.values.returnedBy(args[0]));
      this.#callsBack(args[0], sum, met);
    } else if (/^(from|fromAsync|groupBy)$/.test(key)) {
      // `Array.from(list, …)`, `Object.groupBy(list, …)`
      this.#callsBack(args[1], metIn(given[0] ?? NOTHING));
    } else if (/^(parse|stringify)$/.test(key) && args[1] && given[0] && holdsName(given[0])) {
      this.#callsBack(args[1], NAMED, NAMED);
    } else if (/^replace(All)?$/.test(key)) this.#callsBack(args[1], over);
    else if (key === "then") {
      this.#callsBack(args[0], over);
      this.#callsBack(args[1], this.keeping.refused([object]));
    } else if (key === "catch") this.#callsBack(args[0], this.keeping.refused([object]));
    else if (/^(next|throw)$/.test(key)) {
      this.state.add(this.state.of, key === "next" ? "sent" : "thrown", join(...given));
    } else if (/^define(Property|Properties)$|^create$/.test(key)) {
      this.#definitions.defines(key, args);
    } else if (/^(sort|toSorted)$/.test(key)) this.#callsBack(args[0], met, met);
    else if (over.isMap) this.#callsBack(args[0], over.of ?? NOTHING, over.keys);
    else this.#callsBack(args[0], met);
  }

  #puts(object: NodePath, key: string, args: NodePath[], given: Flow[]): void {
    const put = (flow: Flow) => this.targets.give(object, flow, true);
    if (PUTS.test(key)) put(listOf(join(...given)));
    else if (PUTS_UNDER.test(key)) {
      put(tableOf(given[0] ?? NOTHING, given[1] ?? NOTHING, key === "set"));
    } else if (key === "splice") put(listOf(join(...given.slice(2))));
    else if (key === "assign" && args[0]) {
      this.targets.give(args[0], join(...given.slice(1)), true);
    }
  }

  /** What all parameters from one on may get. */
  #spread(handler: NodePath, site: NodePath, flow: Flow, from = 0): void {
    const count = (handler.get("params") as NodePath[]).length;
    for (let i = from; i < count; i++) this.targets.hand(handler, site, i, flow);
  }

  #callsBack(handler: NodePath | undefined, first: Flow, second: Flow = NOTHING): void {
    if (handler === undefined) return;
    const functions = this.values.callees.functions(handler);
    const on = functions.length > 0 ? this.values.objects.calledOn(handler) : [];
    for (const it of functions) {
      this.state.enter(it, handler, on);
      this.targets.hand(it, handler, 0, first);
      this.targets.hand(it, handler, 1, second);
    }
  }
}
