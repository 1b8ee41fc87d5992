/**
 * Where names of sounds are in what is handed on out of sight: by promises, errors that are thrown, and
 * objects of the runtime that keep what they are given for whoever listens or reads.
 */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Resolver } from "../resolver.ts";
import { asText, type Flow, isNothing, join, MANY, NOTHING, type Refs, refTo } from "./flow.ts";
import { holdsName } from "./calls.ts";
import { functionsOf, madeBy } from "./objects.ts";
import type { FlowTargets } from "./targets.ts";
import type { FlowValues } from "./values.ts";

/** An error that says the name of the file that it is about. */
const OF_FILE: Flow = { isName: true, isMark: false, error: "whole" };

/** Follows what is kept for others by what is called. */
export class FlowKeeping {
  /** What is called where errors are caught, and whether something is thrown there. */
  readonly #tried = new WeakMap<t.Node, { calls: NodePath[]; throws: boolean }>();

  constructor(
    private readonly values: FlowValues,
    private readonly targets: FlowTargets,
    private readonly resolver: Resolver,
  ) {}

  /** Something is called, or made. `isOwn`: by functions of the program. */
  called(path: NodePath, callee: NodePath, args: NodePath[], isOwn: boolean): void {
    const given = this.values.given(args);
    const { state } = this.values;
    const names = this.resolver.names(callee);
    if (this.values.callees.isAny(callee)) {
      given.forEach((flow, i) => state.add(state.handedToAny, i, flow));
    }
    if (!this.#isErrors(callee)) this.#settles(callee, given);
    // What an error is made of is in what it says, and in nothing else of it.
    else if (given.some(holdsName) || args.some((it) => this.values.holds(it))) {
      this.#settles(callee, [OF_FILE]);
    }
    if (names.includes("Promise") && args[0]) {
      const executor = this.values.callees.functions(args[0]);
      for (const [i, token] of [path, callee].entries()) {
        for (const it of executor) this.targets.hand(it, args[0], i, refTo(token));
      }
    } else if (names.includes("Promise.withResolvers")) {
      state.add(state.ofRecords, "promise", state.kept.get(path.node) ?? NOTHING);
      state.add(state.ofRecords, "resolve", refTo(path));
      state.add(state.ofRecords, "reject", refTo(callee));
    } else if (names.includes("Promise.reject")) {
      state.add(state.of, "thrown", join(...given));
    } else if (names.some((name) => /^set(Timeout|Interval|Immediate)$/.test(name)) && args[0]) {
      const [, , ...later] = given;
      for (const it of this.values.callees.functions(args[0])) {
        later.forEach((flow, i) => this.targets.hand(it, args[0], i, flow));
      }
      this.#settles(args[0], later);
    }
    if (!isOwn) {
      this.#says(path, callee, given);
      this.#keeps(path, callee, args, given);
    }
  }

  /** Whether it is `super` of a class of errors. */
  #isErrors(callee: NodePath): boolean {
    if (!callee.isSuper()) return false;
    const owner = callee.findParent((it) => it.isClass()) as NodePath<t.Class> | null;
    const base = owner === null ? [] : this.values.objects.lineOf(owner).base;
    return base.length > 0 && base.every((name) => /^\w*Error$/.test(name));
  }

