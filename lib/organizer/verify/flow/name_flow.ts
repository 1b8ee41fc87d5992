/** Where in a program the names and paths of sounds may get: through variables, fields, lists, maps, functions. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { HANDED_PATHS } from "../names.ts";
import { bare, TYPES } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { holdsName } from "./calls.ts";
import {
  asText,
  type Flow,
  join,
  keysOf,
  listOf,
  metIn,
  NAMED,
  NOTHING,
  SOUNDS,
  tableOf,
} from "./flow.ts";
import { rootOfMember } from "./class_fields.ts";
import { FlowDefinitions } from "./definitions.ts";
import { FlowKeeping } from "./keeping.ts";
import { ITERATED } from "./objects.ts";
import type { FlowState } from "./state.ts";
import { FlowTargets } from "./targets.ts";
import { FlowValues } from "./values.ts";

/** Methods that put an argument, or what stands behind a first one, into what they are called on. */
const PUTS = /^(push|unshift|add|fill)$/, PUTS_UNDER = /^(set|with)$/;

/** Follows names of sounds through a program. */
export class NameFlow {
  readonly #values: FlowValues;
  readonly #targets: FlowTargets;
  readonly #keeping: FlowKeeping;
  readonly #definitions: FlowDefinitions;

  readonly #steps: { owner?: t.Node; path: NodePath; run: () => void }[] = [];
  /** Where more was found the last time: what was not followed to its end. */
  moving: NodePath[] = [];

  constructor(
    program: NodePath,
    private readonly state: FlowState,
    private readonly resolver: Resolver,
  ) {
    this.#values = new FlowValues(state, resolver);
    this.#targets = new FlowTargets(this.#values, resolver);
    this.#keeping = new FlowKeeping(this.#values, this.#targets, resolver);
    this.#definitions = new FlowDefinitions(this.#values, this.#targets, resolver);
    const step = (path: NodePath) => {
      const owner = state.contexts.ownerOf(path);
      this.#steps.push({ owner, path, run: () => this.#step(path) });
    };
    program.traverse({
      ...TYPES,
      Function: step,
      VariableDeclarator: step,
      AssignmentExpression: step,
      AssignmentPattern: step,
      ForXStatement: step,
      CallExpression: step,
      OptionalCallExpression: step,
      NewExpression: step,
      TaggedTemplateExpression: step,
      ReturnStatement: step,
      YieldExpression: step,
      ThrowStatement: step,
      CatchClause: step,
      ObjectProperty: step,
      ClassProperty: step,
      ClassPrivateProperty: step,
      ClassAccessorProperty: step,
    });
  }

  /** Finds which files it writes. */
  findsWritten(): void {
    for (const { path } of this.#steps) {
      if (path.isCallExpression()) this.state.written.find(path, this.resolver);
    }
  }

  /** Goes through it once more with what is known by now. */
  again(): void {
    this.#values.begin();
    this.moving = [];
    const { state } = this;
    const wasChanged = state.isChanged;
    for (const { owner, path, run } of this.#steps) {
      state.isChanged = false;
      for (const frame of state.contexts.framesOf(owner)) state.within(frame, run);
      if (state.isChanged) this.moving.push(path);
    }
    state.isChanged = wasChanged || this.moving.length > 0;
  }

  /** Where names may be in what an expression gives. */
  of(path: NodePath): Flow {
    return this.#inFrames(path, () => this.#values.of(path));
  }

