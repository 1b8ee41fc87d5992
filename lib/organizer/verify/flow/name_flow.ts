/** Where in a program the names and paths of sounds may get: through variables, fields, lists, maps, functions. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { HANDED_PATHS } from "../names.ts";
import { TYPES } from "../positions.ts";
import type { Resolver } from "../resolver.ts";
import { asText, type Flow, join, keysOf, listOf, NAMED, NOTHING, SOUNDS } from "./flow.ts";
import { rootOfMember } from "./class_fields.ts";
import { FlowHanding } from "./handing.ts";
import { FlowKeeping } from "./keeping.ts";
import { ITERATED } from "./objects.ts";
import type { FlowState } from "./state.ts";
import { FlowTargets } from "./targets.ts";
import { FlowValues } from "./values.ts";

/** Follows names of sounds through a program. */
export class NameFlow {
  readonly #values: FlowValues;
  readonly #targets: FlowTargets;
  readonly #keeping: FlowKeeping;
  readonly #handing: FlowHanding;

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
    this.#handing = new FlowHanding(state, resolver, this.#values, this.#targets, this.#keeping);
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
    } else this.#handing.called(path as NodePath<t.CallExpression>);
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
}
