/**
 * Functions of a program are followed for each place that calls them by itself, and methods for each
 * place that makes an object which they are called on: what a helper gives for texts of a model's own,
 * or a container of such holds, is none of what there is for the names of sounds.
 */
import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isWrapping } from "../positions.ts";

/** The place that calls a function, or hands it on to be called, or makes a method's object; undefined is any. */
type Site = t.Node | undefined;

/** A function of the program, and where it is called from. */
export interface Frame {
  /** The named function, or the method; undefined outside of all. */
  owner?: t.Node;
  site?: Site;
}

/** Calls from more places than this are not told apart. */
const MOST_SITES = 8;

/** Tells the calls of functions apart. */
export class Contexts {
  /** Of functions by their nodes. */
  readonly #sites = new Map<t.Node, Map<t.Node, NodePath>>();
  /** What calls functions, by their nodes and the places of their frames. */
  readonly #callers = new Map<t.Node, Map<t.Node, Map<t.Node, NodePath>>>();
  readonly #owners = new WeakMap<t.Node, t.Node | null>();
  /** Methods, and those of them that are called on what can't be told. */
  readonly #methods = new WeakSet<t.Node>();
  readonly #onAny = new Set<t.Node>();

  /** The named function or the method that something is in, or is. */
  ownerOf(path: NodePath): t.Node | undefined {
    const { node } = path;
    const known = node ? this.#owners.get(node) : undefined;
    if (known !== undefined) return known ?? undefined;
    const isMethod = isOfObjects(path);
    if (isMethod) this.#methods.add(node);
    const owner = isMethod || isNamed(path)
      ? node
      : path.parentPath
      ? this.ownerOf(path.parentPath)
      : undefined;
    if (node) this.#owners.set(node, owner ?? null);
    return owner;
  }

  /** Whether something is followed for each object that it is called on. */
  isMethod(owner: t.Node | undefined): boolean {
    return owner !== undefined && this.#methods.has(owner);
  }

  /** All places from which a function is called that are told apart, and any other. */
  framesOf(owner: t.Node | undefined): Frame[] {
    if (owner === undefined) return [{}];
    const sites = [...this.#sites.get(owner)?.keys() ?? []].map((site) => ({ owner, site }));
    const isKnown = sites.length > 0 && this.isMethod(owner) && !this.isFull(owner) &&
      !this.#onAny.has(owner);
    return isKnown ? sites : [{ owner }, ...sites];
  }

  /** Adds a place that calls a function; false where it was there, or there are too many. */
  add(owner: t.Node, site: NodePath): boolean {
    let sites = this.#sites.get(owner);
    if (sites === undefined) this.#sites.set(owner, sites = new Map());
    if (sites.has(site.node) || sites.size >= MOST_SITES) return false;
    sites.set(site.node, site);
    return true;
  }

  /** Adds that a method is called on what can't be told; false where that was known. */
  addAny(owner: t.Node): boolean {
    if (this.#onAny.has(owner)) return false;
    this.#onAny.add(owner);
    return true;
  }

  /** Notes what calls a function, or hands it on to be called, in a frame of it. */
  called({ owner, site }: Frame, by: NodePath): void {
    if (owner === undefined || site === undefined) return;
    let callers = this.#callers.get(owner);
    if (callers === undefined) this.#callers.set(owner, callers = new Map());
    const those = callers.get(site);
    if (those === undefined) callers.set(site, new Map([[by.node, by]]));
    else those.set(by.node, by);
  }

  /** What an expression is in a frame: a parameter is what those who call its function there give it. */
  givenIn({ owner, site }: Frame, path: NodePath): NodePath[] {
    const callers = owner && site && this.#callers.get(owner)?.get(site);
    const binding = path.isIdentifier() ? path.scope.getBinding(path.node.name) : undefined;
    if (!callers || !binding?.constant) return [path];
    const index = (owner as t.Function).params.indexOf(binding.identifier as t.Identifier);
    const given = Array.from(callers.values(), (it) => {
      if (!it.isCallExpression()) return undefined;
      const args = (it.get("arguments") as NodePath[]).slice(0, index + 1);
      return args.some((arg) => arg.isSpreadElement()) ? undefined : args;
    });
    const isKnown = index >= 0 && given.every((args) => args !== undefined);
    return isKnown ? given.flatMap((args) => args[index] ?? []) : [path];
  }

  /** Whether a function may be called from more places than are told apart. */
  isFull(owner: t.Node): boolean {
    return (this.#sites.get(owner)?.size ?? 0) >= MOST_SITES;
  }

  /** A place that calls a function, where it is told apart. */
  siteOf(owner: t.Node, site: t.Node): NodePath | undefined {
    return this.#sites.get(owner)?.get(site);
  }

  /**
   * What a function that is no method is followed as where a place of a frame calls it; undefined where
   * that may be any frame of the function that it is in.
   */
  frameAt(handler: NodePath, site: NodePath, now: Frame): Frame | undefined {
    const owner = this.ownerOf(handler);
    if (owner === undefined) return {};
    if (owner === handler.node) {
      return { owner, site: this.siteOf(owner, site.node) && site.node };
    }
    if (owner === now.owner) return now;
    // `const known = memoize(f)`: what is called is what that call made.
    const made = madeBy(site);
    return made && this.siteOf(owner, made) ? { owner, site: made } : undefined;
  }
}

/** Whether a function has a name to be called by. */
function isNamed(path: NodePath): boolean {
  if (path.isFunctionDeclaration()) return true;
  if (!path.isFunctionExpression() && !path.isArrowFunctionExpression()) return false;
  return path.parentPath.isVariableDeclarator();
}

/** Whether it is a function that objects of a class have. */
function isOfObjects(path: NodePath): boolean {
  if (path.isClassMethod() || path.isClassPrivateMethod()) return !path.node.static;
  if (!path.isFunctionExpression() && !path.isArrowFunctionExpression()) return false;
  const field = path.parentPath;
  return (field.isClassProperty() || field.isClassPrivateProperty()) && !field.node.static;
}

/** The call that made the function which is called, or handed on. */
function madeBy(site: NodePath): t.Node | undefined {
  const callee = site.isCallExpression() ? site.get("callee") as NodePath : site;
  if (callee.isCallExpression()) return callee.node;
  if (!callee.isIdentifier()) return undefined;
  const binding = callee.scope.getBinding(callee.node.name);
  if (binding === undefined || !binding.path.isVariableDeclarator()) return undefined;
  let init = binding.path.get("init") as NodePath;
  while (init.node && isWrapping(init)) init = init.get("expression") as NodePath;
  return init.isCallExpression() ? init.node : undefined;
}
