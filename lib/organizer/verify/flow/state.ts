/** What is known by now of where names of sounds are, of all of a notebook's programs together. */
import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { ClassFields, type ClassRoot } from "./class_fields.ts";
import { Contexts, type Frame } from "./contexts.ts";
import { type Flow, isSame, join, NOTHING } from "./flow.ts";
import { WrittenFiles } from "./written.ts";

/** Nobody binds more arguments to a function, one call after another. */
const MOST_BOUND = 8;

/** What variables, fields and functions are known to give. */
export class FlowState {
  readonly contexts = new Contexts();
  /** What is followed now. */
  frame: Frame = {};
  readonly ofClasses = new ClassFields();
  /** What fields of other objects are, by their names. */
  readonly ofRecords = new Map<string, Flow>();
  /** What objects keep by no name and promises settle to, by what made them; of a class where that isn't known. */
  readonly kept = new Map<t.Node, Flow>();
  /** Calls that bind arguments to functions, and how many they bind to one in all. */
  readonly #bound = new Map<t.Node, { calls: Set<t.Node>; count: number }>();
  /** What functions have as their `arguments`. */
  readonly calledWith = new Map<t.Node, Flow>();
  /** What is thrown, what generators are sent, and what any of too many functions gives. */
  readonly of = new Map<"thrown" | "sent" | "returned", Flow>();
  /** What any of too many functions is called with. */
  readonly handedToAny = new Map<number, Flow>();
  /** The files that the programs write. */
  readonly written = new WrittenFiles();
  /** Patterns, and parts of them, that take letters of a name, or ask for one that the program knows. */
  readonly apart = new Map<t.Node, "letters" | "asked">();
  /** What variables are, by the places that call the functions which they are in. */
  readonly #variables = new Map<t.Node | undefined, Map<Binding, Flow>>();
  /** What functions give, by their nodes and the places that call them. */
  readonly #returned = new Map<t.Node | undefined, Map<t.Node, Flow>>();
  /** Whether more is known than when this was last put back. */
  isChanged = false;

  /** Something more that a variable, a field or a function may give. */
  add<K>(to: Map<K, Flow>, key: K, flow: Flow): void {
    const before = to.get(key) ?? NOTHING;
    const after = join(before, flow);
    if (isSame(before, after)) return;
    to.set(key, after);
    this.isChanged = true;
  }

  /** A call binds arguments to a function: those of later calls may be as many parameters further on. */
  bind(handler: t.Node, call: t.Node, count: number): void {
    let bound = this.#bound.get(handler);
    if (bound === undefined) this.#bound.set(handler, bound = { calls: new Set(), count: 0 });
    if (count === 0 || bound.calls.has(call)) return;
    bound.calls.add(call);
    bound.count += count;
    this.isChanged = true;
  }

  /** How many arguments may be bound to a function. */
  boundTo(handler: t.Node): number {
    return Math.min(this.#bound.get(handler)?.count ?? 0, MOST_BOUND);
  }

  /** A pattern takes a name apart. */
  takenApart({ node }: NodePath, how: "letters" | "asked"): void {
    this.apart.set(node, how);
  }

  /** What is known of the fields of a class, of the object whose method is followed. */
  fieldsOf(root: ClassRoot): Map<string, Flow> {
    const { owner, site } = this.frame;
    return this.ofClasses.of({ root, maker: this.contexts.isMethod(owner) ? site : undefined });
  }

  /** Does something as it is done in a frame. */
  within<T>(frame: Frame, run: () => T): T {
    const before = this.frame;
    this.frame = frame;
    try {
      return run();
    } finally {
      this.frame = before;
    }
  }

  /** What a variable may be. */
  variable(binding: Binding): Flow {
    const owner = this.contexts.ownerOf(binding.scope.path);
    const any = this.#variables.get(undefined)?.get(binding);
    if (owner === undefined) return any ?? NOTHING;
    const frames = owner === this.frame.owner ? [this.frame] : this.contexts.framesOf(owner);
    return join(any, ...frames.map(({ site }) => this.#variables.get(site)?.get(binding)));
  }

  /** Something more that a variable may be: of another function's, wherever that is called. */
  addVariable(binding: Binding, flow: Flow): void {
    const owner = this.contexts.ownerOf(binding.scope.path);
    const site = owner === this.frame.owner ? this.frame.site : undefined;
    this.add(mapAt(this.#variables, site), binding, flow);
  }

  /** What a function gives in frames of it. */
  returnedIn(handler: NodePath, frames: Frame[]): Flow {
    return join(...frames.map(({ site }) => this.#returned.get(site)?.get(handler.node)));
  }

  /** Something more that a function gives, in this frame. */
  addReturned(handler: t.Node, flow: Flow): void {
    this.add(mapAt(this.#returned, this.frame.site), handler, flow);
    this.add(this.of, "returned", flow);
  }

  /** A place calls a function, on objects that were made at some places: what it is followed as from there. */
  enter(handler: NodePath, site: NodePath, makers: NodePath[]): Frame[] {
    const { contexts } = this;
    const owner = contexts.ownerOf(handler);
    if (owner !== undefined && owner === handler.node) {
      const isMore = !contexts.isMethod(owner)
        ? contexts.add(owner, site)
        : makers.length === 0
        ? contexts.addAny(owner)
        : makers.map((maker) => contexts.add(owner, maker)).includes(true);
      if (isMore) this.isChanged = true;
    }
    const frames = this.framesAt(handler, site, makers);
    if (owner === handler.node) frames.forEach((frame) => contexts.called(frame, site));
    return frames;
  }

  /** What a function is followed as where a place calls it. */
  framesAt(handler: NodePath, site: NodePath, makers: NodePath[]): Frame[] {
    const { contexts } = this;
    const owner = contexts.ownerOf(handler);
    if (owner !== undefined && owner === handler.node && contexts.isMethod(owner)) {
      if (makers.length === 0) return [{ owner }];
      return makers.map(({ node }) => ({ owner, site: contexts.siteOf(owner, node) && node }));
    }
    const frame = contexts.frameAt(handler, site, this.frame);
    return frame !== undefined ? [frame] : contexts.framesOf(owner);
  }
}

/** The map of a place; a new one where there is none. */
export function mapAt<S, K>(maps: Map<S, Map<K, Flow>>, place: S): Map<K, Flow> {
  let map = maps.get(place);
  if (map === undefined) maps.set(place, map = new Map());
  return map;
}
