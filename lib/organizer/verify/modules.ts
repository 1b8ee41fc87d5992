import { dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import traverse, { type Binding, type NodePath } from "@babel/traverse";
import type * as t from "@babel/types";
import type { Finding } from "./findings.ts";
import { NameFlows } from "./flow/name_flows.ts";
import { shortened } from "../../io/plain.ts";
import { BESIDE_NOTEBOOK } from "../template.ts";
import { type Place, type Program, ProgramError, readModule } from "./program.ts";
import { PowerChecker } from "./powers.ts";
import { Remarks } from "./remarks.ts";
import { RuleChecker } from "./rules.ts";
import { Resolver } from "./resolver.ts";
import { isKnown, ROOT, UNKNOWN, type Value } from "./values.ts";

/** Powers that are told of a notebook, and letters of each: a list to be read in seconds. */
const MOST_POWERS = 100, MOST_OF_POWER = 200;

/** A module of the participant's. */
interface LocalModule {
  program: Program;
  /** Its outermost scope. */
  body: NodePath<t.Program>;
  resolver: Resolver;
}

/** The local modules that a notebook's own cells import, and what they export. */
export class LocalModules {
  readonly #read = new Map<string, LocalModule | ProgramError | undefined>();
  readonly #visited = new Set<string>();
  readonly #powers = new Set<string>();
  /** What the set-up cell brings: a notebook is handed in alone. */
  readonly #fetched: Value[] = [];
  readonly #flows = new NameFlows();
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

  /** A resolver for the code of the notebook (without a path), or of a module. */
  #resolverFor(
    path: string | undefined,
    isPath: (binding: Binding | undefined) => boolean,
  ): Resolver {
    const folder = path === undefined ? this.folder : dirname(path);
    return new Resolver({
      exported: (module, name) => this.#exported(module, name, folder),
      visit: (module, place) => this.#visit(module, folder, place),
      fetches: (target) => void this.#fetched.push(...target),
      here: path && this.#below(path),
    }, isPath);
  }

  /** A path as one below the root, where it is. */
  #below(path: string): string | undefined {
    const below = relative(resolve(this.folder, this.root), path);
    // On another drive there is no way from here.
    return below.startsWith("..") || isAbsolute(below)
      ? undefined
      : `${ROOT}/${below.replaceAll(sep, "/")}`;
  }

  /** What a local module exports under a name; undefined for a package. */
  #exported(module: string, name: string, folder: string): Value[] | undefined {
    const path = this.#locate(module, folder);
    if (path === undefined) return undefined;
    const door = this.#doorOf(path);
    if (door !== undefined) {
      return [{ kind: "name", name: name === "*" ? door : `${door}.${name}` }];
    }
    if (this.#isInside(path)) {
      return [{ kind: "name", name: `qvim/${this.#insideOf(path)}.${name}` }];
    }
    const local = this.#module(path);
    if (local === undefined || local instanceof ProgramError || name === "*") return UNKNOWN;
    return this.#exportOf(local, name);
  }

  #locate(module: string, folder: string): string | undefined {
    if (module.startsWith(ROOT)) {
      return resolve(this.folder, this.root, `.${module.slice(ROOT.length)}`);
    }
    if (module.startsWith("file:")) {
      try {
        return fileURLToPath(module);
      } catch {
        // On Windows one without a drive: nothing is found there, which is told.
        return module;
      }
    }
    if (/^\.{0,2}\//.test(module)) return resolve(folder, module);
    return undefined;
  }

  /** Whether a file is one of the library's. */
  #isInside(path: string): boolean {
    return this.#rootsOfPackage().some((root) => path.startsWith(join(root, "lib") + sep));
  }

  #insideOf(path: string): string {
    const root = this.#rootsOfPackage().find((root) => path.startsWith(root + sep))!;
    return path.slice(root.length + 1).replaceAll(sep, "/").replace(/\.ts$/, "");
  }

  /** The name of one of the package's two doors, by its path. */
  #doorOf(path: string): string | undefined {
    for (const root of this.#rootsOfPackage()) {
      if (path === join(root, "lib", "mod.ts")) return "qvim";
      if (path === join(root, "helpers.ts")) return "qvim/helpers";
    }
    return undefined;
  }

  /** The package, and the copy of it that a re-run puts into the root. */
  #rootsOfPackage(): string[] {
    return [resolve(this.packageFolder), resolve(this.folder, this.root)];
  }

  /** Reads a module, once; undefined where there is none. */
  #module(path: string): LocalModule | ProgramError | undefined {
    if (!this.#read.has(path)) this.#read.set(path, this.#parse(path));
    return this.#read.get(path);
  }

  /** Applies the rules to a local module that is imported at `place`, once. */
  #visit(module: string, folder: string, place: Place): void {
    const path = this.#locate(module, folder);
    if (path === undefined || !place.isOwn) return;
    if (this.#doorOf(path) !== undefined || this.#isInside(path)) return;
    this.#powers.add(module.replace(ROOT, "ROOT_PATH"));
    if (this.#visited.has(path)) return;
    this.#visited.add(path);
    const warning = { rule: "unclear", severity: "warning", cell: place.cell } as const;
    const say = (message: string) =>
      this.findings.push({ ...warning, line: place.line, file: place.file, message });
    const below = this.#below(path);
    const isLeft = place.file === undefined && !this.#isHandedIn(path, below);
    const left =
      `imports ${path}, which is not handed in with the notebook: the set-up cell must fetch it`;
    if (/\.(json|jsonc|txt|csv|md)$/i.test(path)) {
      // Data is no code.
      if (isLeft) say(left);
      if (below === undefined) say(`reads ${path}, which is not below ROOT_PATH, by an import`);
      return;
    }
    if (/\.(node|wasm)$/.test(path)) return void say(`imports ${path}, which is no TypeScript`);
    const local = this.#module(path);
    if (local === undefined) {
      say(`imports ${path}, which is not here, so that it can't be followed`);
    } else if (local instanceof ProgramError) {
      const message = `is no TypeScript: ${local.message}`;
      this.findings.push({ ...warning, line: local.place.line, file: path, message });
    } else {
      if (isLeft) say(left);
      const placeOf = (line: number) => ({ ...place, line, file: path });
      this.findings.push(...this.#check({ ...local.program, placeOf }, local.resolver));
    }
  }

  /** Whether a file is the package's, or is or may be one of those that the set-up cell brings. */
  #isHandedIn(path: string, below: string | undefined): boolean {
    const beside = this.#rootsOfPackage().flatMap((root) =>
      BESIDE_NOTEBOOK.map((part) => join(root, part))
    );
    if (beside.some((part) => path === part || path.startsWith(part + sep))) return true;
    return this.#fetched.some((target) => {
      if (target.kind !== "text" || !isKnown(target.text)) return true;
      const text = posix.normalize(target.text).replace(/\/$/, "");
      return below !== undefined && (below === text || below.startsWith(`${text}/`));
    });
  }

  /** Applies the rules to a notebook's program. */
  check(program: Program): Finding[] {
    const resolver = this.#resolverFor(undefined, (binding) => {
      const line = binding?.identifier.loc?.start.line;
      return line !== undefined && binding!.scope.path.isProgram() &&
        program.placeOf(line).choosesPaths;
    });
    return this.#check(program, resolver);
  }

  /** Applies the rules to a program, then shows what of its powers they could not follow. */
  #check(program: Program, resolver: Resolver): Finding[] {
    const rules = new Remarks(program), powers = new Remarks(program);
    new RuleChecker(rules, resolver, this.#flows).check(program.ast);
    new PowerChecker(powers, resolver).check(program.ast);
    for (const name of [...rules.powers, ...powers.powers]) this.#powers.add(name);
    const found = rules.findings();
    const where = ({ severity, cell, line, file }: Finding) =>
      severity === "violation" ? `${cell} ${file}` : `${cell} ${file} ${line}`;
    const known = new Set(found.map(where));
    // One remark a line is enough, and a cell that breaks a rule is read anyhow.
    const more = powers.findings().filter((finding) =>
      !known.has(where(finding)) && !known.has(`${finding.cell} ${finding.file}`)
    );
    return [...found, ...more];
  }

  /** What is read, written, imported and fetched, and the functions of the runtime that are used. */
  powers(): string[] {
    const all = [...this.#powers].sort();
    const told = all.slice(0, MOST_POWERS).map((power) => shortened(power, MOST_OF_POWER));
    return all.length > MOST_POWERS ? [...told, `and ${all.length - MOST_POWERS} more`] : told;
  }

  #exportOf({ body, resolver }: LocalModule, name: string): Value[] {
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

  #parse(path: string): LocalModule | ProgramError | undefined {
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
    return { program, body: body!, resolver: this.#resolverFor(path, () => false) };
  }
}

function textOf(name: t.Identifier | t.StringLiteral): string {
  return name.type === "Identifier" ? name.name : name.value;
}
