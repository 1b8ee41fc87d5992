import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import traverse, { type NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Finding } from "./findings.ts";
import { type Place, type Program, ProgramError, readModule } from "./program.ts";
import { PowerChecker } from "./powers.ts";
import { RuleChecker } from "./rules.ts";
import { Resolver } from "./resolver.ts";
import { ROOT, type Value } from "./values.ts";

/** A module of the participant's. */
interface LocalModule {
  program: Program;
  /** Its outermost scope. */
  body: NodePath<t.Program>;
}

/** The local modules that a notebook's own cells import, and what they export. */
export class LocalModules {
  readonly #read = new Map<string, LocalModule | ProgramError | undefined>();
  readonly #visited = new Set<string>();
  readonly #powers = new Set<string>();
  readonly findings: Finding[] = [];

  /**
   * @param folder The notebook's folder.
   * @param root What ROOT_PATH is in the notebook.
   * @param packageFolder Its library is trusted.
   */
  constructor(
    private readonly folder: string,
    private readonly root: string,
    private readonly packageFolder: string,
  ) {}

  /** A resolver for code in a folder. */
  resolverIn(folder: string): Resolver {
    return new Resolver({
      exported: (module, name) => this.#exported(module, name, folder),
      visit: (module, place) => this.#visit(module, folder, place),
    });
  }

  /** What a local module exports under a name; undefined for a package. */
  #exported(module: string, name: string, folder: string): Value[] | undefined {
    const path = this.#locate(module, folder);
    if (path === undefined) return undefined;
    const local = this.#module(path);
    if (local === undefined || local instanceof ProgramError || name === "*") {
      return [{ kind: "unknown" }];
    }
    return this.#exportOf(local, path, name);
  }

  #locate(module: string, folder: string): string | undefined {
    if (module.startsWith(ROOT)) {
      return resolve(this.folder, this.root, `.${module.slice(ROOT.length)}`);
    }
    if (module.startsWith("file://")) return fileURLToPath(module);
    if (/^\.{0,2}\//.test(module)) return resolve(folder, module);
    return undefined;
  }

  /** Reads a module, once; undefined where there is none. */
  #module(path: string): LocalModule | ProgramError | undefined {
    if (!this.#read.has(path)) this.#read.set(path, parseModule(path));
    return this.#read.get(path);
  }

  /** Applies the rules to a local module that is imported at `place`, once. */
  #visit(module: string, folder: string, place: Place): void {
    const path = this.#locate(module, folder);
    if (path === undefined || this.#visited.has(path) || !place.isOwn) return;
    this.#visited.add(path);
    const isTrusted = path.startsWith(join(this.packageFolder, "lib") + sep) ||
      path === join(this.packageFolder, "helpers.ts");
    // Data is no code.
    if (isTrusted || path.endsWith(".json")) return;
    const local = this.#module(path);
    const warning = { rule: "unclear", severity: "warning", cell: place.cell } as const;
    if (local === undefined) {
      const message = `imports ${path}, which is not here, so that it can't be followed`;
      this.findings.push({ ...warning, line: place.line, file: place.file, message });
    } else if (local instanceof ProgramError) {
      const message = `is no TypeScript: ${local.message}`;
      this.findings.push({ ...warning, line: local.place.line, file: path, message });
    } else {
      const placeOf = (line: number) => ({ ...place, line, file: path });
      const program = { ...local.program, placeOf };
      this.findings.push(...this.check(program, dirname(path)));
    }
  }

  /** Applies the rules to a program, then shows what of its powers they could not follow. */
  check(program: Program, folder: string): Finding[] {
    const resolver = this.resolverIn(folder);
    const found = new RuleChecker(program, resolver).check();
    const powers = new PowerChecker(program, resolver);
    const where = ({ severity, cell, line, file }: Finding) =>
      severity === "violation" ? `${cell} ${file}` : `${cell} ${file} ${line}`;
    const known = new Set(found.map(where));
    // One remark a line is enough, and a cell that breaks a rule is read anyhow.
    found.push(
      ...powers.check().filter((finding) =>
        !known.has(where(finding)) && !known.has(`${finding.cell} ${finding.file}`)
      ),
    );
    const { uses, modules } = powers.powers();
    for (const name of [...uses, ...modules]) this.#powers.add(name);
    return found;
  }

  /** The functions of the runtime, packages and modules that have been used so far. */
  powers(): string[] {
    return [...this.#powers].sort();
  }

  #exportOf({ body }: LocalModule, path: string, name: string): Value[] {
    const resolver = this.resolverIn(dirname(path));
    const ofVariable = (variable: string): Value[] => {
      const binding = body.scope.getBinding(variable);
      return binding === undefined ? [{ kind: "unknown" }] : resolver.binding(binding);
    };
    for (const statement of body.get("body") as NodePath[]) {
      const node = statement.node as t.Statement;
      if (node.type === "ExportDefaultDeclaration" && name === "default") {
        return resolver.resolve(statement.get("declaration") as NodePath);
      }
      if (node.type === "ExportAllDeclaration") {
        const values = resolver.imported(node.source.value, name);
        if (values.some(({ kind }) => kind !== "unknown")) return values;
      }
      if (node.type !== "ExportNamedDeclaration") continue;
      for (const specifier of node.specifiers) {
        if (specifier.type !== "ExportSpecifier") continue;
        const { exported } = specifier;
        const local = textOf(specifier.local);
        if (textOf(exported) !== name) continue;
        return node.source ? resolver.imported(node.source.value, local) : ofVariable(local);
      }
      if (node.declaration?.type === "VariableDeclaration" && body.scope.hasOwnBinding(name)) {
        return ofVariable(name);
      }
    }
    return [{ kind: "unknown" }];
  }
}

function parseModule(path: string): LocalModule | ProgramError | undefined {
  let program: Program;
  try {
    program = readModule(path);
  } catch (error) {
    if (error instanceof ProgramError) return error;
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  let body: NodePath<t.Program> | undefined;
  traverse(program.ast, { Program: (found) => void (body = found) });
  return { program, body: body! };
}

function textOf(name: t.Identifier | t.StringLiteral): string {
  return name.type === "Identifier" ? name.name : name.value;
}
