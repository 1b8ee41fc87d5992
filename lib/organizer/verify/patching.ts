import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { PATH_NAMES } from "../template.ts";
import type { Remarks } from "./remarks.ts";
import { isHarmlessGlobal } from "./harmless.ts";
import { isWrapping } from "./positions.ts";
import type { Resolver } from "./resolver.ts";
import type { Value } from "./values.ts";

/** What the library and the fixed cells use of the language and the runtime. */
const RELIED_ON =
  /^(globalThis|Deno|process|Object|Array|Map|Set|WeakMap|WeakSet|WeakRef|Promise|Symbol|Date|RegExp|Number|String|Boolean|BigInt|Math|JSON|Intl|Atomics|Iterator|Reflect|Proxy|Function|eval|\w*(Type|Range|Syntax|Reference|Eval|URI|Aggregate)Error|Error|ArrayBuffer|SharedArrayBuffer|DataView|(Big)?(Int|Uint|Float)\d+(Clamped)?Array|parseInt|parseFloat|isNaN|isFinite|structuredClone|queueMicrotask|setTimeout|clearTimeout|setInterval|clearInterval|console|performance|crypto|fetch|TextEncoder|TextDecoder|URL|Response|ReadableStream|WebAssembly|Buffer)$/;
/** Modules of the runtime → what of them is what it has under the same name, or has all of that. */
const SAME: Record<string, RegExp> = {
  "node:buffer": /^(Buffer|Blob|File|atob|btoa)$/,
  "node:console": /^console$/,
  "node:crypto": /^crypto$/,
  "node:perf_hooks": /^performance$/,
  "node:process": /^process$/,
  "node:stream/web":
    /^((Readable|Writable|Transform)Stream|(Dec|C)ompressionStream|Text(En|De)coderStream)$/,
  "node:url": /^(URL|URLSearchParams)$/,
  "node:util": /^Text(En|De)coder$/,
};
/** Methods that put something else into a list. */
const PUTS = /^(push|unshift|splice|fill|copyWithin)$/;

/** What an address is made of. */
const OF_ADDRESSES = /^(href|protocol|username|password|host|hostname|port|pathname|search|hash)$/;

/** Looks at what is assigned to, counted up, deleted or defined: what others rely on must stay. */
export class PatchingRule {
  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  /** Something that is assigned to, counted up or deleted. */
  change(target: NodePath): void {
    for (const part of partsOf(target)) this.#changePart(part);
  }

  /** A function that is put where the name of what has it can't be told: it may be a prototype. */
  puts(target: NodePath, value: NodePath): void {
    if (!target.isMemberExpression()) return;
    const isFunction = this.resolver.resolve(value).some((it) =>
      it.kind === "name" || it.kind === "code" && it.path.isFunction()
    );
    if (isFunction) this.#picked(target, target.get("object") as NodePath);
  }