  #inFrames(path: NodePath, run: () => Flow): Flow {
    const { contexts } = this.state;
    const frames = contexts.framesOf(contexts.ownerOf(path));
    return join(...frames.map((it) => this.state.within(it, run)));
  }

  /**
   * Whether something holds of a value, with what it keeps by no name, and something else of what another
   * expression is there: for one of the places that call the function which they are in.
   */
  meet(
    value: NodePath,
    holds: (flow: Flow) => boolean,
    other: NodePath,
    holdsOf: (other: NodePath) => boolean,
  ): boolean {
    const { contexts } = this.state;
    return contexts.framesOf(contexts.ownerOf(value)).some((frame) =>
      contexts.givenIn(frame, other).some(holdsOf) &&
      this.state.within(frame, () => holds(this.#values.objects.withKept(this.#values.of(value))))
    );
  }

  /** Whether names are in something, or in the fields that are written for it. */
  holds(path: NodePath): boolean {
    return this.#inFrames(path, () => this.#values.holds(path) ? NAMED : NOTHING).isName;
  }

  /** Whether the program writes a file of that path itself, or may. */
  isWritten(path: NodePath): boolean {
    return this.state.written.has(path, this.resolver);
  }

  /** How a pattern takes a name apart, where it does. */
  apart(node: t.Node): "letters" | "asked" | undefined {
    return this.state.apart.get(node);
  }

  #step(path: NodePath): void {
    const inner = (key: string) => path.get(key) as NodePath;
    const of = (key: string) => this.#values.of(inner(key));
    const gives = (to: string, from: string) => {
      const flow = of(from);
      // What a pattern takes places of is gone over.
      const isList = inner(to).isArrayPattern();
      this.#targets.give(inner(to), isList ? this.#values.objects.asList(flow) : flow);
    };
    if (path.isFunction()) this.#function(path);
    else if (path.isVariableDeclarator()) gives("id", "init");
    else if (path.isAssignmentPattern()) gives("left", "right");
    else if (path.isAssignmentExpression()) {
      const { operator } = path.node;
      // What is reckoned is a number, and a text that is put to another is no table's.
      if (/^(=|\?\?=|\|\|=|&&=)$/.test(operator)) gives("left", "right");
      else if (operator === "+=") {
        this.#targets.give(inner("left"), { ...asText(of("right")), isHeld: undefined });
      }
    } else if (path.isForXStatement()) this.#loop(path);
    else if (path.isReturnStatement()) this.#gives(path, of("argument"));
    else if (path.isThrowStatement()) this.state.add(this.state.of, "thrown", of("argument"));
    else if (path.isCatchClause()) this.#keeping.caught(path);
    else if (path.isYieldExpression()) {
      const yielded = of("argument");
      this.#gives(path, path.node.delegate ? yielded : listOf(yielded));
    } else if (path.isObjectProperty()) {
      const { ofRecords } = this.state;
      if (path.parentPath.isObjectExpression()) this.#field(ofRecords, path, inner("value"));
    } else if (
      path.isClassProperty() || path.isClassPrivateProperty() || path.isClassAccessorProperty()
    ) this.#field(this.state.fieldsOf(rootOfMember(path, this.resolver)), path, inner("value"));
    else if (path.isTaggedTemplateExpression()) {
      // The first argument is what stands between the others.
      const given = this.#values.given(path.get("quasi").get("expressions") as NodePath[]);
      for (const it of this.#values.callees.functions(inner("tag"))) {
        given.forEach((flow, i) => this.#targets.hand(it, path, i + 1, flow));
      }
    } else this.#called(path as NodePath<t.CallExpression>);
  }

  #field(fields: Map<string, Flow>, path: NodePath, value: NodePath): void {
    const key = keyText(path.node as t.ObjectProperty);
    if (key !== undefined) this.state.add(fields, key, this.#values.of(value));
  }

  /** A model's own methods are handed sounds; an arrow gives what it is. */
  #function(path: NodePath<t.Function>): void {
    const key = path.isMethod() ? keyText(path.node as t.ClassMethod) ?? "" : "";
    if (HANDED_PATHS.test(key)) {
      const handed = key === "computeSimilarities" ? SOUNDS : NAMED;
      for (const it of path.get("params")) this.#targets.give(it as NodePath, handed);
    } else {
      const params = path.get("params") as NodePath[];
      for (const [index, flow] of this.state.handedToAny) {
        if (params[index]) this.#targets.give(params[index], flow);
      }
    }
    const body = path.get("body") as NodePath;
    if (path.isArrowFunctionExpression() && !body.isBlockStatement()) {
      this.state.addReturned(path.node, this.#values.of(body));
    }
  }

  #gives(path: NodePath, flow: Flow): void {
    const handler = path.getFunctionParent();
    if (handler === null) return;
    this.state.addReturned(handler.node, flow);
    if (!handler.isMethod()) return;
    // What a getter gives is a field; `[Symbol.iterator]` has no name of its own.
    const key = handler.node.computed ? ITERATED : keyText(handler.node as t.ClassMethod);
    if (key === ITERATED || key !== undefined && handler.node.kind === "get") {
      this.state.add(this.state.fieldsOf(rootOfMember(handler, this.resolver)), key, flow);
    }
  }

  #loop(path: NodePath<t.ForXStatement>): void {
    const right = path.get("right");
    const met = path.isForInStatement()
      ? keysOf(this.#values.of(right))
      : this.#values.metIn(right);
    const left = path.get("left") as NodePath;
    const target = left.isVariableDeclaration()
      ? left.get("declarations")[0].get("id") as NodePath
      : left;
    this.#targets.give(target, met);
  }

  /** What functions are handed, and what is put into lists and maps. */
  #called(path: NodePath<t.CallExpression>): void {
    const callee = bare(path.get("callee") as NodePath);
    const args = path.get("arguments") as NodePath[];
    const handlers = this.#values.callees.handlers(path);
    const on = handlers.length > 0 ? this.#values.objects.calledOn(path) : [];
    for (const handler of handlers) {
      this.state.enter(handler, path, on);
      this.#hand(handler, path, args);
    }
    this.#keeping.called(path, callee, args, handlers.length > 0);
    for (const { unasked } of path.isNewExpression() ? this.#values.objects.linesOf(path) : []) {
      for (const it of unasked) this.state.enter(it, path, [path]);
    }
    if (handlers.length > 0) return;
    if (callee.isMemberExpression() || callee.isOptionalMemberExpression()) {
      this.#method(callee as NodePath<t.MemberExpression>, args);
    } else if (args[1]) this.#callsBack(args[1], this.#values.metIn(args[0]));
  }

  /** What a function gets as its arguments. */
  #hand(handler: NodePath, site: NodePath, args: NodePath[]): void {
    args.forEach((arg, i) => {
      if (!arg.isSpreadElement()) return this.#targets.hand(handler, site, i, this.#values.of(arg));
      this.#spread(handler, site, this.#values.metIn(arg.get("argument")), i);
    });
  }

  #method(callee: NodePath<t.MemberExpression>, args: NodePath[]): void {
    const object = callee.get("object"), key = this.resolver.key(callee) ?? "";
    if (/^(call|apply|bind)$/.test(key)) {
      for (const handler of this.#values.callees.functions(object)) {
        if (key === "bind") {
          this.state.bind(handler.node, callee.node, Math.max(0, args.length - 1));
        }
        this.state.enter(handler, object, this.#values.objects.calledOn(object));
        if (key !== "apply") this.#hand(handler, object, args.slice(1));
        else if (args[1]) this.#spread(handler, object, this.#values.metIn(args[1]));
      }
      return;
    }
    const given = this.#values.given(args);
    this.#puts(object, key, args, given);
    const over = this.#values.objects.asList(this.#values.of(object)), met = metIn(over);
    if (/^reduce(Right)?$/.test(key) && args[0]) {
      const sum = join(given[1] ?? met, this.#values.returnedBy(args[0]));
      this.#callsBack(args[0], sum, met);
    } else if (/^(from|fromAsync|groupBy)$/.test(key)) {
      // `Array.from(list, …)`, `Object.groupBy(list, …)`
      this.#callsBack(args[1], metIn(given[0] ?? NOTHING));
    } else if (/^(parse|stringify)$/.test(key) && args[1] && given[0] && holdsName(given[0])) {
      this.#callsBack(args[1], NAMED, NAMED);
    } else if (/^replace(All)?$/.test(key)) this.#callsBack(args[1], over);
    else if (key === "then") {
      this.#callsBack(args[0], over);
      this.#callsBack(args[1], this.#keeping.refused([object]));
    } else if (key === "catch") this.#callsBack(args[0], this.#keeping.refused([object]));
    else if (/^(next|throw)$/.test(key)) {
      this.state.add(this.state.of, key === "next" ? "sent" : "thrown", join(...given));
    } else if (/^define(Property|Properties)$|^create$/.test(key)) {
      this.#definitions.defines(key, args);
    } else if (/^(sort|toSorted)$/.test(key)) this.#callsBack(args[0], met, met);
    else if (over.isMap) this.#callsBack(args[0], over.of ?? NOTHING, over.keys);
    else this.#callsBack(args[0], met);
  }

  #puts(object: NodePath, key: string, args: NodePath[], given: Flow[]): void {
    const put = (flow: Flow) => this.#targets.give(object, flow, true);
    if (PUTS.test(key)) put(listOf(join(...given)));
    else if (PUTS_UNDER.test(key)) {
      put(tableOf(given[0] ?? NOTHING, given[1] ?? NOTHING, key === "set"));
    } else if (key === "splice") put(listOf(join(...given.slice(2))));
    else if (key === "assign" && args[0]) {
      this.#targets.give(args[0], join(...given.slice(1)), true);
    }
  }

  /** What all parameters from one on may get. */
  #spread(handler: NodePath, site: NodePath, flow: Flow, from = 0): void {
    const count = (handler.get("params") as NodePath[]).length;
    for (let i = from; i < count; i++) this.#targets.hand(handler, site, i, flow);
  }

  #callsBack(handler: NodePath | undefined, first: Flow, second: Flow = NOTHING): void {
    if (handler === undefined) return;
    const functions = this.#values.callees.functions(handler);
    const on = functions.length > 0 ? this.#values.objects.calledOn(handler) : [];
    for (const it of functions) {
      this.state.enter(it, handler, on);
      this.#targets.hand(it, handler, 0, first);
      this.#targets.hand(it, handler, 1, second);
    }
  }
}
