import type { Binding, NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isType } from "./functions.ts";
import { givenTo, isBeginning, isCalled, isWrapping } from "./positions.ts";
import type { Resolver } from "./resolver.ts";
import { knownText, memberName } from "./values.ts";

/** Whether values that get other names are known to be what they are wherever those are used. */
export class OtherNames {
  readonly #carried = new Map<t.Node, Set<string>>();

  constructor(private readonly resolver: Resolver) {}

  /** Whether a power is called, where the rules look at it, or given a name that they follow. */
  isFollowed(path: NodePath, name: string): boolean {
    return isCalled(path) || this.isGivenOn(path, name);
  }

  /** Whether a value gets another name, and every use of that name is known to be of it. */
  isGivenOn(path: NodePath, name: string): boolean {
    if (path.parentPath !== null && isWrapping(path.parentPath)) {
      // `(Deno as any).chdir` is looked at as a whole.
      if (isBeginning(path.parentPath)) return true;
    }
    const pattern = givenTo(path);
    return pattern !== undefined && this.carries(pattern, name);
  }

  /** Whether what a pattern takes of a value of that name is known wherever it is used. */
  carries(pattern: NodePath, name: string): boolean {
    if (pattern.isIdentifier()) {
      const binding = pattern.scope.getBinding(pattern.node.name);
      return binding !== undefined && this.#namesOf(binding).has(name);
    }
    if (!pattern.isObjectPattern()) return false;
    return pattern.get("properties").every((property) => {
      // The rest, and names that can't be told, are shown by themselves.
      if (!property.isObjectProperty()) return false;
      const text = this.keyOf(property);
      const value = property.get("value") as NodePath;
      const target = value.isAssignmentPattern() ? value.get("left") as NodePath : value;
      return text !== undefined && this.carries(target, memberName(name, text));
    });
  }

  /** The names that a variable is known to stand for at each of its uses. */
  #namesOf(binding: Binding): Set<string> {
    const known = this.#carried.get(binding.identifier);
    if (known !== undefined) return known;
    const uses = binding.referencePaths.filter((use) => !isType(use));
    // What a module hands out, or a namespace, is used where nobody looks.
    const isHandedOut =
      uses.some((use) =>
        use.isExportNamedDeclaration() || use.parentPath?.isExportSpecifier() ||
        use.parentPath?.isExportDefaultDeclaration()
      ) || binding.path.findParent((parent) => parent.isTSModuleBlock()) !== null;
    const all = uses.map((use) => new Set(use.isIdentifier() ? this.resolver.names(use) : []));
    const names = isHandedOut
      ? new Set<string>()
      : all.length === 0
      ? new Set(this.resolver.binding(binding).flatMap((it) => it.kind === "name" ? [it.name] : []))
      : all.reduce((common, next) => common.intersection(next));
    this.#carried.set(binding.identifier, names);
    return names;
  }

  /** The name that a pattern takes, where it is known. */
  keyOf(property: NodePath<t.ObjectProperty>): string | undefined {
    const { computed, key } = property.node;
    if (!computed) {
      return key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : "";
    }
    const values = this.resolver.resolve(property.get("key") as NodePath);
    return values.length === 1 ? knownText(values[0]) : undefined;
  }
}