  /** `resolve(id)` and `reject(id)`: what has them knows the promise by what made it, and by its name. */
  #settles(callee: NodePath, given: Flow[]): void {
    const { refs } = this.values.of(callee);
    const flow = join(...given);
    if (refs === undefined || refs === MANY || isNothing(flow)) return;
    const { state } = this.values;
    for (const [node, it] of refs) {
      if (it.isNewExpression() || it.isCallExpression()) state.add(state.kept, node, flow);
      else if (!it.isFunction()) state.add(state.of, "thrown", flow);
    }
  }

  /** An error of a class of the program's own says what it is made of. */
  #says(path: NodePath, callee: NodePath, given: Flow[]): void {
    const { objects, state } = this.values;
    const text = join(...given.map(asText));
    if (isNothing(text)) return;
    const places = callee.isSuper()
      ? objects.placesOf(callee)
      : objects.linesOf(path).map(({ root }) => ({ root, maker: path.node }));
    for (const place of places) state.add(state.ofClasses.of(place), "message", text);
  }

  /** What an object of the runtime is given it keeps, and hands to all functions that it is given. */
  #keeps(path: NodePath, callee: NodePath, args: NodePath[], given: Flow[]): void {
    const { objects, state } = this.values;
    const isMethod = callee.isMemberExpression() || callee.isOptionalMemberExpression();
    const object = path.isNewExpression()
      ? this.values.of(path)
      : isMethod
      ? this.values.of(callee.get("object") as NodePath)
      : NOTHING;
    const keepers = madeBy(object).filter((it) => objects.keeps(it));
    const others = madeBy(join(...given)).filter((it) => objects.keeps(it));
    const isPiped = isMethod &&
      /^pipe/.test(this.resolver.key(callee as NodePath<t.MemberExpression>) ?? "");
    if (keepers.length === 0 && !(isPiped && others.length > 0)) return;
    const functions: Refs = new Map(
      args.flatMap((arg) => this.#functionsIn(arg)).map((it) => [it.node, it]),
    );
    const whole = objects.withKept(
      join(object, ...given, functions.size > 0 ? { ...NOTHING, refs: functions } : NOTHING),
    );
    for (const { node } of [...keepers, ...others]) state.add(state.kept, node, whole);
    for (const it of functionsOf(whole)) {
      const count = (it.get("params") as NodePath[]).length;
      for (let i = 0; i < count; i++) this.targets.hand(it, path, i, whole);
    }
  }

  /** The functions of an object that is written there. */
  #functionsIn(path: NodePath): NodePath[] {
    return this.resolver.resolve(path).flatMap((value) => {
      if (value.kind !== "code" || !value.path.isObjectExpression()) return [];
      return value.path.get("properties").flatMap((it) =>
        it.isObjectMethod()
          ? [it as NodePath]
          : it.isObjectProperty()
          ? this.values.callees.functions(it.get("value") as NodePath)
          : []
      );
    });
  }

  /** What is caught of what is thrown in a block. */
  caught(path: NodePath<t.CatchClause>): void {
    const param = path.get("param") as NodePath;
    if (!param.node) return;
    const { node } = path;
    let tried = this.#tried.get(node);
    if (tried === undefined) {
      tried = { calls: [], throws: false };
      const found = tried;
      (path.parentPath.get("block") as NodePath).traverse({
        ThrowStatement: () => void (found.throws = true),
        YieldExpression: () => void (found.throws = true),
        CallExpression: (call) => void found.calls.push(call),
        NewExpression: (call) => void found.calls.push(call),
        AwaitExpression: ({ node: { argument } }) => {
          found.throws ||= !/Call|New/.test(argument.type);
        },
      });
      this.#tried.set(node, tried);
    }
    const thrown = tried.throws ? this.values.state.of.get("thrown") : NOTHING;
    this.targets.give(param, join(thrown, this.refused(tried.calls)));
  }

  /** What calls may throw: what the program does, where it is called, and the name of a file, where that is handed on. */
  refused(calls: NodePath[]): Flow {
    const { state } = this.values;
    return join(...calls.map((call) => {
      if (!call.isCallExpression() && !call.isNewExpression()) return state.of.get("thrown");
      const names = this.resolver.names(call.get("callee") as NodePath);
      const isOwn = this.values.callees.handlers(call as NodePath<t.CallExpression>).length > 0 ||
        names.some((name) => /^Promise\b/.test(name));
      const args = call.get("arguments") as NodePath[];
      const isOfFile = !isOwn && this.values.given(args).some(holdsName) &&
        names.some((name) => !/^console\b/.test(name));
      return join(isOfFile ? OF_FILE : NOTHING, isOwn ? state.of.get("thrown") : NOTHING);
    }));
  }
}
