/** Which objects expressions may be: by what made them, and by their classes. */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { keyText } from "../functions.ts";
import { isOfPackage } from "../patching.ts";
import type { Resolver } from "../resolver.ts";
import { thisOwner } from "../this_of.ts";
import { ANY_CLASS, type ClassRoot, type Place, rootOf, rootsOf } from "./class_fields.ts";
import { type Flow, join, MANY, NOTHING, refTo } from "./flow.ts";
import type { FlowState } from "./state.ts";

/** Bases of a class are not followed any higher. */
const MOST_BASES = 8;
/** What of the runtime is followed by what it is, or keeps nothing that it is given. */
const KEEPS_NOTHING =
  /^(Object|Array|Map|Set|WeakMap|WeakSet|WeakRef|Promise|Date|Proxy|Function|String|Number|Boolean|BigInt|\w*Error|\w+Array|ArrayBuffer|SharedArrayBuffer|DataView|Text(En|De)coder|(Temporal|WebAssembly|Deno)\..*|node:(fs|crypto|worker_threads|child_process|async_hooks|assert|perf_hooks|os|util)\b.*)$/;

/** A class of the program, with what it comes of. */
export interface ClassLine {
  /** The class, and those of the program that it extends. */
  classes: NodePath<t.Class>[];
  root: ClassRoot;
  /** What the last one's base is called by the runtime or a package. */
  base: string[];
  /** Methods that nobody calls by their names: getters, and what loops ask for. */
  unasked: NodePath[];
  /** Functions of objects, by their names: the class's own before those of its bases. */
  members: Map<string, NodePath>;
}

/** Stands for what a loop over an object of a class meets. */
export const ITERATED = "[Symbol.iterator]";

/** What objects of the program are, as far as it can be told. */
export class Objects {
  /** Of what `new` is asked to make, and of classes. */
  readonly #lines = new WeakMap<t.Node, ClassLine[]>();
  readonly #ofClasses = new WeakMap<t.Node, ClassLine>();

  constructor(
    private readonly state: FlowState,
    private readonly resolver: Resolver,
    private readonly of: (path: NodePath) => Flow,
  ) {}

  /** Where an object may come from: its classes, and what made it where that is known. */
  placesOf(object: NodePath): Place[] {
    const roots = rootsOf(object, this.resolver);
    if (roots.every((root) => root === ANY_CLASS)) return roots.map((root) => ({ root }));
    const makers = this.makersOf(object);
    return roots.flatMap((root): Place[] => {
      const its = makers.filter((maker) => this.linesOf(maker).some((it) => it.root === root));
      return its.length === 0 ? [{ root }] : its.map((maker) => ({ root, maker: maker.node }));
    });
  }

  /** The expressions that may have made an object. */
  makersOf(object: NodePath): NodePath[] {
    return madeBy(this.of(object));
  }

  /** What `this` is: what made the object whose method is followed. */
  ofThis(path: NodePath): Flow {
    const { frame: { owner, site }, contexts } = this.state;
    const member = thisOwner(path);
    const isIts = member !== undefined && owner !== undefined &&
      (member.node === owner || (member.node as t.ClassProperty).value === owner);
    const maker = isIts && site && contexts.isMethod(owner) && contexts.siteOf(owner, site);
    return maker ? refTo(maker) : NOTHING;
  }

  /** The objects that what is called at a place is called on, by what made them. */
  calledOn(site: NodePath): NodePath[] {
    if (site.isNewExpression()) return [site];
    const callee = site.isCallExpression() || site.isOptionalCallExpression()
      ? site.get("callee") as NodePath
      : site;
    if (callee.isSuper()) return madeBy(this.ofThis(callee));
    if (!callee.isMemberExpression() && !callee.isOptionalMemberExpression()) return [];
    const object = callee.get("object") as NodePath;
    return object.isSuper() ? madeBy(this.ofThis(object)) : this.makersOf(object);
  }

  /** The classes that what `new` makes may be of. */
  linesOf(maker: NodePath): ClassLine[] {
    const known = this.#lines.get(maker.node);
    if (known !== undefined) return known;
    const lines = this.resolver.resolve(maker.get("callee") as NodePath).flatMap((value) =>
      value.kind === "code" && value.path.isClass() ? [this.lineOf(value.path)] : []
    );
    this.#lines.set(maker.node, lines);
    return lines;
  }

  /** What a class comes of. */
  lineOf(path: NodePath<t.Class>): ClassLine {
    const known = this.#ofClasses.get(path.node) ?? this.#lineOf(path);
    this.#ofClasses.set(path.node, known);
    return known;
  }

  #lineOf(path: NodePath<t.Class>): ClassLine {
    const classes = [path];
    let base: string[] = [];
    for (let last = path; last.node.superClass && classes.length <= MOST_BASES;) {
      const values = this.resolver.resolve(last.get("superClass") as NodePath);
      const next = values.flatMap((it) => it.kind === "code" && it.path.isClass() ? [it.path] : []);
      base = values.flatMap((it) => it.kind === "name" ? [it.name] : []);
      if (next.length === 0 || classes.some(({ node }) => node === next[0].node)) break;
      classes.push(last = next[0]);
    }
    const all = classes.flatMap((it) => it.get("body.body") as unknown as NodePath[]);
    const unasked = all.filter((it) =>
      it.isClassMethod() && (it.node.computed || it.node.kind === "get")
    );
    const members = new Map<string, NodePath>();
    for (const it of all) {
      const key = it.isMethod() || it.isProperty() ? keyText(it.node as t.ClassMethod) : undefined;
      const value = it.isMethod() ? it : it.get("value") as NodePath;
      if (key !== undefined && !members.has(key) && value.isFunction?.()) members.set(key, value);
    }
    return { classes, root: rootOf(path, this.resolver), base, unasked, members };
  }

  /** Whether something of the runtime keeps what it is handed, and may hand it on. */
  keeps(maker: NodePath): boolean {
    const names = this.resolver.names(maker.get("callee") as NodePath);
    const all = [...names, ...this.linesOf(maker).flatMap(({ base }) => base)];
    return all.some((name) =>
      !/^qvim\b/.test(name) && !isOfPackage(name) && !KEEPS_NOTHING.test(name)
    );
  }

  /** A value, with what objects that it may be keep. */
  withKept(flow: Flow): Flow {
    const { kept } = this.state;
    if (kept.size === 0) return flow;
    const all = madeBy(flow).flatMap((maker) => [
      kept.get(maker.node),
      ...this.linesOf(maker).map(({ root }) => root === ANY_CLASS ? undefined : kept.get(root)),
    ]);
    return all.some((it) => it !== undefined) ? join(flow, ...all) : flow;
  }

  /** A value as a list, where it is an object that loops can go over. */
  asList(flow: Flow): Flow {
    const own = madeBy(flow).flatMap((maker) =>
      this.linesOf(maker).filter(({ unasked }) => unasked.length > 0).map(({ root }) =>
        this.state.ofClasses.get([{ root, maker: maker.node }], ITERATED)
      )
    );
    return join(this.withKept(flow), ...own);
  }
}

/** What made a value. */
export function madeBy({ refs }: Flow): NodePath[] {
  if (refs === undefined || refs === MANY) return [];
  return [...refs.values()].filter((it) => it.isNewExpression());
}

/** The functions of the program that a value may be. */
export function functionsOf({ refs }: Flow): NodePath[] {
  if (refs === undefined || refs === MANY) return [];
  return [...refs.values()].filter((it) => it.isFunction());
}
