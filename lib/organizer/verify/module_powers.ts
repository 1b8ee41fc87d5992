import type { NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import { isHarmlessModule, POWERFUL_PACKAGES } from "./harmless.ts";
import { isBeginning } from "./positions.ts";
import type { Remarks } from "./remarks.ts";
import type { Resolver } from "./resolver.ts";

/** Files that are no code, imported as if they were. */
const IMPORT_TYPES = /^(text|bytes)$/;

/** Looks at what comes from elsewhere: modules, packages, addresses. */
export class ModulePowers {
  constructor(private readonly remarks: Remarks, private readonly resolver: Resolver) {}

  import(path: NodePath<t.ImportDeclaration>): void {
    if (path.node.importKind === "type") return;
    this.#module(path, path.node.source.value);
    for (const { key, value } of path.node.attributes ?? []) {
      const name = key.type === "Identifier" ? key.name : key.value;
      if (name === "type" && IMPORT_TYPES.test(value.value)) {
        this.remarks.look(path, `reads ${path.node.source.value} as ${value.value}, by an import`);
      }
    }
  }

  exportAll(path: NodePath<t.ExportAllDeclaration>): void {
    this.#module(path, path.node.source.value);
    this.#handsOut(path, path.node.source.value);
  }

  exportNamed(
    path: NodePath<t.ExportNamedDeclaration>,
    reference: (path: NodePath, name: string) => void,
  ): void {
    if (!path.node.source) return;
    this.#module(path, path.node.source.value);
    for (const specifier of path.get("specifiers") as NodePath[]) {
      if (specifier.isExportNamespaceSpecifier()) this.#handsOut(path, path.node.source.value);
      if (!specifier.isExportSpecifier()) continue;
      const { local } = specifier.node;
      const name = local.type === "StringLiteral" ? local.value : local.name;
      for (const value of this.resolver.imported(path.node.source.value, name)) {
        if (value.kind === "name") reference(specifier, value.name);
      }
    }
  }

  #handsOut(path: NodePath, module: string): void {
    for (const value of this.resolver.imported(module, "*")) {
      if (value.kind === "name" && !isHarmlessModule(value.name)) {
        this.remarks.look(path, `hands ${value.name} on, which can't be followed from here`);
      }
    }
  }

  /** @param isFollowed Whether what it gives is known wherever it is used. */
  importExpression(
    path: NodePath<t.ImportExpression>,
    isFollowed: (path: NodePath, name: string) => boolean,
  ): void {
    for (const value of this.resolver.resolve(path.get("source") as NodePath)) {
      if (value.kind === "text") this.#module(path, value.text);
    }
    const given = path.parentPath.isAwaitExpression() ? path.parentPath : path as NodePath;
    for (const name of this.resolver.names(path)) {
      if (isHarmlessModule(name) || isBeginning(given) || isFollowed(given, name)) continue;
      this.remarks.look(path, `hands ${name} on, which can't be followed from here`);
    }
    if (path.node.options) this.remarks.look(path, "imports with options, which may read any file");
  }

  #module(path: NodePath, module: string): void {
    const values = this.resolver.imported(module, "*");
    const [full] = values.flatMap((value) => value.kind === "name" ? [value.name] : []);
    // Modules of the participant's own are followed themselves.
    if (full === undefined) return;
    if (!full.startsWith("qvim")) this.remarks.uses(path, full);
    if (isHarmlessModule(full) || /^node:(fs|process)(\/|$)/.test(full)) return;
    this.remarks.look(
      path,
      POWERFUL_PACKAGES.test(full)
        ? `imports ${full}, a package that reaches beyond the notebook`
        : full.startsWith("node:")
        ? `imports ${full}, which reaches beyond the notebook`
        : `imports ${full}, of which nothing is known here`,
    );
  }

  /** An address that is fetched. */
  fetch(path: NodePath, address: NodePath): void {
    for (const value of this.resolver.resolve(address)) {
      const host = value.kind === "text" ? hostOf(value.text) : undefined;
      if (host !== undefined) this.remarks.uses(path, `fetches from ${host}`);
      else if (value.kind !== "text") {
        this.remarks.look(path, "fetches an address that can't be told");
      } else this.remarks.look(path, `fetches ${JSON.stringify(value.text)}, which may be a file`);
    }
  }

  /** Addresses that a helper is given. */
  addresses(path: NodePath, args: NodePath[]): void {
    for (const value of args.flatMap((arg) => this.resolver.resolve(arg))) {
      const host = value.kind === "text" ? hostOf(value.text) : undefined;
      if (host !== undefined) this.remarks.uses(path, `fetches from ${host}`);
    }
  }
}

/** The host of an address whose beginning is known. */
function hostOf(text: string): string | undefined {
  return text.match(/^https?:\/\/(?:[^/@⟨]*@)?([^/:⟨?#]+)(?=[/:?#]|$)/i)?.[1].toLowerCase();
}