  #picked(path: NodePath, object: NodePath): void {
    if (!this.resolver.resolve(object).some((it) => it.kind === "unknown" && it.isPicked)) return;
    this.remarks.look(path, "changes something that was taken by a name that can't be told");
  }

  /** The object that a function such as `Object.assign` changes. */
  changesObject(path: NodePath, target: NodePath): void {
    this.#picked(path, target);
    for (const name of this.resolver.names(target)) {
      if (!isOfPackage(name)) this.remarks.add(path, "patching", "violation", `changes ${name}`);
    }
    const held = this.resolver.resolve(target);
    if (held.some((value) => isOfSounds(value))) {
      this.remarks.look(path, "changes which sounds there are, so that their paths can't be told");
    }
    this.#address(path, held, undefined);
    this.#fixedVariable(path, target);
  }

  /**
   * Names that the notebook declares for all cells: one of the language or the runtime is another thing
   * from then on, to the library as well.
   */
  checkNames(program: NodePath): void {
    for (const [name, { path }] of Object.entries(program.scope.bindings)) {
      this.declares(path, name);
    }
  }

  /** A name that is declared for all cells. */
  declares(path: NodePath, name: string): void {
    // A module's names are its own.
    if (this.remarks.placeOf(path).file !== undefined || isSame(path, name)) return;
    if (RELIED_ON.test(name)) {
      const message = `declares ${name}, which the library and the fixed cells rely on`;
      this.remarks.add(path, "patching", "violation", message);
    } else if (isHarmlessGlobal(name)) {
      this.remarks.look(path, `declares ${name}, which is a name of the runtime`);
    }
  }

  /** The two paths: they are the organizers' to set, in one place. */
  checkPaths(program: NodePath): void {
    for (const name of PATH_NAMES) {
      const binding = program.scope.getOwnBinding(name);
      if (binding === undefined) continue;
      for (const path of [binding.path, ...binding.constantViolations]) {
        const { choosesPaths } = this.remarks.placeOf(path);
        if (path === binding.path && choosesPaths) continue;
        this.remarks.add(
          path,
          "paths",
          choosesPaths ? "warning" : "violation",
          `sets ${name} again, which organizers replace`,
        );
      }
    }
  }

  /** A method that may put something else among the sounds that a model is handed. */
  calls(path: NodePath, object: NodePath, key: string, args: NodePath[]): void {
    if (!PUTS.test(key) || !this.resolver.resolve(object).some((value) => isOfSounds(value))) {
      return;
    }
    const added = args.flatMap((arg) =>
      arg.isSpreadElement()
        ? this.resolver.parts.elements(this.resolver.resolve(arg.get("argument")))
        : this.resolver.resolve(arg)
    );
    if (added.every(({ kind }) => kind === "sound")) return;
    this.remarks.look(path, "changes which sounds there are, so that their paths can't be told");
  }

  /** Addresses are followed as the texts that they were made of; texts have nothing to change. */
  #address(path: NodePath, held: Value[], key: string | undefined): void {
    const isChanged = held.some(({ kind }) =>
      kind === "text" || kind === "unknown" && OF_ADDRESSES.test(key ?? "")
    );
    if (isChanged) this.remarks.look(path, "changes an address, so that it can't be told any more");
  }

  #changePart(target: NodePath): void {
    if (target.isIdentifier()) {
      if (target.scope.getBinding(target.node.name) === undefined) {
        const message = `assigns to the global ${target.node.name}`;
        this.remarks.add(target, "patching", "violation", message);
      }
      return this.#fixedVariable(target, target);
    }
    if (!target.isMemberExpression()) return;
    const object = target.get("object") as NodePath;
    const key = this.resolver.key(target);
    const names = this.resolver.names(object);
    const held = this.resolver.resolve(object);
    if (held.some((value) => isOfSounds(value))) {
      this.remarks.look(
        target,
        "changes which sounds there are, so that their paths can't be told",
      );
    }
    this.#address(target, held, key);
    for (const name of names) {
      // A package's settings are for its users to make.
      if (isOfPackage(name) || `${name}.${key}` === "Error.stackTraceLimit") continue;
      if (/^(node:)?process\.env$/.test(name)) {
        this.remarks.look(target, `changes ${name}, which other programs look at`);
        continue;
      }
      this.remarks.add(target, "patching", "violation", `changes ${name}.${key ?? "…"}`);
    }
    this.#fixedVariable(target, object);
    if (names.length > 0) return;
    let owner = object;
    while (owner.isMemberExpression() || owner.isTSAsExpression()) {
      owner = owner.get(owner.isMemberExpression() ? "object" : "expression") as NodePath;
    }
    const isClass = [object, owner].some((it) =>
      this.resolver.resolve(it).some(({ kind }) => kind === "code")
    );
    if (/prototype|__proto__|getPrototypeOf/.test(this.remarks.sourceOf(object)) && !isClass) {
      const message = "changes a prototype; whose can't be told";
      this.remarks.add(target, "patching", "warning", message);
    }
  }

  /** A change of what a fixed cell declares. */
  #fixedVariable(path: NodePath, target: NodePath): void {
    let root = target;
    while (root.isMemberExpression() || isWrapping(root)) {
      root = root.get(root.isMemberExpression() ? "object" : "expression") as NodePath;
    }
    if (!root.isIdentifier()) return;
    const declared = root.scope.getBinding(root.node.name);
    const line = declared?.identifier.loc?.start.line;
    if (line !== undefined && !this.remarks.placeOfLine(line).isOwn) {
      const message = `changes ${root.node.name}, which a fixed cell declares`;
      this.remarks.add(path, "patching", "violation", message);
    }
  }
}

/** Whether a value is a collection of sounds. */
function isOfSounds(value: Value): boolean {
  return value.kind === "sounds" ||
    value.kind === "list" && value.of.some(({ kind }) => kind === "sound");
}

/** What a pattern assigns to; a target that is no pattern is the only one. */
function partsOf(target: NodePath): NodePath[] {
  if (isWrapping(target)) return partsOf(target.get("expression") as NodePath);
  if (target.isObjectPattern()) return target.get("properties").flatMap(partsOf);
  if (target.isArrayPattern()) {
    return (target.get("elements") as NodePath[]).flatMap((element) =>
      (element.node as t.Node | null) === null ? [] : partsOf(element)
    );
  }
  if (target.isObjectProperty()) return partsOf(target.get("value") as NodePath);
  if (target.isRestElement()) return partsOf(target.get("argument") as NodePath);
  if (target.isAssignmentPattern()) return partsOf(target.get("left") as NodePath);
  return [target];
}

/** Whether a name is that of something that a package from the registry exports. */
export function isOfPackage(name: string): boolean {
  const [root] = name.split(".");
  return !(root in globalThis) && !/^(node:|qvim\b)/.test(name) && !/^[A-Z_]+_PATH$/.test(root) &&
    root !== "Deno" && root !== "process" && root !== "window" && root !== "global";
}

/** Whether it is imported and is what the runtime has under that name: `import { Buffer } from "node:buffer"`. */
function isSame(path: NodePath, name: string): boolean {
  const { parentPath } = path;
  if (!parentPath?.isImportDeclaration() || !SAME[parentPath.node.source.value]?.test(name)) {
    return false;
  }
  if (!path.isImportSpecifier()) return /^(console|crypto|process)$/.test(name);
  const { imported } = path.node;
  const taken = imported.type === "Identifier" ? imported.name : imported.value;
  return taken === name || taken === "webcrypto" && name === "crypto" ||
    taken === "default" && /^(console|crypto|process)$/.test(name);
}
